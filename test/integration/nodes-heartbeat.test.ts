/** The heartbeat: one statement that writes a node's state and reads the requests to it. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Database } from '../../src/database/database.ts';
import { createDatabaseClock } from '../../src/database/database-clock.ts';
import { type DrainAsk, type Heartbeat, type InHand, startHeartbeat } from '../../src/nodes/heartbeat.ts';
import { registerNode } from '../../src/nodes/nodes.ts';
import { callerNamed, testAudit, testTrail } from '../support/acts.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

let database: TestDatabase;
let beating: Heartbeat[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());
afterEach(async () => {
  for (const heartbeat of beating) await heartbeat.stop();
  beating = [];
});

/** Starts a heartbeat; it beats by timer only when an interval is given. */
async function start({
  intervalMs = 600_000,
  db = database.db as Pick<Database, 'query' | 'outage'>,
  following = Promise.resolve(),
} = {}) {
  const name = `node-${randomUUID()}`;
  const { id } = await registerNode(database.db, name, '0.0.0');
  const seen = {
    hand: { attempts: 0, runs: 0 } as InHand,
    asks: [] as DrainAsk[],
    afterBeats: 0,
    unchained: 0,
    registered: 0,
    setBacks: 0,
  };
  const heartbeat = startHeartbeat({
    db,
    nodeId: id,
    intervalMs,
    clock: createDatabaseClock(),
    inHand: () => seen.hand,
    async register() {
      seen.registered++;
      await registerNode(database.db, name, '0.0.0', id);
    },
    async onBeat(wasSetBack) {
      seen.afterBeats++;
      seen.setBacks += wasSetBack ? 1 : 0;
      await following;
    },
    onDrainAsked: (ask) => seen.asks.push(ask),
    onUnchainedActs: () => seen.unchained++,
  });
  beating.push(heartbeat);
  return { id, heartbeat, seen };
}

interface Row {
  readonly state: string;
  readonly attempts: number;
  readonly runs: number;
  readonly silentFor: number;
}

async function rowOf(id: string): Promise<Row | undefined> {
  const [row] = await database.db.query<Row>(
    `SELECT state::text, attempts_in_hand AS attempts, runs_in_hand AS runs,
            extract(epoch FROM now() - last_beat_at)::float8 AS "silentFor" FROM auth.server_nodes WHERE id = $1`,
    [id],
  );
  return row;
}

const silence = (id: string) =>
  database.db.query(`UPDATE auth.server_nodes SET last_beat_at = now() - interval '1 day' WHERE id = $1`, [id]);

test('a beat is one statement, and says state and what is in hand', async () => {
  let statements = 0;
  const { id, heartbeat, seen } = await start({
    db: {
      ...database.db,
      query: (sql, values) => {
        statements++;
        return database.db.query(sql, values);
      },
    },
  });
  seen.hand = { attempts: 3, runs: 2 };
  await heartbeat.say('running');
  expect(statements).toBe(1);
  expect(await rowOf(id)).toMatchObject({ state: 'running', attempts: 3, runs: 2 });
  seen.hand = { attempts: 0, runs: 0 };
  await heartbeat.stop();
  expect(await rowOf(id)).toMatchObject({ state: 'running', attempts: 0, runs: 0 });
});

const gone = (id: string) => until('it to be gone', async () => (await rowOf(id))?.state === 'gone');

test('others that are silent are written down as gone; one that beats again is back', async () => {
  const one = await start({ intervalMs: 100 });
  const other = await start();
  await one.heartbeat.say('running');
  await other.heartbeat.say('running');
  await silence(other.id);
  await gone(other.id);
  other.heartbeat.beatNow();
  await until('it to be back', async () => (await rowOf(other.id))?.state === 'running');
});

test('one whose last beat lies in the future, since the clock was set back, is gone when it is silent', async () => {
  const one = await start({ intervalMs: 100 });
  const other = await start();
  await other.heartbeat.say('running');
  await database.db.query(`UPDATE auth.server_nodes SET last_beat_at = now() + interval '1 day' WHERE id = $1`, [
    other.id,
  ]);
  await one.heartbeat.say('running');
  await gone(other.id);
});

test('nobody is called gone by a node that has just begun, or was cut off itself', async () => {
  let isAway = false;
  const db: typeof database.db = {
    ...database.db,
    query: (sql, values) => (isAway ? Promise.reject(new Error('away')) : database.db.query(sql, values)),
  };
  const one = await start({ intervalMs: 400, db });
  const [other, third] = [await start(), await start()];
  await third.heartbeat.say('running');
  await silence(third.id);
  await one.heartbeat.say('running');
  expect(await rowOf(third.id)).toMatchObject({ state: 'running' });
  await gone(third.id);

  isAway = true;
  await until('a gap', async () => ((await rowOf(one.id))?.silentFor ?? 0) > 0.9);
  await other.heartbeat.say('running');
  await silence(other.id);
  isAway = false;
  await one.heartbeat.say('running');
  expect(await rowOf(other.id)).toMatchObject({ state: 'running' });
  await gone(other.id);
});

