/** The database's clock is set back by a day: work that waits for timestamps written before must continue. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { setQueueLimits } from '../../src/accounts/control/queue-control.ts';
import { bringBack } from '../../src/upkeep.ts';
import { openCircuit } from '../support/circuit.ts';
import { createTestQueue, PROVIDER, type TestQueue } from '../support/queue.ts';

const LEASE_MS = 30_000;
let queue: TestQueue;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

it('a queue with a limit on starts goes on', async () => {
  await setQueueLimits(queue.context, { startsPerSecond: 100 });
  await queue.db.query(`UPDATE auth.queue_limits SET tokens = 0, refilled_at = now() + interval '1 day'`);
  const node = await queue.startNode();
  const ids = await queue.insertUnnoticed(5);
  node.worker.wake();
  await bringBack(queue.db, LEASE_MS);
  node.notices.notify('queue');
  for (const id of ids) await queue.untilStatus(id, 'completed');
});

it('an open circuit is probed, but not one that a person keeps open until an instant', async () => {
  const node = await queue.startNode();
  const open = (by: string | null) =>
    queue.db.query(
      `UPDATE auth.identity_circuits SET state = 'open', opened_by = $1, cause = 'X',
              opened_at = now() + interval '1 day', next_probe_at = now() + interval '1 day', updated_at = now() + interval '1 day'`,
      [by],
    );
  await open('anna');
  const id = await node.enqueue();
  await bringBack(queue.db, LEASE_MS);
  expect((await queue.circuit()).nextProbeAt?.getTime()).toBeGreaterThan(Date.now() + 3_600_000);
  await open(null);
  await bringBack(queue.db, LEASE_MS);
  node.worker.reconsider();
  await queue.untilStatus(id, 'completed');
});

it('what a crashed node held is taken over when a lease has passed, and no sooner', async () => {
  await openCircuit(queue.db, PROVIDER, 'the test', 'nothing is to be attempted', null);
  const [held] = await queue.insertUnnoticed(1);
  await queue.db.query(
    `UPDATE auth.queued_managed_account_creations
     SET status = 'processing', lease_token = $1, leased_at = now() + interval '1 day', lease_expires_at = now() + interval '25 hours'`,
    [randomUUID()],
  );
  await bringBack(queue.db, LEASE_MS);
  const [lease] = await queue.db.query<{ left: number }>(
    'SELECT extract(epoch FROM lease_expires_at - now())::float8 AS left FROM auth.queued_managed_account_creations WHERE id = $1',
    [held],
  );
  expect(lease?.left).toBeGreaterThan(0);
  expect(lease?.left).toBeLessThanOrEqual(LEASE_MS / 1_000);
});

it('what was enqueued to be attempted at once is, and what was given a time keeps it', async () => {
  const [fresh, planned] = await queue.insertUnnoticed(2);
  await queue.db.query(
    `UPDATE auth.queued_managed_account_creations
     SET created_at = now() + interval '1 day', next_retry_at = now() + CASE WHEN id = $1 THEN interval '1 day' ELSE interval '2 days' END`,
    [fresh],
  );
  await bringBack(queue.db, LEASE_MS);
  const due = await queue.db.query<{ id: string }>(
    'SELECT id FROM auth.queued_managed_account_creations WHERE next_retry_at <= now()',
  );
  expect(due).toEqual([{ id: fresh }]);
  expect(planned).toBeDefined();
});

it('a retry keeps its delay, and one that a person gave a time keeps the time', async () => {
  const node = await queue.startNode();
  queue.simulator.faults.set([{ kind: '503' }]);
  const [retried, planned] = [await node.enqueue(), await node.enqueue()];
  for (const id of [retried, planned]) await queue.untilAttempts(id, 1);
  await queue.db.query(`
    UPDATE auth.account_creation_attempts SET finished_at = finished_at + interval '1 day'`);
  await queue.db.query(`
    UPDATE auth.queued_managed_account_creations
    SET next_retry_at = next_retry_at + interval '1 day', updated_at = updated_at + interval '1 day', lookup_final_at = updated_at + interval '1 day 20 s'`);
  await queue.db.query(
    `WITH action AS (
       INSERT INTO auth.bulk_actions (id, action, actor, total_count, expires_at, run_at)
       VALUES ($1, 'set_run_at', 'anna', 1, now(), now() + interval '1 day') RETURNING id)
     INSERT INTO auth.bulk_action_entries (bulk_action_id, position, entry_id, planned_at, planned_status, changed_at)
     SELECT action.id, 1, e.id, now(), 'pending', e.updated_at
     FROM action, auth.queued_managed_account_creations e WHERE e.id = $2`,
    [randomUUID(), planned],
  );
  // A row that someone dated with SQL fails nothing.
  await queue.db.query(`
    INSERT INTO auth.queued_managed_account_creations (username, full_name, last_error_code, next_retry_at, updated_at, lookup_final_at)
    VALUES ('of_the_end', 'Of the End', 'X', now() + interval '1 hour', '9999-12-31', now() + interval '1 hour')`);
  const keptAt = (await queue.entry(planned)).nextRetryAt;
  await bringBack(queue.db, LEASE_MS);
  const after = await queue.entry(retried);
  const delayMs = (after.nextRetryAt?.getTime() ?? 0) - after.updatedAt.getTime();
  expect(Math.abs(delayMs - 60_000)).toBeLessThan(10_000);
  expect(after.updatedAt.getTime()).toBeLessThanOrEqual(Date.now());
  expect((after.lookupFinalAt?.getTime() ?? 0) - after.updatedAt.getTime()).toBe(20_000);
  expect((await queue.entry(planned)).nextRetryAt).toEqual(keptAt);
  // Another node notices it too.
  await bringBack(queue.db, LEASE_MS);
  expect(await queue.entry(retried)).toEqual(after);
});

it('events and deliveries that wait for another try do not wait for the step', async () => {
  await queue.db.query(`
    INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload, retry_count, updated_at, next_attempt_at)
    VALUES ('X', 'X', gen_random_uuid(), '{}', 1, now() + interval '1 day', now() + interval '1 day 1 h')`);
  await queue.db.query(`
    WITH webhook AS (
      INSERT INTO auth.webhooks (id, url, created_by, state_changed_by)
      VALUES (gen_random_uuid(), 'https://example.org/', 'x', 'x') RETURNING id
    ), delivery AS (
      INSERT INTO auth.webhook_deliveries
        (webhook_id, event_id, event_type, aggregate_id, body, attempt_count, due_at, lease_token, leased_at)
      SELECT id, gen_random_uuid(), kind, gen_random_uuid(), '{}', count, due_at, CASE WHEN leased_at IS NOT NULL THEN gen_random_uuid() END, leased_at
      FROM webhook, (VALUES
        ('failed', 1, now() + interval '1 day 1 h', NULL::timestamptz),
        ('next', 0, now() + interval '1 day', NULL),
        ('leased', 1, now() + interval '1 day 30 min', now() + interval '1 day'),
        ('since', 1, now() + interval '1 hour', NULL)) AS row(kind, count, due_at, leased_at)
      RETURNING id, event_type
    )
    INSERT INTO auth.webhook_attempts (delivery_id, number, outcome, started_at, finished_at)
    SELECT id, 1, 'rejected', now(), now() + CASE WHEN event_type = 'failed' THEN interval '1 day' ELSE interval '0' END
    FROM delivery WHERE event_type IN ('failed', 'since')`);
  await bringBack(queue.db, LEASE_MS);
  await bringBack(queue.db, LEASE_MS);
  // Rounded to ten minutes.
  const seconds = await queue.db.query(`
    SELECT event_type AS what, round(extract(epoch FROM due_at - now()) / 600)::int * 600 AS s FROM auth.webhook_deliveries
    UNION ALL SELECT 'event', round(extract(epoch FROM next_attempt_at - now()) / 600)::int * 600 FROM auth.outbox_events WHERE event_type = 'X'
    ORDER BY what`);
  expect(seconds).toEqual([
    { what: 'event', s: 3_600 },
    { what: 'failed', s: 0 },
    { what: 'leased', s: 1_800 },
    { what: 'next', s: 0 },
    { what: 'since', s: 3_600 },
  ]);
});
