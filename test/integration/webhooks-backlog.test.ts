/**
 * Webhooks with a large backlog: resuming, deleting or cleaning up one blocks nothing else, and one delivery of
 * each aggregate is always due. No node runs here: each step is called directly.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRules } from '../../src/alerts/alert-rules.ts';
import { DEFAULT_THRESHOLDS } from '../../src/config/alerts.ts';
import type { Database } from '../../src/database/database.ts';
import { type ClaimedDelivery, claimDue } from '../../src/events/webhooks/claim.ts';
import { closeAttempts } from '../../src/events/webhooks/close.ts';
import { mendHeads } from '../../src/events/webhooks/heads.ts';
import { deleteOldDeliveries } from '../../src/events/webhooks/old-deliveries.ts';
import { type Judged, judge } from '../../src/events/webhooks/outcome.rules.ts';
import { redeliverOne, redeliverSpan } from '../../src/events/webhooks/redeliver.ts';
import { deleteSomeDeliveries, lockWebhook, pause, resume } from '../../src/events/webhooks/webhooks.ts';
import { systemCaller } from '../../src/work/caller.ts';
import type { Context } from '../../src/work/context.ts';
import { testContext } from '../support/context.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const DAY_MS = 86_400_000;
const SETTINGS = {
  LEASE_DURATION: 60_000,
  webhookTimeoutMs: 15_000,
  webhookConcurrency: 4,
  webhookRetryWindowMs: DAY_MS,
  webhookDisableAfterMs: DAY_MS,
};
const caller = systemCaller('the test');

let database: TestDatabase;
let db: Database;
let context: Context;

beforeAll(async () => {
  database = await createTestDatabase();
  db = database.db;
  context = testContext({ db, config: SETTINGS });
});
afterAll(() => database?.drop());
afterEach(() => db.query('DELETE FROM auth.webhooks'));

async function makeWebhook(state: 'active' | 'paused' = 'active', age = '1 hour'): Promise<string> {
  const id = randomUUID();
  await db.query(
    `INSERT INTO auth.webhooks (id, url, state, state_changed_at, state_changed_by, created_by)
     VALUES ($1, 'https://example.org/', $2::auth.webhook_state, now() - $3::interval, 'x', 'x')`,
    [id, state, age],
  );
  return id;
}

interface Delivery {
  readonly name: string;
  readonly aggregateId: string;
  readonly status?: 'delivered';
  /** From now (rounded to the millisecond, so perhaps slightly later); not set: behind another delivery. */
  readonly due?: string;
  readonly triedBefore?: string;
  readonly age?: string;
}

const insert = (webhookId: string, all: readonly Delivery[]) =>
  db.query(
    `INSERT INTO auth.webhook_deliveries (webhook_id, event_id, event_type, aggregate_id, body, status, due_at,
                                          attempt_count, series_attempt_count, series_started_at, created_at, closed_at)
     SELECT $1, gen_random_uuid(), 'QueuePaused', "aggregateId", name, coalesce(status, 'pending'), now() + due,
            ("triedBefore" IS NOT NULL)::int * 3, ("triedBefore" IS NOT NULL)::int * 3, now() - "triedBefore",
            now() - coalesce(age, '0'), CASE WHEN status IS NOT NULL THEN now() - coalesce(age, '0') END
     FROM jsonb_to_recordset($2::jsonb) AS d(name text, "aggregateId" uuid, status auth.webhook_delivery_status, due interval,
                                             "triedBefore" interval, age interval)`,
    [webhookId, JSON.stringify(all)],
  );

const namesOf = async (where: string): Promise<string[]> =>
  (
    await db.query<{ name: string }>(`SELECT body AS name FROM auth.webhook_deliveries WHERE ${where} ORDER BY body`)
  ).map(({ name }) => name);
const due = () => namesOf('due_at <= now()');
const claim = () => claimDue(db, context, new Map());
const bodies = (claimed: readonly ClaimedDelivery[]): string[] => claimed.map(({ body }) => body);

const taken = judge({ kind: 'answer', status: 204, answer: '', retryAfter: undefined }, new Date());
function close(deliveries: readonly ClaimedDelivery[], judged: Judged = taken) {
  const ended = deliveries.map((delivery) => ({
    delivery,
    judged,
    startedAt: delivery.claimedAt,
    finishedAt: delivery.claimedAt,
  }));
  return closeAttempts(context, ended);
}

