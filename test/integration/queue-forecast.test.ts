/** queueForecast on real rows: what it counts, what makes it unknown, which indexes it uses, how the API returns it. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { loadQueueForecast } from '../../src/accounts/insight/queue-forecast.ts';
import type { Database, Queryable } from '../../src/database/database.ts';
import { ensureCircuit } from '../../src/identity/circuit.ts';
import { registerNode, setNodeState } from '../../src/nodes/nodes.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { PROVIDER } from '../support/queue.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
let database: TestDatabase;
let db: Database;
let family: { familyId: string; ownerId: string };
let server: TestApp | undefined;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ db } = database);
  family = await seedFamily(db);
  await ensureCircuit(db, PROVIDER);
  const { id } = await registerNode(db, 'alive', '0.0.0');
  await setNodeState(db, id, 'running');
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});
afterEach(async () => {
  await db.query('TRUNCATE auth.queued_managed_account_creations, auth.queue_pauses CASCADE');
  await db.query('UPDATE auth.queue_limits SET starts_per_second = NULL');
  await db.query(`UPDATE auth.identity_circuits SET state = 'closed'`);
  await db.query(`UPDATE auth.server_nodes SET state = 'running', last_beat_at = now() WHERE name = 'alive'`);
});

const load = (reading: Queryable = db) =>
  loadQueueForecast({ reading, provider: { name: PROVIDER }, config: { HEARTBEAT_INTERVAL: 5_000 } });

/** Inserts entries that are due in `seconds`, or whose due time is null. */
const due = (seconds: number | null, count = 1, status = 'pending') =>
  db.query(
    `INSERT INTO auth.queued_managed_account_creations (family_id, created_by_user_id, username, full_name, status, next_retry_at)
     SELECT $1, $2, 'u' || left(gen_random_uuid()::text, 13), 'Due', $3::auth.entry_status, now() + $4 * interval '1 second'
     FROM generate_series(1, $5)`,
    [family.familyId, family.ownerId, status, seconds, count],
  );

/** Inserts attempts that ended `secondsAgo`, all in the same 2 seconds. */
async function attempts(secondsAgo: number, count: number, outcome = 'succeeded'): Promise<void> {
  await due(null, 1, 'completed');
  await db.query(
    `INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, started_at, finished_at)
     SELECT id, 1000 * $1 + n, $3::auth.attempt_outcome, date_trunc('second', now()) - ($1 + 2) * interval '1 second',
            date_trunc('second', now()) - $1 * interval '1 second'
     FROM (SELECT id FROM auth.queued_managed_account_creations WHERE status = 'completed' LIMIT 1) AS e, generate_series(1, $2) AS n`,
    [secondsAgo, count, outcome],
  );
}

