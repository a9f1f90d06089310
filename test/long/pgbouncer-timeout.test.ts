/**
 * Behind PgBouncer no client may set statement_timeout or knows its session's process: a query that takes too long
 * is cancelled with the key that the pooler gave, and only that query.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';

let database: TestDatabase;
let pooler: PgBouncer;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 2 });
  pooler = await startPgBouncer(database.url, { poolSize: 3 });
  db = await openDatabase({ url: pooler.url, poolSize: 4, readTimeoutMs: 300, logger: silentLogger });
}, 60_000);
afterAll(async () => {
  await db?.close();
  await pooler?.stop();
  await database?.drop();
});

const sleeping = async (): Promise<number> => {
  const rows = await database.db.query(
    `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND wait_event = 'PgSleep'`,
  );
  return rows.length;
};

test('what reads for too long is cancelled in the database itself, and nothing that works', async () => {
  expect(db.isPooled).toBe(true);
  const working = db.query('SELECT pg_sleep(2)');
  await expect(db.reading.query('SELECT pg_sleep(20)')).rejects.toMatchObject({ code: '57014' });
  await working;
  await vi.waitFor(async () => expect(await sleeping()).toBe(0), { timeout: 30_000, interval: 20 });
});

test('again and again, beside questions that are answered', async () => {
  const asked = Array.from({ length: 20 }, (_, n) =>
    n % 2 === 0
      ? db.reading.query('SELECT pg_sleep(20)').catch((error: { code?: string }) => error.code)
      : db.reading.query<{ n: number }>('SELECT $1::int AS n', [n]).then(([row]) => row?.n),
  );
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? '57014' : n)));
});
