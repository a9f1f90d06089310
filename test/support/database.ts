/**
 * A separate database for each test file, cloned from the migrated template in about 50 ms, so that files run in
 * parallel and leave no data to each other.
 */
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { eventProblems } from './events.ts';
import type {} from './global-setup.ts';

export interface TestDatabase {
  readonly url: string;
  readonly db: Database;
  /**
   * Closes the handle and drops the database, even while others are connected. Throws when an event does not match
   * the catalog.
   */
  drop(): Promise<void>;
}

/** Clones the migrated template and opens it. Call it in beforeAll, and `drop` in afterAll. */
export async function createTestDatabase({ poolSize = 10 }: { poolSize?: number } = {}): Promise<TestDatabase> {
  const { template } = inject('databaseServer');
  const { url, drop } = await createDatabase(template);
  // Tests fill their tables with large statements.
  const opened = await openDatabase({ url, poolSize, workTimeoutMs: 300_000, logger: silentLogger });
  // Tests hold locks as long as they need, like a transaction of another program.
  const db: Database = {
    ...opened,
    transaction: (work, signal) =>
      opened.transaction(async (tx) => {
        await tx.query('SET LOCAL idle_in_transaction_session_timeout = 0');
        return work(tx);
      }, signal),
  };
  return {
    url,
    db,
    async drop() {
      const problems = await eventProblems(db);
      await db.close();
      await drop();
      if (problems.length > 0) throw new Error(`Events are not as the catalog says. ${problems.join('; ')}`);
    },
  };
}

/** Creates an empty database without any migration. */
export function createEmptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  return createDatabase('template0');
}

async function createDatabase(template: string): Promise<{ url: string; drop(): Promise<void> }> {
  const { adminUrl, prefix } = inject('databaseServer');
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  await asAdmin(adminUrl, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => asAdmin(adminUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
}

async function asAdmin(url: string, statement: string): Promise<void> {
  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  try {
    await admin.query(statement);
  } finally {
    await admin.end();
  }
}

/** Inserts a family with its owner, which most entries and invitations need. */
export async function seedFamily(db: Database): Promise<{ familyId: string; ownerId: string }> {
  const [row] = await db.query<{ familyId: string; ownerId: string }>(
    `WITH family AS (
       INSERT INTO auth.families (name) VALUES ('The Testers') RETURNING id
     )
     INSERT INTO auth.users (family_id, username, full_name, email, role)
     SELECT id, 'owner-' || left(id::text, 8), 'Olivia Owner', 'owner-' || left(id::text, 8) || '@example.com', 'owner'
       FROM family
     RETURNING family_id AS "familyId", id AS "ownerId"`,
  );
  if (row === undefined) throw new Error('No family was made.');
  return row;
}