describe('a webhook that is resumed', () => {
  it('gets at once what waited for its next attempt, as anew, and after what is due', async () => {
    const webhookId = await makeWebhook('paused');
    await insert(webhookId, [
      { name: 'in back-off', aggregateId: randomUUID(), due: '2 hours', triedBefore: '3 hours' },
      { name: 'new', aggregateId: randomUUID(), due: '-1 minute' },
    ]);
    expect(await claim()).toEqual([]);
    await db.transaction((tx) => resume(tx, caller, webhookId, null));
    const claimed = await claim();
    expect(bodies(claimed).sort()).toEqual(['in back-off', 'new']);
    expect(claimed.map(({ seriesAttemptCount }) => seriesAttemptCount)).toEqual([1, 1]);
    for (const { seriesStartedAt, claimedAt } of claimed)
      expect(Math.abs(+seriesStartedAt - +claimedAt)).toBeLessThan(2);
    // Later failures back off as usual, and the series continues.
    await close(claimed, judge({ kind: 'answer', status: 500, answer: '', retryAfter: '3600' }, new Date()));
    expect(await claim()).toEqual([]);
    await db.query(`UPDATE auth.webhook_deliveries SET due_at = now() - interval '1 second'`);
    expect((await claim()).map(({ seriesAttemptCount }) => seriesAttemptCount)).toEqual([2, 2]);
  });

  it('is sent no more at a time than before, what is due first', async () => {
    const webhookId = await makeWebhook('paused');
    const waiting = (name: string, at: string): Delivery => ({
      name,
      aggregateId: randomUUID(),
      due: at,
      triedBefore: '3 hours',
    });
    await insert(webhookId, [
      ...['a', 'b', 'c'].map((name) => waiting(name, '2 hours')),
      ...['d', 'e', 'f'].map((name) => waiting(name, '-1 second')),
    ]);
    await db.transaction((tx) => resume(tx, caller, webhookId, null));
    const claimed = bodies(await claim());
    expect(claimed).toHaveLength(SETTINGS.webhookConcurrency);
    expect(claimed).toEqual(expect.arrayContaining(['d', 'e', 'f']));
  });

  it('writes none of what waits, so that the publisher does not wait for it', async () => {
    const webhookId = await makeWebhook('paused');
    const aggregateId = randomUUID();
    await insert(webhookId, [
      { name: 'head', aggregateId, due: '2 hours', triedBefore: '3 hours' },
      { name: 'behind', aggregateId },
    ]);
    await db.transaction(async (tx) => {
      await lockWebhook(tx, webhookId);
      await resume(tx, caller, webhookId, null);
      // Queried from another connection, which would skip rows that the resume has written.
      expect(await db.query('SELECT FROM auth.webhook_deliveries FOR UPDATE SKIP LOCKED')).toHaveLength(2);
    });
  });
});

it('the deliveries of a webhook that is deleted go without its row', async () => {
  const webhookId = await makeWebhook();
  const [kept, aggregateId] = [await makeWebhook(), randomUUID()];
  for (const id of [webhookId, kept]) await insert(id, [{ name: id, aggregateId, due: '-1 second' }]);
  await db.transaction(async (tx) => {
    await lockWebhook(tx, webhookId);
    expect(await deleteSomeDeliveries(db, webhookId)).toBe(false);
  });
  expect(await namesOf('true')).toEqual([kept]);
});

it('what is asked for again of a span begins anew in portions, in order', async () => {
  const webhookId = await makeWebhook();
  const aggregateId = randomUUID();
  const names = Array.from({ length: 1_500 }, (_, n) => String(n).padStart(4, '0'));
  await insert(
    webhookId,
    names.map((name) => ({ name, aggregateId, status: 'delivered' as const })),
  );
  const span = { webhookId, from: new Date(0), to: new Date(Date.now() + DAY_MS), isAll: true };
  const first = await db.transaction((tx) => redeliverSpan(tx, caller, span));
  expect(first).toEqual({ count: 1_000, next: expect.any(BigInt) });
  expect(await namesOf(`status = 'pending'`)).toEqual(names.slice(0, 1_000));
  // A delivery made meanwhile is not requested twice.
  await close(await claim());
  const second = await db.transaction((tx) => redeliverSpan(tx, caller, span, first.next));
  expect(second).toEqual({ count: 500, next: undefined });
  expect(await namesOf(`status = 'pending'`)).toEqual(names.slice(1));
  expect(await due()).toEqual(['0001']);
});

