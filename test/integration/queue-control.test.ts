/**
 * Pauses and limits, with real workers: what is paused does not start, what is resumed does, and limits hold over
 * all nodes in every sliding second.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { claimDue, claimProbe } from '../../src/accounts/claim.ts';
import { burstOf } from '../../src/accounts/control/queue-control.rules.ts';
import {
  loadLimits,
  loadPauses,
  pauseQueue,
  resumeQueue,
  setQueueLimits,
} from '../../src/accounts/control/queue-control.ts';
import { claimWithinLimits } from '../../src/accounts/control/queue-control-claim.ts';
import { managedAccountRetryJob } from '../../src/accounts/managed-account-retry.job.ts';
import { InvalidInputError, NotFoundError } from '../../src/refusals.ts';
import type { Context } from '../../src/work/context.ts';
import { openCircuit } from '../support/circuit.ts';
import { as } from '../support/context.ts';
import { runJob } from '../support/job-context.ts';
import { createTestQueue, PASSWORD, PROVIDER, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
let anna: Context;
let bert: Context;
const claim = { provider: PROVIDER, nodeId: randomUUID(), leaseMs: 30_000 };

beforeAll(async () => {
  queue = await createTestQueue();
  anna = as(queue.context, 'anna');
  bert = as(queue.context, 'bert');
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

const addFamily = async (name = 'Another'): Promise<string> => {
  const [family] = await queue.db.query<{ id: string }>('INSERT INTO auth.families (name) VALUES ($1) RETURNING id', [
    name,
  ]);
  return family?.id ?? '';
};

/** Inserts due entries of a family; `isSealed` when workers are to complete them. */
async function fill(familyId: string, count: number, { isSealed = false } = {}): Promise<void> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await queue.db.query(
    `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, created_by_user_id, encrypted_password, next_retry_at)
     SELECT id, $1, 'e' || left(replace(id::text, '-', ''), 15), 'Waiting', $2, sealed, now() - interval '1 hour'
     FROM unnest($3::uuid[], $4::text[]) AS e(id, sealed)`,
    [familyId, queue.ownerId, ids, ids.map((id) => (isSealed ? queue.keyRing.seal(PASSWORD, id) : ''))],
  );
}

const untilDone = (count: number, timeout = 20_000) =>
  expect
    .poll(() => queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } }), { timeout, interval: 20 })
    .toBe(count);

describe('pausing', () => {
  const pause = { reason: 'maintenance', until: null, familyId: null };

  it('is idempotent but for a new reason or end, and shows who did it', async () => {
    expect(await pauseQueue(anna, pause)).toMatchObject({ isChanged: true });
    expect(await pauseQueue(bert, pause)).toMatchObject({ isChanged: false });
    const until = new Date(Date.now() + 3_600_000);
    expect(await pauseQueue(bert, { ...pause, until })).toMatchObject({ isChanged: true });
    expect(await pauseQueue(bert, { ...pause, familyId: queue.familyId })).toMatchObject({
      isChanged: true,
    });
    expect(await loadPauses(queue.db)).toMatchObject([
      { familyId: null, pausedBy: 'bert', reason: 'maintenance', pausedUntil: until },
      { familyId: queue.familyId, pausedBy: 'bert', reason: 'maintenance', pausedUntil: null },
    ]);
    expect(await resumeQueue(anna, {})).toMatchObject({ isChanged: true });
    expect(await resumeQueue(anna, {})).toMatchObject({ isChanged: false });
    expect(await loadPauses(queue.db)).toHaveLength(1);
  });

  it('refuses an unknown family and an end that has passed', async () => {
    const familyId = randomUUID();
    await expect(pauseQueue(anna, { ...pause, familyId })).rejects.toThrow(NotFoundError);
    await expect(resumeQueue(anna, { familyId })).rejects.toThrow(NotFoundError);
    const until = new Date(Date.now() - 1_000);
    await expect(pauseQueue(anna, { ...pause, until })).rejects.toThrow(InvalidInputError);
    expect(await loadPauses(queue.db)).toEqual([]);
  });

  it('stops claims and probes until it ends, and the worker goes on by itself then', async () => {
    const node = await queue.startNode();
    await pauseQueue(anna, pause);
    node.notices.notify('queue');
    const id = await node.enqueue();
    expect(await claimDue(queue.db, claim, 10)).toEqual([]);
    expect(await queue.entry(id)).toMatchObject({ status: 'pending' });
    const until = new Date(Date.now() + 2_000);
    await pauseQueue(anna, { ...pause, until });
    node.notices.notify('circuit', 'changes');
    await queue.untilStatus(id, 'completed');
    const [attempt] = await queue.attempts(id);
    expect(attempt?.startedAt.getTime()).toBeGreaterThanOrEqual(until.getTime());
  });

  it('holds back what was claimed ahead, and a probe', async () => {
    queue.simulator.faults.set([{ kind: 'slow', delayMs: 150 }]);
    const node = await queue.startNode({ concurrency: 2 });
    await fill(queue.familyId, 20, { isSealed: true });
    node.worker.wake();
    await expect.poll(() => queue.simulator.calls.create, { interval: 5 }).toBeGreaterThan(0);
    await pauseQueue(anna, pause);
    node.notices.notify('queue');
    const countBy = (status: 'pending' | 'processing' | 'completed') =>
      queue.db.prisma.queuedCreation.count({ where: { status } });
    // Not in-progress attempts of the worker, which may be zero between two attempts: all that started have ended,
    // and all others wait again.
    await expect.poll(() => countBy('processing'), { interval: 10 }).toBe(0);
    await expect.poll(async () => (await countBy('pending')) + (await countBy('completed'))).toBe(20);
    expect(await countBy('completed')).toBeLessThan(8);
    await openCircuit(queue.db, PROVIDER, 'the test', 'an outage', null);
    await queue.db.query(`UPDATE auth.identity_circuits SET next_probe_at = now() - interval '1 second'`);
    expect(await claimProbe(queue.db, claim)).toBeUndefined();
    await resumeQueue(anna, {});
    expect(await claimProbe(queue.db, claim)).toBeDefined();
  });

  it('of a family leaves the others alone', async () => {
    const [other, node] = [await addFamily(), await queue.startNode()];
    await pauseQueue(anna, { ...pause, familyId: queue.familyId });
    await fill(queue.familyId, 5, { isSealed: true });
    await fill(other, 40, { isSealed: true });
    node.worker.wake();
    await untilDone(40);
    expect(await queue.db.prisma.queuedCreation.count({ where: { status: 'pending' } })).toBe(5);
    await resumeQueue(anna, { familyId: queue.familyId });
    node.notices.notify('queue');
    await untilDone(45);
  });

  it('does not keep the retry job waiting for what is paused', async () => {
    const [other, node] = [await addFamily(), await queue.startNode()];
    await fill(queue.familyId, 3, { isSealed: true });
    await fill(other, 2, { isSealed: true });
    await pauseQueue(anna, { ...pause, familyId: queue.familyId });
    const { notices, provider } = node;
    const config = { PROVIDER_TIMEOUT: 2_000, UNDO_WINDOW: 60_000, FAILED_PASSWORD_RETENTION: 60_000 };
    expect(await runJob(managedAccountRetryJob, queue.db, { notices, provider, config })).toMatchObject({
      due: 5,
      completed: 2,
    });
    expect(await queue.db.prisma.queuedCreation.count({ where: { status: 'pending' } })).toBe(3);
  });
});

