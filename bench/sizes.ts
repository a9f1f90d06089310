/** The size of the tables that every entry writes to, and of their indexes, beside that of a fresh copy. */
import type { Database } from '../src/database/database.ts';

const TABLES = [
  'queued_managed_account_creations',
  'account_creation_attempts',
  'outbox_events',
  'idempotency_keys',
  'changes',
  'users',
] as const;

interface Size {
  readonly heap: number;
  readonly indexes: number;
}

/** One line per table: rows, megabytes of table and indexes, and how many times the size of a fresh copy that is. */
export async function measureSizes(db: Database): Promise<string[]> {
  const lines: string[] = [];
  for (const table of TABLES) {
    const [row] = await db.query<{ count: number }>(`SELECT count(*)::int AS count FROM auth.${table}`);
    const now = await sizeOf(db, `auth.${table}`);
    await db.query(`CREATE TABLE auth.fresh_copy (LIKE auth.${table} INCLUDING ALL)`);
    await db.query(`INSERT INTO auth.fresh_copy OVERRIDING SYSTEM VALUE SELECT * FROM auth.${table}`);
    const fresh = await sizeOf(db, 'auth.fresh_copy');
    await db.query('DROP TABLE auth.fresh_copy');
    const part = (name: keyof Size): string =>
      `${(now[name] / 1_048_576).toFixed(0)} MB (${(now[name] / fresh[name]).toFixed(2)})`;
    lines.push(`${table}: ${row?.count} rows, table ${part('heap')}, indexes ${part('indexes')}`);
  }
  return lines;
}

async function sizeOf(db: Database, table: string): Promise<Size> {
  const [size] = await db.query<Size>(
    'SELECT pg_table_size($1::regclass)::float8 AS heap, pg_indexes_size($1::regclass)::float8 AS indexes',
    [table],
  );
  if (size === undefined) throw new Error(`${table} has no size`);
  return size;
}
