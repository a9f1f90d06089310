/**
 * The API's queries have a timeout: a query that takes too long is cancelled in the database itself, the caller
 * gets an error, and neither the server's own work nor the next query is affected.
 */
import { type AddressInfo, createServer } from 'node:net';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cancelRunning } from '../../src/database/cancel.ts';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const TIMEOUT_MS = 300;
const ENQUEUE = `mutation ($input: EnqueueAccountInput!) {
  enqueueAccount(input: $input) { __typename ... on EnqueueAccountPayload { entry { username } } ... on MutationError { message } }
}`;

let database: TestDatabase;
let db: Database;
let server: TestApp;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 4 });
  family = await seedFamily(database.db);
  // Reading families takes ten seconds while the brake is on.
  await database.db.query('CREATE TABLE auth.brake AS SELECT false AS is_on');
  await database.db.query(
    `CREATE FUNCTION auth.brake_now() RETURNS boolean LANGUAGE plpgsql VOLATILE AS
     $$ BEGIN IF (SELECT is_on FROM auth.brake) THEN PERFORM pg_sleep(10); END IF; RETURN true; END $$`,
  );
  await database.db.query('ALTER TABLE auth.families RENAME TO real_families');
  await database.db.query('CREATE VIEW auth.families AS SELECT * FROM auth.real_families WHERE auth.brake_now()');
  db = await openDatabase({ url: database.url, poolSize: 4, readTimeoutMs: TIMEOUT_MS, logger: silentLogger });
  server = await startTestApp({
    url: database.url,
    hasTimers: false,
    config: { statementTimeoutMs: TIMEOUT_MS, requestTimeoutMs: 5_000 },
  });
});
afterAll(async () => {
  await server?.close();
  await db?.close();
  await database?.drop();
});

const brake = (isOn: boolean) => database.db.query('UPDATE auth.brake SET is_on = $1', [isOn]);
const sleeping = async (): Promise<number> => {
  const rows = await database.db.query(
    `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'`,
  );
  return rows.length;
};

describe('the handle', () => {
  test('cancels what reads for too long, in SQL and through Prisma, and nothing that works', async () => {
    await expect(db.reading.query('SELECT pg_sleep(10)')).rejects.toMatchObject({ code: '57014' });
    await expect(db.prisma.$queryRaw`SELECT pg_sleep(10)::text`).rejects.toThrow();
    await db.query('SELECT pg_sleep(0.6)');
    await vi.waitFor(async () => expect(await sleeping()).toBe(0), { timeout: 30_000, interval: 20 });
  });

  test('gives a connection back that is sound, however often one was cancelled', async () => {
    const asked = Array.from({ length: 12 }, (_, n) =>
      n % 2 === 0
        ? db.reading.query('SELECT pg_sleep(10)').catch((error: { code?: string }) => error.code)
        : db.reading.query<{ n: number }>('SELECT $1::int AS n', [n]).then(([row]) => row?.n),
    );
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? '57014' : n)));
  });

  test('lets work go on while every reading connection is busy', async () => {
    let ended = 0;
    const busy = Array.from({ length: 8 }, () => db.reading.query('SELECT pg_sleep(10)').catch(() => ended++));
    await db.query('SELECT 1');
    // With four connections, four of the queries wait for the first four; the statement must not queue behind them.
    expect(ended).toBeLessThanOrEqual(4);
    await Promise.all(busy);
  });
});

describe('the API', () => {
  test('answers TIMEOUT with the remedy, masks the rest, and the database is left in peace', async () => {
    await brake(true);
    for (const query of ['{ families { nodes { name } } }', '{ families { totalCount } }']) {
      const answer = await server.graphql(query);
      expect(answer.body.errors?.[0]?.extensions).toEqual({
        code: 'TIMEOUT',
        requestId: answer.headers.get('x-request-id'),
      });
      expect(answer.body.errors?.[0]?.message).toMatch(/database query took too long.*smaller pages/);
      expect(answer.status).toBe(504);
    }
    await vi.waitFor(async () => expect(await sleeping()).toBe(0), { timeout: 30_000, interval: 20 });
    await brake(false);
    expect((await server.graphql('{ families { totalCount } }')).body.data).toEqual({ families: { totalCount: 1 } });
  });

  test('does not cut what it writes', async () => {
    await database.db.query(
      `CREATE FUNCTION auth.slow_insert() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN PERFORM pg_sleep(0.6); RETURN NEW; END $$`,
    );
    await database.db.query(
      `CREATE TRIGGER slow_insert BEFORE INSERT ON auth.queued_managed_account_creations
       FOR EACH ROW EXECUTE FUNCTION auth.slow_insert()`,
    );
    const { body } = await server.graphql(ENQUEUE, {
      input: { familyId: family.familyId, createdByUserId: family.ownerId, username: 'in_no_hurry', fullName: 'Slow' },
    });
    expect(body.data).toMatchObject({ enqueueAccount: { entry: { username: 'in_no_hurry' } } });
  });
});

test('a cancellation that nobody answers ends all the same', async () => {
  const mute = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  // The server accepts the connection and does not respond to the TLS request.
  const client = { host: '127.0.0.1', port, ssl: true, processID: 1, secretKey: 1 };
  await expect(cancelRunning(client as unknown as pg.PoolClient)).resolves.toBeUndefined();
  await new Promise<void>((resolve) => mute.close(() => resolve()));
});