describe('limits', () => {
  it('are set one by one, and idempotent', async () => {
    expect(await setQueueLimits(anna, { startsPerSecond: 50 })).toMatchObject({ isChanged: true });
    expect(await setQueueLimits(bert, { startsPerSecond: 50 })).toMatchObject({ isChanged: false });
    expect(await setQueueLimits(bert, { concurrency: 3 })).toMatchObject({ isChanged: true });
    expect(await loadLimits(queue.db)).toMatchObject({ startsPerSecond: 50, concurrency: 3, updatedBy: 'bert' });
    expect(await setQueueLimits(anna, { startsPerSecond: null })).toMatchObject({ isChanged: true });
    expect(await loadLimits(queue.db)).toMatchObject({ startsPerSecond: null, concurrency: 3 });
    expect(await setQueueLimits(anna, {})).toMatchObject({ isChanged: false });
  });

  it('of 50 a second hold over 3 nodes in every sliding second, and are used up', async () => {
    await setQueueLimits(anna, { startsPerSecond: 50 });
    const starts: number[] = [];
    queue.onRequest(({ stage, path }) => {
      if (stage === 'received' && path === 'create') starts.push(performance.now());
    });
    await fill(queue.familyId, 100, { isSealed: true });
    await fill(await addFamily(), 75, { isSealed: true });
    const nodes = [await queue.startNode(), await queue.startNode(), await queue.startNode()];
    const begun = performance.now();
    for (const node of nodes) node.worker.wake();
    await untilDone(175);
    const seconds = ((starts.at(-1) ?? 0) - begun) / 1_000;
    const most = Math.max(...starts.map((from) => starts.filter((at) => at >= from && at < from + 1_000).length));
    expect(starts).toHaveLength(175);
    expect(most).toBeLessThanOrEqual(50 + burstOf(50));
    expect(seconds).toBeGreaterThan(3);
    // Not one burst a minute, as when the workers wait for the job; a busy machine takes longer than 3.5 s.
    expect(seconds).toBeLessThan(30);
  });

  it('on attempts under way hold over 2 nodes', async () => {
    await setQueueLimits(anna, { concurrency: 3 });
    queue.simulator.faults.set([{ kind: 'slow', delayMs: 30 }]);
    await fill(queue.familyId, 40, { isSealed: true });
    const nodes = [await queue.startNode(), await queue.startNode()];
    let [underWay, most] = [0, 0];
    queue.onRequest(({ stage }) => {
      underWay += stage === 'received' ? 1 : -1;
      most = Math.max(most, underWay);
    });
    for (const node of nodes) node.worker.wake();
    await untilDone(40);
    expect(most).toBe(3);
  });

  it('make each claim wait for the other', async () => {
    await fill(queue.familyId, 4);
    await setQueueLimits(anna, { concurrency: 100 });
    await queue.db.transaction(async (first) => {
      expect((await claimWithinLimits(first, claim, 1)).entries).toHaveLength(1);
      const second = queue.db.transaction(async (tx) => {
        await tx.query(`SET LOCAL lock_timeout = '200ms'`);
        return claimWithinLimits(tx, claim, 1);
      });
      await expect(second).rejects.toThrow('lock timeout');
    });
  });

  it('are kept to by a claim that was made while they were set', async () => {
    await fill(queue.familyId, 4);
    await setQueueLimits(anna, { concurrency: 1 });
    expect(await claimDue(queue.db, claim, 4)).toEqual([]);
  });
});
