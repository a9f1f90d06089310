/** ManagedAccountRetryJob as the scheduler runs it: the safety net, and the deletion of passwords. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cancelEntry } from '../../src/accounts/cancel.ts';
import { claimDue } from '../../src/accounts/claim.ts';
import { managedAccountRetryJob } from '../../src/accounts/managed-account-retry.job.ts';
import { retryEntry } from '../../src/accounts/retry.ts';
import type { Database, Transactional } from '../../src/database/database.ts';
import { openCircuit } from '../support/circuit.ts';
import { jobContext, runJob } from '../support/job-context.ts';
import { createTestQueue, PASSWORD, PROVIDER, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;
let node: TestNode;
const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

const partsOf = ({ notices, provider }: Pick<TestNode, 'notices' | 'provider'>) => ({
  notices,
  provider,
  config: { PROVIDER_TIMEOUT: 2_000, UNDO_WINDOW: 15 * MINUTE, FAILED_PASSWORD_RETENTION: 30 * DAY },
});

async function failOne(): Promise<string> {
  queue.simulator.faults.set([{ kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj', times: 1 }]);
  const id = await node.enqueue();
  await queue.untilStatus(id, 'failed');
  return id;
}

const age = (id: string, column: 'cancelled_at' | 'failed_at', ms: number) =>
  queue.db.query(
    column === 'failed_at'
      ? `UPDATE auth.queued_managed_account_creations SET failed_at = failed_at - $2 * interval '1 millisecond' WHERE id = $1`
      : `UPDATE auth.queued_managed_account_creations SET cancelled_at = cancelled_at - $2 * interval '1 millisecond' WHERE id = $1`,
    [id, ms],
  );

describe('a run', () => {
  it('settles what is due, on whichever node, and counts it', async () => {
    node = await queue.startNode();
    const other = await queue.startNode();
    const [later] = await queue.insertUnnoticed(8);
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() + interval '1 day' WHERE id = $1`,
      [later],
    );
    queue.simulator.faults.set([
      { kind: '503', times: 1, path: 'create' },
      { kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj', times: 1, path: 'create' },
    ]);
    await queue.db.query(`UPDATE auth.server_nodes SET state = 'running'`);
    const { context, told } = jobContext(other.db, partsOf(other));
    expect(await managedAccountRetryJob.run(context)).toEqual({
      due: 7,
      completed: 5,
      failed: 1,
      retrying: 1,
      takenOver: 0,
      passwordsDestroyed: 0,
    });
    expect(told.lines).toEqual([
      expect.stringMatching(/^info: 7 entries due\. Woken: [\w-]+, [\w-]+\.$/),
      'info: Attempted 7 entries: 5 completed, 1 failed, 1 to be tried again later.',
    ]);
    const label = 'Attempting the entries that are due';
    expect(told.progress.at(0)).toEqual({ done: 0, total: 7, label });
    expect(told.progress.at(-1)).toEqual({ done: 7, total: 7, label });
  });

  it('takes over what a crashed node held, and that is counted as its own', async () => {
    node = await queue.startNode();
    await node.worker.stop(1_000);
    await queue.insertUnnoticed(3);
    await claimDue(queue.db, { provider: PROVIDER, nodeId: node.id, leaseMs: 1 }, 3);
    const other = await queue.startNode();
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET lease_expires_at = now() - interval '1 second'`,
    );
    const { context, told } = jobContext(other.db, partsOf(other));
    expect(await managedAccountRetryJob.run(context)).toMatchObject({ due: 3, completed: 3, takenOver: 3 });
    expect(told.lines[0]).toBe('warn: Took over 3 entries whose node had stopped.');
  });

  it('ends at once while the circuit is open', async () => {
    node = await queue.startNode();
    await openCircuit(queue.db, PROVIDER, 'the test', 'an outage', null);
    await queue.insertUnnoticed(2);
    const { context, told } = jobContext(node.db, partsOf(node));
    expect(await managedAccountRetryJob.run(context)).toMatchObject({ due: 2, completed: 0, failed: 0, retrying: 0 });
    expect(told.lines.at(-1)).toBe(
      'warn: The circuit is open: what is still due waits until the identity provider answers.',
    );
  });

  it('ends although somebody’s transaction holds an entry, and counts what it settled', async () => {
    node = await queue.startNode();
    const [held] = await queue.insertUnnoticed(3);
    const { context, told } = jobContext(node.db, partsOf(node));
    await queue.db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM auth.queued_managed_account_creations WHERE id = $1 FOR UPDATE', [held]);
      expect(await managedAccountRetryJob.run(context)).toMatchObject({ due: 3, completed: 2 });
    });
    expect(told.lines.at(-1)).toMatch(/^info: 1 entry not attempted: .*held by another transaction/);
  });

  it('ends soon when the server stops', async () => {
    node = await queue.startNode();
    queue.simulator.faults.set([{ kind: 'hang' }]);
    await queue.insertUnnoticed(1);
    const stopping = new AbortController();
    const run = runJob(managedAccountRetryJob, node.db, { ...partsOf(node), signal: stopping.signal });
    await expect.poll(() => node.worker.attemptsInHand(), { interval: 5 }).toBe(1);
    // So that it is aborted at once, not when most of the shutdown time is over.
    expect(managedAccountRetryJob).toMatchObject({ endsWhenStopping: true });
    stopping.abort();
    expect(await run).toMatchObject({ due: 1, completed: 0 });
    // It did not wait for the attempt.
    expect(node.worker.attemptsInHand()).toBe(1);
  });

  it('with nothing to do makes few statements', async () => {
    node = await queue.startNode();
    let statements = 0;
    const counting: Database = {
      ...node.db,
      query: (sql, values) => {
        statements++;
        return node.db.query(sql, values);
      },
      transaction: (run) =>
        node.db.transaction((tx) => {
          const counted: Transactional = {
            query: (sql, values) => {
              statements++;
              return tx.query(sql, values);
            },
            transaction: (part) => part(counted),
          };
          return run(counted);
        }),
    };
    const { context, told } = jobContext(counting, partsOf(node));
    expect(await managedAccountRetryJob.run(context)).toEqual({
      due: 0,
      takenOver: 0,
      passwordsDestroyed: 0,
    });
    expect(told).toMatchObject({ lines: [], progress: [] });
    // The count of due entries, those of dead nodes, and the old passwords.
    expect(statements).toBeLessThanOrEqual(4);
  });
});

describe('without a run', () => {
  it('what is put off is attempted when it falls due, and not before', async () => {
    node = await queue.startNode();
    const ids = await Promise.all([300, 900].map((ms) => node.enqueue({ runAt: new Date(Date.now() + ms) })));
    for (const id of ids) {
      await queue.untilStatus(id, 'completed');
      const [attempt] = await queue.attempts(id);
      expect(attempt?.startedAt.getTime()).toBeGreaterThanOrEqual(attempt?.dueAt?.getTime() ?? Number.NaN);
    }
  });

  it('a retry is made when it falls due, even while somebody’s transaction holds another entry', async () => {
    node = await queue.startNode();
    const [held] = await queue.insertUnnoticed(1);
    await queue.db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM auth.queued_managed_account_creations WHERE id = $1 FOR UPDATE', [held]);
      const stopping = new AbortController();
      const run = runJob(managedAccountRetryJob, node.db, { ...partsOf(node), signal: stopping.signal });
      queue.simulator.faults.set([{ kind: '503', path: 'create', times: 1 }]);
      const id = await node.enqueue();
      const { nextRetryAt } = await queue.untilAttempts(id, 1);
      expect(nextRetryAt?.getTime()).toBeGreaterThan(Date.now());
      // As if most of the minute had passed; the worker is woken as by any change of the queue.
      await queue.db.query(
        `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() + interval '500 milliseconds' WHERE id = $1`,
        [id],
      );
      node.worker.wake();
      await queue.untilStatus(id, 'completed');
      stopping.abort();
      await run;
    });
  });
});

describe('passwords', () => {
  it('of cancelled entries are destroyed after the undo window, and until then a retry needs none', async () => {
    node = await queue.startNode();
    const [early, late] = [
      await node.enqueue({ runAt: new Date(Date.now() + DAY) }),
      await node.enqueue({ runAt: new Date(Date.now() + DAY) }),
    ];
    for (const id of [early, late]) await cancelEntry(node.context, { entryId: id });
    await age(early, 'cancelled_at', 14 * MINUTE);
    await age(late, 'cancelled_at', 16 * MINUTE);
    expect(await runJob(managedAccountRetryJob, node.db, partsOf(node))).toMatchObject({ passwordsDestroyed: 1 });
    expect(await queue.entry(early)).toMatchObject({ passwordDestroyedAt: null });
    expect(await queue.entry(late)).toMatchObject({
      encryptedPassword: null,
      passwordDestroyedBecause: 'cancelled',
      passwordDestroyedAt: expect.any(Date),
    });
    await retryEntry(node.context, { entryId: early });
    await queue.untilStatus(early, 'completed');
    await expect(retryEntry(node.context, { entryId: late })).rejects.toMatchObject({
      code: 'PASSWORD_DESTROYED',
    });
    await retryEntry(node.context, { entryId: late, password: PASSWORD });
    await queue.untilStatus(late, 'completed');
  });

  it('of failed entries are destroyed after the retention time', async () => {
    node = await queue.startNode();
    const [kept, gone] = [await failOne(), await failOne()];
    await age(kept, 'failed_at', 29 * DAY);
    await age(gone, 'failed_at', 31 * DAY);
    expect(await runJob(managedAccountRetryJob, node.db, partsOf(node))).toMatchObject({ passwordsDestroyed: 1 });
    expect((await queue.entry(kept)).encryptedPassword).not.toBeNull();
    expect(await queue.entry(gone)).toMatchObject({
      encryptedPassword: null,
      passwordDestroyedBecause: 'retention',
    });
    await retryEntry(node.context, { entryId: gone, password: PASSWORD });
    expect(await queue.untilStatus(gone, 'completed')).toMatchObject({
      passwordDestroyedBecause: 'completed',
    });
  });

  it('of entries that still wait are kept, however long that takes', async () => {
    node = await queue.startNode();
    const id = await node.enqueue({ runAt: new Date(Date.now() + DAY) });
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET created_at = now() - interval '1 year', updated_at = now() - interval '1 year'`,
    );
    await runJob(managedAccountRetryJob, node.db, partsOf(node));
    expect((await queue.entry(id)).encryptedPassword).not.toBeNull();
  });
});