describe('of each aggregate one delivery is due', () => {
  it('after a redelivery, a pause and a resumption while another is under way', async () => {
    const webhookId = await makeWebhook();
    const aggregateId = randomUUID();
    await insert(webhookId, [
      { name: 'A', aggregateId, status: 'delivered' },
      { name: 'B', aggregateId, due: '-1 second' },
      { name: 'C', aggregateId },
    ]);
    const first = await claim();
    expect(bodies(first)).toEqual(['B']);
    const [a] = await db.query<{ id: string }>(`SELECT id FROM auth.webhook_deliveries WHERE body = 'A'`);
    await db.transaction(async (tx) => {
      await redeliverOne(tx, caller, a?.id ?? '');
      await pause(tx, caller, webhookId, 'a moment');
    });
    await db.transaction((tx) => resume(tx, caller, webhookId, null));
    expect(await claim()).toEqual([]);
    await close(first);
    const second = await claim();
    expect(bodies(second)).toEqual(['A']);
    await close(second);
    expect(await due()).toEqual(['C']);
  });

  it('even where two were under way and end together', async () => {
    const webhookId = await makeWebhook();
    const aggregateId = randomUUID();
    await insert(webhookId, [
      { name: 'A', aggregateId, due: '-1 second' },
      { name: 'B', aggregateId, due: '-1 second' },
      { name: 'C', aggregateId },
    ]);
    const both = await claim();
    expect(bodies(both)).toEqual(['A', 'B']);
    await close(both);
    expect(await due()).toEqual(['C']);
  });

  it('and where none is, a beat of an active webhook’s mends it', async () => {
    const [webhookId, paused] = [await makeWebhook(), await makeWebhook('paused')];
    const [lost, well] = [randomUUID(), randomUUID()];
    await insert(webhookId, [
      { name: 'well', aggregateId: well, due: '1 hour' },
      { name: 'lost', aggregateId: lost },
      { name: 'behind the lost', aggregateId: lost },
      { name: 'behind the well', aggregateId: well },
    ]);
    await insert(paused, [{ name: 'of a paused one', aggregateId: lost }]);
    expect(await mendHeads(db)).toBe(1);
    expect(await due()).toEqual(['lost']);
    expect(await mendHeads(db)).toBe(0);
  });

  it('when the one before it is too old for a paused webhook', async () => {
    const webhookId = await makeWebhook('paused');
    const aggregateId = randomUUID();
    await insert(webhookId, [
      { name: 'old', aggregateId, due: '-1 hour', age: '3 days' },
      { name: 'old too', aggregateId, age: '2 days' },
      { name: 'young', aggregateId },
      { name: 'young too', aggregateId },
    ]);
    expect(await db.transaction((tx) => deleteOldDeliveries(tx, DAY_MS, 100))).toBe(2);
    expect(await due()).toEqual(['young']);
  });
});

it('the deletion of what is old reads what is old, and not all deliveries', async () => {
  const webhookId = await makeWebhook();
  await db.query(
    `INSERT INTO auth.webhook_deliveries (webhook_id, event_id, event_type, aggregate_id, body, status, closed_at)
     SELECT $1, gen_random_uuid(), 'QueuePaused', gen_random_uuid(), '{}', 'delivered', now() FROM generate_series(1, 2000)`,
    [webhookId],
  );
  await insert(webhookId, [{ name: 'old', aggregateId: randomUUID(), status: 'delivered', age: '2 days' }]);
  await db.query('ANALYZE auth.webhook_deliveries');
  const read = await db.transaction(async (tx) => {
    const soFar = async () => {
      const [row] = await tx.query<{ count: number }>(
        `SELECT (seq_tup_read + idx_tup_fetch)::int AS count FROM pg_stat_xact_all_tables
         WHERE relid = 'auth.webhook_deliveries'::regclass`,
      );
      return row?.count ?? 0;
    };
    const before = await soFar();
    expect(await deleteOldDeliveries(tx, DAY_MS, 100)).toBe(1);
    return (await soFar()) - before;
  });
  expect(read).toBeLessThan(100);
});

describe('the alert of a webhook that is stuck', () => {
  const summary = async () => {
    const rule = createRules(DEFAULT_THRESHOLDS).find(({ name }) => name === 'WEBHOOK_STUCK');
    return (await rule?.find(db))?.findings[0]?.summary.replace(/webhook \w+/, 'webhook');
  };

  it('says that one delivery waits where others are taken, and only else that none is', async () => {
    const webhookId = await makeWebhook('active', '9 days');
    await insert(webhookId, [{ name: 'refused', aggregateId: randomUUID(), due: '1 hour', age: '3 hours' }]);
    await db.query('UPDATE auth.webhooks SET last_success_at = now()');
    expect(await summary()).toBe('The webhook does not accept a delivery. 1 delivery waits.');
    await db.query(`UPDATE auth.webhooks SET failing_since = now() - interval '1 minute'`);
    expect(await summary()).toBe('The webhook does not accept a delivery. 1 delivery waits.');
    await db.query(`UPDATE auth.webhooks SET failing_since = now() - interval '1 hour'`);
    expect(await summary()).toBe('The webhook accepts nothing. 1 delivery waits.');
  });
});
