/**
 * The entries of a paused family are marked, so that they do not slow down claims: whoever writes them, however
 * many there are, and wherever a node stops while it marks or releases them.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { claimDue, giveBack } from '../../src/accounts/claim.ts';
import { keepHolds } from '../../src/accounts/control/holds.ts';
import { pauseQueue, resumeQueue } from '../../src/accounts/control/queue-control.ts';
import { retryEntry } from '../../src/accounts/retry.ts';
import type { Queryable } from '../../src/database/database.ts';
import { openCircuit } from '../support/circuit.ts';
import { ask } from '../support/own-cluster.ts';
import { createTestQueue, PASSWORD, PROVIDER, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
const claim = { provider: PROVIDER, nodeId: randomUUID(), leaseMs: 30_000 };

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

const addFamily = async (): Promise<string> => {
  const [family] = await queue.db.query<{ id: string }>(
    `INSERT INTO auth.families (name) VALUES ('Another') RETURNING id`,
  );
  return family?.id ?? '';
};

/** Inserts due entries, sealed so that a worker can complete them. */
async function fill(familyId: string, count: number, db: Queryable = queue.db): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await db.query(
    `INSERT INTO auth.queued_managed_account_creations (id, family_id, username, full_name, created_by_user_id, encrypted_password)
     SELECT id, $1, 'e' || left(replace(id::text, '-', ''), 15), 'Waiting', $2, sealed FROM unnest($3::uuid[], $4::text[]) AS e(id, sealed)`,
    [familyId, queue.ownerId, ids, ids.map((id) => queue.keyRing.seal(PASSWORD, id))],
  );
  return ids;
}

const heldCount = (familyId = queue.familyId): Promise<number> =>
  queue.db.prisma.queuedCreation.count({ where: { familyId, isHeld: true } });
const pause = (familyId = queue.familyId, until: Date | null = null) =>
  pauseQueue(queue.context, { familyId, until, reason: 'too many' });
const resume = (familyId = queue.familyId) => resumeQueue(queue.context, { familyId });
/** Lets a pause expire. */
const end = (familyId = queue.familyId) =>
  queue.db.query(
    `UPDATE auth.queue_pauses SET paused_at = now() - interval '2 hours', paused_until = now() - interval '1 hour' WHERE family_id = $1`,
    [familyId],
  );

/** Marks and releases entries until nothing is left to do, as a node does when it is notified of a pause. */
async function keepAll(): Promise<void> {
  for (;;) {
    const { heldCount: held, releasedCount: released } = await keepHolds(queue.db);
    if (held + released === 0) return;
  }
}

describe('a pause of a family', () => {
  it('holds before the first entry is marked, and when all are', async () => {
    await fill(queue.familyId, 5);
    await pause();
    expect(await heldCount()).toBe(0);
    expect(await claimDue(queue.db, claim, 10)).toEqual([]);
    await keepAll();
    expect(await heldCount()).toBe(5);
    expect(await claimDue(queue.db, claim, 10)).toEqual([]);
    await resume();
    await keepAll();
    expect(await claimDue(queue.db, claim, 10)).toHaveLength(5);
  });

  it('marks what becomes pending meanwhile, whoever writes it', async () => {
    const [retried = '', ...failed] = await fill(queue.familyId, 4);
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET status = 'failed', next_retry_at = NULL, failed_at = now() WHERE id = ANY ($1::uuid[])`,
      [[retried, ...failed]],
    );
    await fill(queue.familyId, 2);
    const [claimed] = await claimDue(queue.db, claim, 1);
    if (claimed === undefined) throw new Error('Nothing was claimed.');
    await pause();
    await keepAll();
    expect(await heldCount()).toBe(1);
    await giveBack(queue.db, [claimed]);
    expect(await heldCount()).toBe(2);
    await retryEntry(queue.context, { entryId: retried });
    expect(await heldCount()).toBe(3);
    await queue.db.query(`UPDATE auth.queued_managed_account_creations SET status = 'pending' WHERE status = 'failed'`);
    expect(await heldCount()).toBe(6);
    await fill(queue.familyId, 3);
    await fill(await addFamily(), 3);
    expect(await heldCount()).toBe(9);
    expect(await queue.db.prisma.queuedCreation.count({ where: { isHeld: true } })).toBe(9);
  });

  it('lets go of entries that no longer wait, and of those whose family is gone', async () => {
    const family = await addFamily();
    const [cancelled = ''] = await fill(family, 3);
    await pause(family);
    await keepAll();
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET status = 'cancelled', next_retry_at = NULL WHERE id = $1`,
      [cancelled],
    );
    expect(await heldCount(family)).toBe(2);
    await queue.db.query('DELETE FROM auth.families WHERE id = $1', [family]);
    expect(await claimDue(queue.db, claim, 10)).toHaveLength(2);
  });

  it('costs claims nothing for all that it holds', async () => {
    await fill(queue.familyId, 5_000);
    const other = await addFamily();
    await fill(other, 1);
    await pause();
    await keepAll();
    await queue.db.query('ANALYZE auth.queued_managed_account_creations');
    let plan: PlanNode | undefined;
    const explaining: Queryable = {
      query: async <Row>(sql: string, values?: readonly unknown[]) => {
        const [row] = await queue.db.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
          `EXPLAIN (ANALYZE, FORMAT JSON) ${sql}`,
          values,
        );
        plan = row?.['QUERY PLAN'][0]?.Plan;
        return [] as Row[];
      },
    };
    await claimDue(explaining, claim, 64);
    expect(await queue.db.prisma.queuedCreation.count({ where: { familyId: other, status: 'processing' } })).toBe(1);
    const scans = nodesOf(plan).filter((node) => node['Relation Name'] === 'queued_managed_account_creations');
    const read = scans.reduce(
      (sum, node) => sum + node['Actual Loops'] * (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)),
      0,
    );
    // The entry is read twice: once to find it, once to claim it.
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(5);
  });
});

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}
const nodesOf = (plan: PlanNode | undefined): PlanNode[] =>
  plan === undefined ? [] : [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];

