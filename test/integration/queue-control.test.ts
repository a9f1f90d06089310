/**
 * Pauses, limits and turns, with real workers: what is paused does not start and what ended
 * does, limits hold over all nodes in every sliding second, and one family's crowd keeps no
 * other family waiting.
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
import { BEFORE_FIRST, claimWithinLimits } from '../../src/accounts/control/queue-control-claim.ts';
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

/** Due entries of a family; sealed, if workers are to complete them. */
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

const inTurn = (limit: number, after = BEFORE_FIRST) =>
  queue.db.transaction((tx) => claimWithinLimits(tx, claim, limit, 'families', after));

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
    expect((await inTurn(10)).entries).toEqual([]);
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
    // Between two attempts none is in hand for a moment: all that were begun have ended, all others wait again.
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

  it('finds what lies between all that is paused', async () => {
    await fill(queue.familyId, 300);
    const other = await addFamily();
    await fill(other, 1);
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() - interval '2 hours'
       WHERE id IN (SELECT id FROM auth.queued_managed_account_creations WHERE family_id = $1 LIMIT 150)`,
      [queue.familyId],
    );
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() - interval '90 minutes' WHERE family_id = $1`,
      [other],
    );
    await pauseQueue(anna, { ...pause, familyId: queue.familyId });
    const oldest = () =>
      queue.db.transaction((tx) =>
        claimWithinLimits(tx, claim, 64, 'oldest', BEFORE_FIRST).then((turn) => turn.entries),
      );
    expect(await oldest()).toMatchObject([{ familyId: other }]);
    expect(await oldest()).toEqual([]);
  });

  it('of a family with a crowd at both ends keeps a worker from others for a second at the most', async () => {
    const other = await addFamily();
    const node = await queue.startNode();
    await fill(queue.familyId, 600);
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() - interval '2 hours'
       WHERE id IN (SELECT id FROM auth.queued_managed_account_creations LIMIT 300)`,
    );
    await pauseQueue(anna, { ...pause, familyId: queue.familyId });
    node.notices.notify('queue');
    for (let round = 1; round <= 3; round++) {
      // A claim in vain: the next ones look only at the ends, where this is not.
      node.worker.wake();
      await fill(other, 1, { isSealed: true });
      await queue.db.query(
        `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() - interval '90 minutes' WHERE family_id = $1 AND status = 'pending'`,
        [other],
      );
      node.worker.wake();
      await untilDone(round, 3_000);
    }
  });

  it('without limits lets claims go side by side; with them each waits for the other', async () => {
    const other = await addFamily();
    await fill(other, 4);
    await pauseQueue(anna, { ...pause, familyId: queue.familyId });
    const sideBySide = (): Promise<boolean> =>
      queue.db.transaction(async (tx) => {
        const { entries } = await claimWithinLimits(tx, claim, 1, 'oldest', BEFORE_FIRST);
        expect(entries).toHaveLength(1);
        return queue.db
          .transaction(async (second) => {
            await second.query(`SET LOCAL lock_timeout = '200ms'`);
            return claimWithinLimits(second, claim, 1, 'oldest', BEFORE_FIRST).then(
              ({ entries: more }) => more.length === 1,
              () => false,
            );
          })
          .catch(() => false);
      });
    expect(await sideBySide()).toBe(true);
    await setQueueLimits(anna, { concurrency: 100 });
    expect(await sideBySide()).toBe(false);
  });

  it('of a family costs claims nothing for all that it holds back', async () => {
    await fill(queue.familyId, 10_000);
    const other = await addFamily();
    await fill(other, 1);
    await queue.db.query('ANALYZE auth.queued_managed_account_creations');
    await pauseQueue(anna, { ...pause, familyId: queue.familyId });
    const read = await queue.db.transaction(async (tx) => {
      const count = async (): Promise<number> => {
        const [row] = await tx.query<{ count: number }>(
          `SELECT (pg_stat_get_xact_tuples_fetched(c) + pg_stat_get_xact_tuples_returned(c))::int AS count
           FROM CAST('auth.queued_managed_account_creations'::regclass AS oid) AS c`,
        );
        return row?.count ?? Number.NaN;
      };
      const before = await count();
      const { entries } = await claimWithinLimits(tx, claim, 64, 'oldest', BEFORE_FIRST);
      expect(entries).toMatchObject([{ familyId: other }]);
      return (await count()) - before;
    });
    expect(read).toBeGreaterThan(0);
    // A hundred from either end, and what is claimed.
    expect(read).toBeLessThan(300);
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
    expect(seconds).toBeLessThan(8);
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
});

describe('turns', () => {
  it('share a claim among the families, and go on where the last one ended', async () => {
    const families = [await addFamily(), await addFamily(), await addFamily()].sort();
    for (const family of families) await fill(family, 5);
    const first = await inTurn(6);
    expect(first.entries.map(({ familyId }) => familyId).sort()).toEqual([...families, ...families].sort());
    const one = await inTurn(1, first.after);
    const two = await inTurn(1, one.after);
    const three = await inTurn(1, two.after);
    const four = await inTurn(1, three.after);
    expect([one, two, three, four].map(({ entries }) => entries[0]?.familyId)).toEqual([...families, families[0]]);
    const rest = await inTurn(100);
    expect(rest.entries).toHaveLength(5);
    expect((await inTurn(100, rest.after)).entries).toEqual([]);
  });

  it('reach entries whose family is gone, and skip families of which nothing is due', async () => {
    await fill(queue.familyId, 1);
    await queue.db.query(`UPDATE auth.queued_managed_account_creations SET next_retry_at = now() + interval '1 hour'`);
    const gone = await addFamily();
    await fill(gone, 2);
    await queue.db.query('DELETE FROM auth.families WHERE id = $1', [gone]);
    expect((await inTurn(10)).entries).toMatchObject([{ familyId: null }, { familyId: null }]);
    expect((await inTurn(10)).entries).toEqual([]);
  });

  it('let a single entry through a crowd also at a low rate', async () => {
    await setQueueLimits(anna, { startsPerSecond: 4 });
    await fill(queue.familyId, 200, { isSealed: true });
    const [other, node] = [await addFamily(), await queue.startNode()];
    node.worker.wake();
    await expect.poll(() => queue.simulator.calls.create, { interval: 5 }).toBeGreaterThan(0);
    const id = await node.enqueue({ familyId: other, createdByUserId: await owner(other) });
    await queue.untilStatus(id, 'completed');
    expect(await queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } })).toBeLessThan(15);
  });

  it.each([
    ['a fast provider', 0, 32],
    ['a slow one', 200, 8],
  ])('let a single entry through a crowd of 10,000 in seconds with %s', async (_name, delayMs, concurrency) => {
    if (delayMs > 0) queue.simulator.faults.set([{ kind: 'slow', delayMs }]);
    await fill(queue.familyId, 10_000, { isSealed: true });
    await queue.db.query('ANALYZE auth.queued_managed_account_creations');
    const [other, node] = [await addFamily(), await queue.startNode({ concurrency })];
    node.worker.wake();
    await expect.poll(() => queue.simulator.calls.create, { interval: 5 }).toBeGreaterThan(0);
    const begun = performance.now();
    const id = await node.enqueue({ familyId: other, createdByUserId: await owner(other) });
    await queue.untilStatus(id, 'completed');
    expect(performance.now() - begun).toBeLessThan(3_000);
    const left = await queue.db.prisma.queuedCreation.count({ where: { status: 'pending' } });
    expect(left).toBeGreaterThan(1_000);
  });
});

async function owner(familyId: string): Promise<string> {
  const [user] = await queue.db.query<{ id: string }>(
    `INSERT INTO auth.users (family_id, username, full_name, role)
     VALUES ($1, 'owner_' || left($1::uuid::text, 8), 'Otto Owner', 'owner') RETURNING id`,
    [familyId],
  );
  return user?.id ?? '';
}
