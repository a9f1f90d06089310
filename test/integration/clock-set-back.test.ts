/** The database's clock is set back by a day: work that waits for timestamps written before must continue. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { setQueueLimits } from '../../src/accounts/control/queue-control.ts';
import { bringBack } from '../../src/clock-set-back.ts';
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