test('beats come whatever follows from one takes its time', async () => {
  const { id, heartbeat, seen } = await start({ intervalMs: 50, following: new Promise(() => undefined) });
  await heartbeat.say('running');
  await until('what follows', () => seen.afterBeats === 1);
  seen.hand = { attempts: 7, runs: 0 };
  await until('another beat', async () => (await rowOf(id))?.attempts === 7);
  expect(seen.afterBeats).toBe(1);
});

test('what follows hears once that the database’s clock was set back', async () => {
  let step = '0';
  // Only the machine's superuser could change the clock itself.
  const db: typeof database.db = {
    ...database.db,
    query: (sql, values) =>
      database.db.query(
        sql
          .replaceAll('clock_timestamp()', `(clock_timestamp() + interval '${step}')`)
          .replaceAll(' now()', ` (now() + interval '${step}')`),
        values,
      ),
  };
  const { heartbeat, seen } = await start({ intervalMs: 50, db });
  await heartbeat.say('running');
  await until('beats', () => seen.afterBeats >= 2);
  expect(seen.setBacks).toBe(0);
  step = '-1 hour';
  await until('the step to be heard', () => seen.setBacks === 1);
  const before = seen.afterBeats;
  await until('more beats', () => seen.afterBeats >= before + 2);
  expect(seen.setBacks).toBe(1);
});

test('a node whose row is gone registers again with the next beat, under its id', async () => {
  const { id, heartbeat, seen } = await start();
  await heartbeat.say('running');
  await database.db.query('DELETE FROM auth.server_nodes WHERE id = $1', [id]);
  seen.hand = { attempts: 2, runs: 1 };
  await heartbeat.say('running');
  expect(await rowOf(id)).toMatchObject({ state: 'running', attempts: 2, runs: 1 });
  expect(seen.registered).toBe(1);
});

test('two that wake together after a long sleep do not stand in each other’s way', async () => {
  const nodes = await Promise.all(Array.from({ length: 6 }, () => start()));
  for (let round = 0; round < 20; round++) {
    for (const { id } of nodes) await silence(id);
    // Rejects when there is a deadlock.
    await Promise.all(nodes.map(({ heartbeat }) => heartbeat.say('running')));
  }
  await Promise.all(nodes.map(({ heartbeat }) => heartbeat.say('running')));
  for (const { id } of nodes) expect(await rowOf(id)).toMatchObject({ state: 'running' });
});

test('a draining node beats twice a second, takes nothing over, and hears of an ask once', async () => {
  const { id, heartbeat, seen } = await start();
  await database.db.query(
    `UPDATE auth.server_nodes SET drain_asked_at = now(), drain_asked_by = 'olga', drain_reason = 'a new kernel' WHERE id = $1`,
    [id],
  );
  seen.hand = { attempts: 9, runs: 1 };
  await heartbeat.say('draining');
  expect(seen.asks).toEqual([{ actor: 'olga', reason: 'a new kernel' }]);
  seen.hand = { attempts: 4, runs: 0 };
  await until('the next beat by the clock', async () => (await rowOf(id))?.attempts === 4, 3_000);
  expect(seen).toMatchObject({ asks: [{ actor: 'olga' }], afterBeats: 0 });
});

test('one asked by SQL, without who and why, is heard at the next beat by the clock', async () => {
  const { id, heartbeat, seen } = await start({ intervalMs: 50 });
  await heartbeat.say('running');
  await database.db.query('UPDATE auth.server_nodes SET drain_asked_at = now() WHERE id = $1', [id]);
  await until('the ask', () => seen.asks.length > 0, 3_000);
  expect(seen.asks).toEqual([{ actor: 'somebody', reason: 'No reason was given.' }]);
  expect(seen.afterBeats).toBeGreaterThan(0);
});

test('a beat hears of acts that somebody left unchained, and only then', async () => {
  const { heartbeat, seen } = await start();
  await heartbeat.say('running');
  expect(seen.unchained).toBe(0);
  // Like a node that dies before its chainer ran.
  await testTrail().record(database.db, { caller: callerNamed('somebody'), action: 'left' });
  await heartbeat.say('running');
  expect(seen.unchained).toBe(1);
  const audit = testAudit(database.db);
  await audit.chainer.chain();
  await audit.chainer.stop();
  await heartbeat.say('running');
  expect(seen.unchained).toBe(1);
});

test('a beat that cannot be written is a trouble with its cause, until one is', async () => {
  let isReadOnly = true;
  const { heartbeat } = await start({
    db: {
      ...database.db,
      query: async (sql, values) =>
        isReadOnly
          ? database.db.transaction(async (tx) => {
              await tx.query('SET TRANSACTION READ ONLY');
              return tx.query(sql, values);
            })
          : database.db.query(sql, values),
    },
  });
  expect(heartbeat.trouble()).toBeUndefined();
  await expect(heartbeat.say('running')).rejects.toThrow();
  expect(heartbeat.trouble()).toMatch(/^takes no heartbeat: The database is read-only/);
  isReadOnly = false;
  await heartbeat.say('running');
  expect(heartbeat.trouble()).toBeUndefined();
});
