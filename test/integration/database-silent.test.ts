/**
 * A database that goes silent without closing its connections, and locks that a halted process would keep: none of
 * our statements hangs and locks are released, by timeouts that the handle sets on each connection and transaction.
 */
import { EventEmitter, once } from 'node:events';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { isConnectionFailure } from '../../src/database/violations.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ask, startOwnCluster } from '../support/own-cluster.ts';
import { openSilentProxy, type SilentProxy } from '../support/silent-proxy.ts';

/** Long enough for what is not to time out on a busy machine: opening a connection, a plan, an insert. */
const TIMEOUT_MS = 3_000;

let database: TestDatabase;
let proxy: SilentProxy;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.query('CREATE TABLE auth.notes (text text)');
  proxy = await openSilentProxy(database.url);
});
afterEach(() => db?.close());
afterAll(async () => {
  await proxy?.close();
  await database?.drop();
});

const open = async (url: string, readTimeoutMs = TIMEOUT_MS): Promise<Database> => {
  db = await openDatabase({
    url,
    poolSize: 8,
    readTimeoutMs,
    workTimeoutMs: TIMEOUT_MS,
    logger: silentLogger,
  });
  return db;
};
const failureOf = (work: Promise<unknown>): Promise<{ code?: string; message: string }> =>
  work.then(
    () => {
      throw new Error('It did not fail.');
    },
    (error: { code?: string; message: string }) => error,
  );
const notes = async () =>
  (await database.db.query<{ text: string }>('SELECT text FROM auth.notes')).map(({ text }) => text);

describe('a database that falls silent', () => {
  it('fails what was asked as a broken connection does, and finds new connections when there are some', async () => {
    const { query, reading, transaction } = await open(proxy.url);
    // Open several idle connections of each kind.
    await Promise.all(
      [1, 2, 3, 4].flatMap(() => [query('SELECT pg_sleep(0.05)'), reading.query('SELECT pg_sleep(0.05)')]),
    );
    const moments = new EventEmitter();
    const inserted = once(moments, 'inserted');
    const inTransaction = transaction(async (tx) => {
      await tx.query(`INSERT INTO auth.notes VALUES ('half done')`);
      moments.emit('inserted');
      await once(moments, 'silent');
      await tx.query('SELECT 1');
    });
    await inserted;
    const [row] = await database.db.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database()',
    );
    expect(row?.n).toBeGreaterThan(6);
    proxy.silence();
    moments.emit('silent');
    const failures = await Promise.all([
      failureOf(query('SELECT 1')),
      failureOf(reading.query('SELECT 1')),
      failureOf(inTransaction),
    ]);
    for (const failure of failures) {
      expect(isConnectionFailure(failure)).toBe(true);
      expect(failure.message).toMatch(/did not answer|terminated/);
    }
    proxy.speak();
    // None of the idle connections is reused: each query succeeds at the first try.
    expect(
      await Promise.all(
        [1, 2, 3, 4].flatMap((n) => [query('SELECT $1::int AS n', [n]), reading.query('SELECT $1::int AS n', [n])]),
      ),
    ).toHaveLength(8);
    expect(await notes()).toEqual([]);
  });

  it('fails a read that waits on the same route with it, and not only after the longer timeout of reads', async () => {
    const { query, reading } = await open(proxy.url, 3_600_000);
    await Promise.all([query('SELECT 1'), reading.query('SELECT 1')]);
    proxy.silence();
    const failures = await Promise.all([failureOf(reading.query('SELECT 1')), failureOf(query('SELECT 1'))]);
    expect(failures.map(isConnectionFailure)).toEqual([true, true]);
    proxy.speak();
    expect(await reading.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('does not take an answer after the cancellation for done: a synchronous standby may be what was waited for', async () => {
    const { query } = await open(database.url);
    await database.db.query(
      `CREATE FUNCTION auth.shrug() RETURNS text LANGUAGE plpgsql AS
       $$ BEGIN PERFORM pg_sleep(60); RETURN 'slept'; EXCEPTION WHEN query_canceled THEN RETURN 'went on'; END $$`,
    );
    expect(await failureOf(query('SELECT auth.shrug()'))).toMatchObject({ code: 'ETIMEDOUT' });
  });

  it('cancels what only takes too long, says that nothing was done, and keeps to that', async () => {
    const { query } = await open(database.url);
    const failure = await failureOf(query(`INSERT INTO auth.notes SELECT 'slow' FROM pg_sleep(60)`));
    expect(failure).toMatchObject({ code: '57014' });
    expect(isConnectionFailure(failure)).toBe(false);
    expect(await notes()).toEqual([]);
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});

describe('a transaction', () => {
  it('begins with limits that end with it, in the isolation that the statements are written for', async () => {
    const { query, transaction } = await open(database.url);
    const name = new URL(database.url).pathname.slice(1);
    await database.db.query(`ALTER DATABASE ${name} SET default_transaction_isolation = 'serializable'`);
    const settings = `SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('lock_timeout') AS lock,
                             current_setting('transaction_isolation') AS isolation`;
    expect(await transaction((tx) => tx.query(settings))).toEqual([
      { idle: '5s', lock: '7s', isolation: 'read committed' },
    ]);
    await database.db.query(`ALTER DATABASE ${name} RESET default_transaction_isolation`);
    expect(await query(settings)).toMatchObject([{ idle: '0', lock: '0' }]);
  });

  it('whose commit no synchronous standby confirms is given up, and leaves no session behind', async () => {
    const own = await startOwnCluster();
    try {
      await ask(own.url, 'CREATE TABLE auth.notes (text text)');
      await ask(own.url, `ALTER SYSTEM SET synchronous_standby_names = 'nobody'`);
      await ask(own.url, 'SELECT pg_reload_conf()');
      const setting = () => ask(own.url, 'SHOW synchronous_standby_names');
      await expect.poll(setting).toEqual([{ synchronous_standby_names: 'nobody' }]);
      const { transaction } = await open(own.url);
      const failure = await failureOf(transaction((tx) => tx.query(`INSERT INTO auth.notes VALUES ('written')`)));
      expect(isConnectionFailure(failure)).toBe(true);
      const waiting = () => ask(own.url, `SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
      await expect.poll(waiting).toEqual([]);
    } finally {
      await own.remove();
    }
  });

  it('of a process that is halted is ended by the server, and its locks are free', async () => {
    const { transaction } = await open(database.url);
    await database.db.query(`INSERT INTO auth.notes VALUES ('wanted')`);
    const halted = failureOf(
      transaction(async (tx) => {
        // Shortened for this test.
        await tx.query(`SET LOCAL idle_in_transaction_session_timeout = '200ms'`);
        await tx.query('SELECT FROM auth.notes FOR UPDATE');
        const other = new pg.Client({ connectionString: database.url });
        await other.connect();
        await other.query(`UPDATE auth.notes SET text = 'had'`);
        await other.end();
        await tx.query('SELECT 1');
      }),
    );
    expect(isConnectionFailure(await halted)).toBe(true);
    expect(await notes()).toEqual(['had']);
  });
});