describe('a node that stops in between', () => {
  const COUNT = 1_200;

  it('leaves the marking to the next', async () => {
    await fill(queue.familyId, COUNT);
    await pause();
    expect(await keepHolds(queue.db)).toMatchObject({ heldCount: 1_000 });
    expect(await heldCount()).toBe(1_000);
    const node = await queue.startNode();
    node.worker.wake();
    await expect.poll(() => heldCount(), { timeout: 20_000 }).toBe(COUNT);
  });

  it('leaves the release to the next, and all are attempted', async () => {
    await fill(queue.familyId, COUNT);
    await pause();
    await keepAll();
    await resume();
    expect(await keepHolds(queue.db)).toMatchObject({ releasedCount: 1_000 });
    expect(await heldCount()).toBe(COUNT - 1_000);
    expect(await claimDue(queue.db, claim, COUNT)).toHaveLength(1_000);
    const node = await queue.startNode();
    node.worker.wake();
    await expect
      .poll(() => queue.db.prisma.queuedCreation.count({ where: { status: 'completed' } }), { timeout: 30_000 })
      .toBe(COUNT - 1_000);
  });

  it('begins at once when someone pauses or resumes a family with SQL', async () => {
    await openCircuit(queue.db, PROVIDER, 'the test', 'nothing is to be attempted', null);
    await fill(queue.familyId, 5);
    await queue.startNode();
    const psql = (sql: string) => ask(queue.url, sql);
    await psql(`INSERT INTO auth.queue_pauses (scope, family_id, paused_by, reason)
                VALUES ('${queue.familyId}', '${queue.familyId}', 'psql', 'too many')`);
    await expect.poll(heldCount).toBe(5);
    await psql('DELETE FROM auth.queue_pauses');
    await expect.poll(heldCount).toBe(0);
  });

  it('is not needed when a pause is deleted by SQL', async () => {
    await fill(queue.familyId, 3);
    await pause();
    await keepAll();
    await queue.db.query('DELETE FROM auth.queue_pauses');
    await keepAll();
    expect(await heldCount()).toBe(0);
  });
});

describe('an entry that is written while a pause ends', () => {
  it('is released: a resume waits for the transaction that marked it', async () => {
    await pause();
    let resumed: Promise<unknown> | undefined;
    let isResumed = false;
    await queue.db.transaction(async (tx) => {
      await fill(queue.familyId, 1, tx);
      resumed = resume().then(() => {
        isResumed = true;
      });
      // The resume has reached that lock once the database shows that it waits for it.
      await expect
        .poll(() =>
          queue.db.query(
            `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%queue_pauses%'`,
          ),
        )
        .toHaveLength(1);
      expect(isResumed).toBe(false);
    });
    await resumed;
    expect(await heldCount()).toBe(1);
    await keepAll();
    expect(await heldCount()).toBe(0);
  });

  it('is released: a pause that ended by itself is deleted only once that entry can be seen', async () => {
    await pause();
    await queue.db.transaction(async (tx) => {
      await fill(queue.familyId, 1, tx);
      await end();
      const { endedCount, nextEndMs } = await keepHolds(queue.db);
      expect(endedCount).toBe(0);
      expect(nextEndMs).toBeLessThan(0);
    });
    expect(await heldCount()).toBe(1);
    expect(await keepHolds(queue.db)).toMatchObject({ endedCount: 1, releasedCount: 1, nextEndMs: null });
    expect(await heldCount()).toBe(0);
  });

  it('is attempted by a worker when the pause ends by itself, and not before', async () => {
    const node = await queue.startNode();
    const until = new Date(Date.now() + 1_500);
    await pause(queue.familyId, until);
    node.notices.notify('queue');
    const id = await node.enqueue();
    expect(await queue.entry(id)).toMatchObject({ status: 'pending', isHeld: true });
    await queue.untilStatus(id, 'completed');
    const [attempt] = await queue.attempts(id);
    expect(attempt?.startedAt.getTime()).toBeGreaterThanOrEqual(until.getTime());
    expect(await queue.db.query('SELECT 1 FROM auth.queue_pauses')).toEqual([]);
  });
});