describe('the forecast', () => {
  it('counts what is due now, in each minute of the next day, and later', async () => {
    await due(-5, 2);
    await due(null, 3);
    await due(90, 4);
    await due(null, 1, 'failed');
    await due(23 * 3_600, 5);
    await due(25 * 3_600, 6);
    await due(-5, 7, 'processing');
    const forecast = await load();
    expect(forecast).toMatchObject({ dueNowCount: 5, dueLaterCount: 6, emptyAt: null, unknownReason: 'NOT_MEASURED' });
    expect(forecast.dueMinutes.map(({ count }) => count)).toEqual([4, 5]);
    for (const { startsAt, lastAt } of forecast.dueMinutes) {
      expect(startsAt.getTime() % MINUTE).toBe(0);
      expect(lastAt.getTime() - startsAt.getTime()).toBeLessThan(MINUTE);
    }
    expect(forecast.explanation).toContain(
      'Due or in progress: 12 entries. Due within 24 hours: 9 entries. Due later: 6',
    );
  });

  it('reckons with the speed of the last 5 minutes', async () => {
    await due(-5, 400);
    await attempts(60, 40);
    await attempts(200, 40, 'transient_failure');
    // Not counted: too old, and interrupted by a takeover.
    await attempts(400, 1_000);
    await attempts(30, 1_000, 'interrupted');
    const before = Date.now();
    const { emptyAt, throughput } = await load();
    expect(throughput).toBe(20);
    expect(emptyAt?.getTime()).toBeGreaterThanOrEqual(before + 19_000);
    expect(emptyAt?.getTime()).toBeLessThan(Date.now() + 21_000);
  });

  it('keeps to the limit, waits for a pause’s end, and for the last entry', async () => {
    await due(-5, 400);
    await attempts(60, 40);
    await db.query('UPDATE auth.queue_limits SET starts_per_second = 2');
    const limited = (await load()).emptyAt?.getTime() ?? 0;
    expect(Math.abs(limited - Date.now() - 200_000)).toBeLessThan(20_000);
    await db.query(
      `INSERT INTO auth.queue_pauses (scope, paused_by, reason, paused_until) VALUES ('queue', 'me', 'why', now() + interval '1 hour')`,
    );
    const paused = (await load()).emptyAt?.getTime() ?? 0;
    expect(Math.abs(paused - Date.now() - HOUR - 200_000)).toBeLessThan(20_000);
    await due(30 * 3_600);
    const last = (await load()).emptyAt?.getTime() ?? 0;
    expect(Math.abs(last - Date.now() - 30 * HOUR)).toBeLessThan(20_000);
  });

  it.each<[string, string, string]>([
    ['an open circuit', `UPDATE auth.identity_circuits SET state = 'open'`, 'CIRCUIT_OPEN'],
    [
      'a pause without an end',
      `INSERT INTO auth.queue_pauses (scope, paused_by, reason) VALUES ('queue', 'me', 'why')`,
      'QUEUE_PAUSED',
    ],
    [
      'a paused family',
      `INSERT INTO auth.queue_pauses (scope, family_id, paused_by, reason)
       SELECT family_id::text, family_id, 'me', 'why' FROM auth.queued_managed_account_creations LIMIT 1`,
      'QUEUE_PAUSED',
    ],
    [
      'a node that stopped beating',
      `UPDATE auth.server_nodes SET last_beat_at = now() - interval '1 minute'`,
      'NO_LIVE_NODE',
    ],
    ['a node that drains', `UPDATE auth.server_nodes SET state = 'draining'`, 'NO_LIVE_NODE'],
  ])('with %s is unknown', async (_what, sql, unknownReason) => {
    await due(-5, 10);
    await attempts(60, 40);
    expect(await load()).toMatchObject({ unknownReason: null, throughput: 20 });
    await db.query(sql);
    expect(await load()).toMatchObject({ unknownReason, emptyAt: null, dueNowCount: 10 });
  });

  it('takes no notice of a pause that has ended, nor of a due time at the end of time', async () => {
    await db.query(
      `INSERT INTO auth.queue_pauses (scope, paused_by, reason, paused_until) VALUES ('queue', 'me', 'why', now() - interval '1 second')`,
    );
    await due(-5, 10);
    await attempts(60, 40);
    expect((await load()).unknownReason).toBeNull();
    await db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = '9999-12-31T23:59:59Z'
       WHERE id = (SELECT id FROM auth.queued_managed_account_creations WHERE status = 'pending' LIMIT 1)`,
    );
    expect((await load()).emptyAt?.toISOString()).toBe('9999-12-31T00:00:00.000Z');
  });

  it('is served by the index of due entries and by that of ended attempts', async () => {
    await due(100_000, 20_000);
    await due(null, 20_000, 'completed');
    await db.query(
      `INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, started_at, finished_at)
       SELECT id, 1, 'succeeded', now() - interval '1 day', now() - interval '1 day'
       FROM auth.queued_managed_account_creations WHERE status = 'completed'`,
    );
    await db.query('ANALYZE auth.queued_managed_account_creations');
    await db.query('ANALYZE auth.account_creation_attempts');
    const plans: string[] = [];
    await load({
      query: async <Row>(sql: string, values?: readonly unknown[]) => {
        const plan = await db.query<{ 'QUERY PLAN': string }>(`EXPLAIN ${sql}`, values);
        plans.push(plan.map((row) => row['QUERY PLAN']).join('\n'));
        return db.query<Row>(sql, values);
      },
    });
    const [standing, minutes, spells] = plans;
    expect(minutes).toContain('queued_managed_account_creations_next_retry_at_idx');
    expect(spells).toContain('account_creation_attempts_finished_at_idx');
    expect(standing).not.toContain('Seq Scan on account_creation_attempts');
  });
});

describe('queueForecast', () => {
  it('tells it all', async () => {
    server = await startTestApp({ url: database.url, hasTimers: false });
    await db.query(`INSERT INTO auth.queue_pauses (scope, paused_by, reason) VALUES ('queue', 'me', 'why')`);
    await due(-5, 3);
    await due(3_600, 2);
    const { body } = await server.graphql<{ queueForecast: Record<string, unknown> }>(
      '{ queueForecast { dueNowCount duePerMinute { startsAt count } dueLaterCount throughput emptyAt unknownReason explanation } }',
    );
    expect(body.errors).toBeUndefined();
    expect(body.data.queueForecast).toEqual({
      dueNowCount: 3,
      duePerMinute: [{ startsAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:00\.000Z$/), count: 2 }],
      dueLaterCount: 0,
      throughput: null,
      emptyAt: null,
      unknownReason: 'QUEUE_PAUSED',
      explanation:
        'Due or in progress: 3 entries. Due within 24 hours: 2 entries. It is not known when the queue will be empty: it is paused until someone resumes it.',
    });
  });
});
