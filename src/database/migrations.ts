/**
 * Migrates the database to the code’s schema at start. Each migration runs in one transaction, together
 * with its row in `_prisma_migrations`: a process that dies in the middle leaves nothing behind. The same
 * transaction holds the lock, so that it also works through a pooler in transaction mode, and nodes that
 * start together apply each migration once. (The cost: a migration cannot contain statements that must run
 * outside a transaction, for example CREATE INDEX CONCURRENTLY.)
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { Logger } from '../telemetry/logger.ts';
import type { Queryable } from './database.ts';
import { type Engine, loadEngine } from './migration-engine.ts';
import { type KnownMigration, pendingMigrations, type RecordedMigration } from './migration-history.rules.ts';
import { routeTo } from './primary.ts';
import { StartError } from './start-error.ts';

/** The project's migrations: two folders up, from src/ as from dist/. */
export const MIGRATIONS_DIRECTORY = fileURLToPath(new URL('../../prisma/migrations', import.meta.url));

// An arbitrary number that no other lock uses; the same in every version of this server.
const LOCK_KEY = 4_712_021_303;
// The engine takes a session lock, which behind a pooler would stay with a shared session.
const ENGINE_LOCK_KEY = 72_707_369;

export interface MigrateOptions {
  readonly url: string;
  readonly logger: Logger;
  /** The folder of the migrations; the project’s by default. */
  readonly directory?: string;
}

interface Migration extends KnownMigration {
  readonly sql: string;
}

/**
 * Applies the pending migrations and returns their names; when there are none, it costs one query. Throws a
 * StartError when the database is newer than the code, was migrated with other content, or a migration
 * fails (which leaves the database as it was before that migration); throws pg’s error when the database
 * cannot be reached.
 */
export async function migrate({
  url,
  logger,
  directory = MIGRATIONS_DIRECTORY,
}: MigrateOptions): Promise<{ applied: string[] }> {
  const migrations = await readMigrations(directory);
  const pool = new pg.Pool({ ...routeTo(url), max: 1, idleTimeoutMillis: 0, connectionTimeoutMillis: 10_000 });
  // A connection that breaks in use fails its statement; without a listener its event would also end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('error', (error) => logger.warn({ err: error }, 'The connection for migrations was lost'));
  let engine: Engine | undefined;
  try {
    const applied: string[] = [];
    for (const name of pendingMigrations(migrations, await readHistory(pool))) {
      engine ??= await loadEngine(pool);
      const upToIt = migrations.filter((migration) => migration.name <= name);
      if (await applyUnderLock(pool, engine, directory, migrations, upToIt)) {
        applied.push(name);
        logger.debug({ migration: name }, 'Applied a migration');
      }
    }
    if (applied.length > 0) logger.info({ migrations: applied.length }, 'Brought the database up to date');
    return { applied };
  } finally {
    engine?.free();
    await pool.end();
  }
}

/**
 * Applies the last of `upToIt`; false if another node already has. The pool has one connection, so this is
 * one transaction.
 */
async function applyUnderLock(
  pool: pg.Pool,
  engine: Engine,
  directory: string,
  all: readonly Migration[],
  upToIt: readonly Migration[],
): Promise<boolean> {
  const name = upToIt.at(-1)?.name ?? '';
  // A process that is halted here would block the start of all other nodes. Those that wait for the lock have no limit.
  await pool.query(`BEGIN; SET LOCAL idle_in_transaction_session_timeout = '10s'`);
  try {
    await pool.query('SELECT pg_advisory_xact_lock($1)', [LOCK_KEY]);
    const isPending = pendingMigrations(all, await readHistory(pool)).includes(name);
    if (isPending) {
      await engine.applyMigrations(migrationList(directory, upToIt));
      await pool.query('SELECT pg_advisory_unlock($1)', [ENGINE_LOCK_KEY]);
    }
    await pool.query('COMMIT');
    return isPending;
  } catch (error) {
    await pool.query('ROLLBACK').catch(() => undefined);
    if (error instanceof pg.DatabaseError && error.code?.startsWith('57') === false) {
      throw new StartError(
        `Migration ${name} cannot be applied (${error.message}, SQLSTATE ${error.code}); the database is as it was before it.`,
        { cause: error },
      );
    }
    throw error;
  }
}

async function readHistory(pool: pg.Pool): Promise<RecordedMigration[]> {
  // Queries pg_class instead of to_regclass, which may return a cached result after the wait for the lock.
  const { rows: tables } = await pool.query(
    `SELECT FROM pg_class WHERE relname = '_prisma_migrations' AND relnamespace = 'public'::regnamespace`,
  );
  if (tables.length === 0) return [];
  const { rows } = await pool.query<RecordedMigration>(
    `SELECT migration_name AS name, checksum, finished_at IS NOT NULL AS "isFinished",
            rolled_back_at IS NOT NULL AS "isRolledBack"
       FROM public._prisma_migrations`,
  );
  return rows;
}

async function readMigrations(directory: string): Promise<Migration[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((cause: unknown) => {
    throw new StartError(`The migrations are missing: ${directory} cannot be read; install the server whole.`, {
      cause,
    });
  });
  const names = entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(join(directory, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

function migrationList(baseDir: string, migrations: readonly Migration[]) {
  return {
    baseDir,
    lockfile: { path: 'migration_lock.toml', content: null },
    shadowDbInitScript: '',
    migrationDirectories: migrations.map(({ name, sql }) => ({
      path: name,
      migrationFile: { path: 'migration.sql', content: { tag: 'ok' as const, value: sql } },
    })),
  };
}

/** Whether the newest migration that this code has is applied; for the readiness check. */
export async function hasNewestMigration(db: Queryable, directory: string = MIGRATIONS_DIRECTORY): Promise<boolean> {
  const newest = (await readMigrations(directory)).at(-1)?.name;
  const rows = await db.query(
    'SELECT 1 FROM _prisma_migrations WHERE migration_name = $1 AND finished_at IS NOT NULL',
    [newest],
  );
  return rows.length > 0;
}
