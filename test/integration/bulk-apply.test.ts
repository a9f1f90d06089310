/** Apply and undo: exactly what was planned, exactly once, whichever node dies meanwhile. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { IdempotencyConflictError } from '../../src/access/idempotency.ts';
import { applyBulkAction, undoBulkAction } from '../../src/accounts/bulk/bulk-apply.ts';
import { type PlanRequest, planBulkAction } from '../../src/accounts/bulk/bulk-plan.ts';
import type { Database } from '../../src/database/database.ts';
import { InvalidStateError, NotFoundError } from '../../src/refusals.ts';
import { type BulkTest, createBulkTest, SEALED } from '../support/bulk.ts';
import { as } from '../support/context.ts';
import { createGate } from '../support/queue.ts';

const UNDO_WINDOW_MS = 900_000;

let bulk: BulkTest;
beforeAll(async () => {
  bulk = await createBulkTest();
});
afterAll(() => bulk.close());
beforeEach(() => bulk.reset());

const apply = (planId: string, idempotencyKey?: string) => applyBulkAction(bulk.context, { planId, idempotencyKey });

/** Plans and applies, waits for the end and returns the action's id. */
async function carryOut(request: PlanRequest): Promise<string> {
  const { planId } = await planBulkAction(bulk.context, request);
  await apply(planId);
  const node = await bulk.startNode();
  node.runner.wake();
  await bulk.untilStatus(planId, 'finished');
  return planId;
}

const tryUndo = (bulkActionId: string, undoWindowMs = UNDO_WINDOW_MS) =>
  undoBulkAction(
    { ...as(bulk.context, 'bea'), config: { ...bulk.context.config, UNDO_WINDOW: undoWindowMs } },
    { bulkActionId },
  );

async function undo(id: string): Promise<void> {
  await tryUndo(id);
  const node = await bulk.startNode();
  node.runner.wake();
  await bulk.untilStatus(id, 'undone');
}

describe('applying', () => {
  test('skips and names what changed since the plan; does the others once', async () => {
    const ids = await bulk.insert(1_203);
    const { planId } = await planBulkAction(bulk.context, {
      action: 'retry',
      where: { status: 'failed' },
    });
    const [touched = '', orphaned = '', taken = ''] = ids;
    await bulk.db.query(`UPDATE auth.queued_managed_account_creations SET status = 'cancelled' WHERE id = $1`, [
      touched,
    ]);
    await bulk.db.query('UPDATE auth.queued_managed_account_creations SET family_id = NULL WHERE id = $1', [orphaned]);
    await bulk.db.query(
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name)
       SELECT family_id, upper(username), full_name FROM auth.queued_managed_account_creations WHERE id = $1`,
      [taken],
    );
    await apply(planId);
    const node = await bulk.startNode();
    node.runner.wake();
    const action = await bulk.untilStatus(planId, 'finished');

    expect(action).toMatchObject({ totalCount: 1_203, doneCount: 1_200, skippedCount: 3, leaseNodeId: null });
    expect(await bulk.skipped(planId)).toEqual({
      [touched]: 'CHANGED',
      [orphaned]: 'FAMILY_DELETED',
      [taken]: 'USERNAME_TAKEN',
    });
    expect(await bulk.changes()).toEqual({ changes: 1_200, entries: 1_200 });
    const done = await bulk.db.prisma.queuedCreation.findMany({ where: { bulkActionId: planId } });
    expect(done).toHaveLength(1_200);
    for (const entry of done) {
      expect(entry).toMatchObject({ status: 'pending', retryCount: 0, failedAt: null, encryptedPassword: SEALED });
      expect(entry.nextRetryAt?.getTime()).toBeLessThanOrEqual(Date.now() + 1_000);
    }
    expect(await bulk.db.prisma.queuedCreation.findUnique({ where: { id: touched } })).toMatchObject({
      status: 'cancelled',
      bulkActionId: null,
    });
  });

  test('lets only the first of two planned entries with one name become active', async () => {
    const twins = await bulk.insert(2, { username: 'twin' });
    const others = await bulk.insert(3);
    const id = await carryOut({ action: 'retry', entryIds: [...twins, ...others] });
    expect(await bulk.action(id)).toMatchObject({ doneCount: 4, skippedCount: 1 });
    expect(await bulk.skipped(id)).toEqual({ [twins[1] ?? '']: 'USERNAME_TAKEN' });
  });

  test('skips only the offender when a name is taken at the very moment of changing', async () => {
    const [loser = ''] = await bulk.insert(1, { username: 'contested' });
    await bulk.insert(4);
    const { planId } = await planBulkAction(bulk.context, { action: 'retry', where: {} });
    await apply(planId);
    // The batch cannot see this insert when it is validated: it commits while the batch waits for its index entry.
    const gate = createGate();
    const inserted = createGate();
    const taking = bulk.db.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name) VALUES ($1, 'contested', 'Q')`,
        [bulk.familyId],
      );
      inserted.open();
      await gate.passed;
    });
    await inserted.passed;
    const node = await bulk.startNode();
    node.runner.wake();
    await expect
      .poll(
        () =>
          bulk.db.query(
            `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event = 'transactionid'`,
          ),
        { timeout: 30_000, interval: 10 },
      )
      .toHaveLength(1);
    gate.open();
    await taking;
    expect(await bulk.untilStatus(planId, 'finished')).toMatchObject({ doneCount: 4, skippedCount: 1 });
    expect(await bulk.skipped(planId)).toEqual({ [loser]: 'USERNAME_TAKEN' });
  });

  test('does not wait for an entry that others hold, and comes back to it ever more seldom', async () => {
    const [held = ''] = await bulk.insert(1_200);
    const { planId } = await planBulkAction(bulk.context, { action: 'cancel', where: {} });
    await apply(planId);
    const gate = createGate();
    const locked = createGate();
    const holding = bulk.db.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM auth.queued_managed_account_creations WHERE id = $1 FOR UPDATE', [held]);
      locked.open();
      await gate.passed;
    });
    await locked.passed;
    const tries: number[] = [];
    const node = await bulk.startNode((own) => ({
      ...own,
      transaction: (...work) => {
        tries.push(performance.now());
        return own.transaction(...work);
      },
    }));
    node.runner.wake();
    await expect.poll(async () => (await bulk.action(planId)).doneCount, { timeout: 30_000, interval: 10 }).toBe(1_199);
    const before = tries.length;
    // Each round tries the remaining entry and must start over: two tries.
    await expect.poll(() => tries.length, { timeout: 30_000, interval: 10 }).toBeGreaterThanOrEqual(before + 10);
    expect((tries[before + 9] ?? 0) - (tries[before] ?? 0)).toBeGreaterThan(700);
    expect((await bulk.action(planId)).status).toBe('running');
    gate.open();
    await holding;
    expect(await bulk.untilStatus(planId, 'finished')).toMatchObject({ doneCount: 1_200, skippedCount: 0 });
    expect(await bulk.changes()).toEqual({ changes: 1_200, entries: 1_200 });
  });

  test('counts entries that were deleted meanwhile as skipped', async () => {
    const ids = await bulk.insert(5);
    const { planId } = await planBulkAction(bulk.context, { action: 'retry', entryIds: ids });
    await bulk.db.query('DELETE FROM auth.queued_managed_account_creations WHERE id = $1', [ids[0]]);
    await apply(planId);
    (await bulk.startNode()).runner.wake();
    expect(await bulk.untilStatus(planId, 'finished')).toMatchObject({ totalCount: 5, doneCount: 4, skippedCount: 1 });
  });

  test('is refused for an unknown, an expired and an applied plan', async () => {
    await expect(apply('0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b11')).rejects.toThrow(NotFoundError);
    const entryIds = await bulk.insert(1);
    const { planId } = await planBulkAction(bulk.context, { action: 'retry', entryIds });
    await bulk.db.query(`UPDATE auth.bulk_actions SET expires_at = now() - interval '1 second' WHERE id = $1`, [
      planId,
    ]);
    await expect(apply(planId)).rejects.toThrow(/has expired/);
    await bulk.db.query(`UPDATE auth.bulk_actions SET expires_at = now() + interval '1 minute' WHERE id = $1`, [
      planId,
    ]);
    await apply(planId);
    await expect(apply(planId)).rejects.toThrow(/applied already/);
  });

  test('is idempotent by its key, also for calls at the same time', async () => {
    const entryIds = await bulk.insert(3);
    const { planId } = await planBulkAction(bulk.context, { action: 'retry', entryIds });
    const other = await planBulkAction(bulk.context, { action: 'retry', entryIds });
    const answers = await Promise.all([apply(planId, 'k'), apply(planId, 'k'), apply(planId, 'k')]);
    expect(answers.filter(({ isReplay }) => !isReplay)).toHaveLength(1);
    expect(new Set(answers.map(({ bulkActionId }) => bulkActionId))).toEqual(new Set([planId]));
    await expect(apply(other.planId, 'k')).rejects.toThrow(IdempotencyConflictError);
    expect((await bulk.action(other.planId)).status).toBe('planned');
  });
});

describe('whoever dies', () => {
  /** Lets `count` transactions commit, then blocks the next one, like a node that died between batches. */
  const dyingAfter =
    (batches: number, gate: Promise<void>) =>
    (own: Database): Database => {
      let left = batches;
      return {
        ...own,
        async transaction(run) {
          if (left-- <= 0) await gate;
          return own.transaction(run);
        },
      };
    };

  test('another node goes on when the lease has ended, and the late one changes nothing', async () => {
    await bulk.insert(3_000);
    const { planId } = await planBulkAction(bulk.context, { action: 'retry', where: {} });
    await apply(planId);
    const gate = createGate();
    const dying = await bulk.startNode(dyingAfter(3, gate.passed));
    dying.runner.wake();
    await expect.poll(async () => (await bulk.action(planId)).doneCount, { timeout: 30_000, interval: 10 }).toBe(1_500);

    let looks = 0;
    const early = await bulk.startNode((own) => ({
      ...own,
      query: (sql, values) => own.query<never>(sql, values).finally(() => looks++),
    }));
    early.runner.wake();
    await expect.poll(() => looks, { timeout: 30_000, interval: 10 }).toBeGreaterThanOrEqual(1);
    await early.runner.stop(5_000);
    expect((await bulk.action(planId)).doneCount, 'its lease holds').toBe(1_500);

    await bulk.expireLease(planId);
    const secondGate = createGate();
    const second = await bulk.startNode(dyingAfter(1, secondGate.passed));
    second.runner.wake();
    await expect.poll(async () => (await bulk.action(planId)).doneCount, { timeout: 30_000, interval: 10 }).toBe(2_000);
    // The first node resumes in the middle of the second's work.
    gate.open();
    await dying.runner.stop(5_000);
    expect((await bulk.action(planId)).doneCount).toBe(2_000);
    secondGate.open();
    const action = await bulk.untilStatus(planId, 'finished');
    expect(action).toMatchObject({ totalCount: 3_000, doneCount: 3_000, skippedCount: 0 });
    expect(await bulk.changes()).toEqual({ changes: 3_000, entries: 3_000 });
  });

  test('a node that is stopped gives its lease back, and the next one goes on at once', async () => {
    await bulk.insert(2_000);
    const { planId } = await planBulkAction(bulk.context, { action: 'retry', where: {} });
    await apply(planId);
    const gate = createGate();
    const leaving = await bulk.startNode(dyingAfter(1, gate.passed));
    leaving.runner.wake();
    await expect.poll(async () => (await bulk.action(planId)).doneCount, { timeout: 30_000, interval: 10 }).toBe(500);
    const stopping = leaving.runner.stop(5_000);
    gate.open();
    await stopping;
    expect(await bulk.action(planId)).toMatchObject({ leaseNodeId: null, leaseExpiresAt: null, doneCount: 1_000 });
    (await bulk.startNode()).runner.wake();
    expect(await bulk.untilStatus(planId, 'finished')).toMatchObject({ doneCount: 2_000 });
    expect(await bulk.changes()).toEqual({ changes: 2_000, entries: 2_000 });
  });

  test('two nodes that apply and run the same plan at once do each entry once', async () => {
    await bulk.insert(2_000);
    const { planId } = await planBulkAction(bulk.context, { action: 'retry', where: {} });
    const nodes = await Promise.all([bulk.startNode(), bulk.startNode()]);
    const outcomes = await Promise.allSettled(
      nodes.map(async ({ db, runner }) => {
        await applyBulkAction({ ...bulk.context, db }, { planId }).finally(() => runner.wake());
      }),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toHaveLength(1);
    expect(refused[0]).toBeInstanceOf(InvalidStateError);
    await bulk.untilStatus(planId, 'finished');
    expect(await bulk.changes()).toEqual({ changes: 2_000, entries: 2_000 });
  });
});

describe('taking back', () => {
  const state = () =>
    bulk.db.query(
      `SELECT id, status, next_retry_at, failed_at, cancelled_at, retry_count, encrypted_password
       FROM auth.queued_managed_account_creations ORDER BY id`,
    );

  test('a cancel restores waiting and failed entries as they were', async () => {
    await bulk.insert(700, { status: 'pending' });
    await bulk.insert(10);
    await bulk.insert(2, { hasPassword: false });
    const before = await state();
    const id = await carryOut({ action: 'cancel', where: {} });
    expect(await bulk.db.prisma.queuedCreation.count({ where: { status: 'cancelled' } })).toBe(712);
    await undo(id);
    expect(await state()).toEqual(before);
    expect(await bulk.action(id)).toMatchObject({ undoneCount: 712, keptCount: 0 });
    // The events of the undo name the caller who undid it, not the one who applied it.
    expect(
      await bulk.db.query(
        `SELECT event_type AS type, payload ->> 'actor' AS actor, count(*)::int AS count FROM auth.outbox_events
         WHERE payload ->> 'bulkActionId' = $1 GROUP BY 1, 2 ORDER BY 1`,
        [id],
      ),
    ).toEqual([
      { type: 'BulkActionFinished', actor: 'local', count: 1 },
      { type: 'BulkActionUndone', actor: 'bea', count: 1 },
      { type: 'ManagedAccountCreationCancelled', actor: 'local', count: 712 },
      { type: 'ManagedAccountCreationRestored', actor: 'bea', count: 712 },
    ]);
  });

  test('leaves and names what was touched since, what has no password and no name any more', async () => {
    const ids = await bulk.insert(7, { status: 'pending' });
    const [touched = '', destroyed = '', renamed = '', orphaned = '', gone = '', made = ''] = ids;
    const id = await carryOut({ action: 'cancel', entryIds: ids });
    const change = (set: string, entryId: string) =>
      bulk.db.query(`UPDATE auth.queued_managed_account_creations SET ${set} WHERE id = $1`, [entryId]);
    await change(`status = 'pending'`, touched);
    await change("encrypted_password = NULL, updated_at = updated_at + interval '1 second'", destroyed);
    await change('family_id = NULL', orphaned);
    // The entry was retried and completed meanwhile.
    await change("status = 'completed', encrypted_password = NULL, completed_at = now(), updated_at = now()", made);
    await bulk.db.query(
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name)
       SELECT family_id, username, full_name FROM auth.queued_managed_account_creations WHERE id = $1`,
      [renamed],
    );
    await bulk.db.query('DELETE FROM auth.queued_managed_account_creations WHERE id = $1', [gone]);
    await undo(id);
    expect(await bulk.skipped(id)).toEqual({
      [touched]: 'CHANGED',
      [destroyed]: 'PASSWORD_DESTROYED',
      [renamed]: 'USERNAME_TAKEN',
      [orphaned]: 'FAMILY_DELETED',
      [made]: 'COMPLETED',
    });
    expect(await bulk.action(id)).toMatchObject({ doneCount: 7, undoneCount: 1, keptCount: 6 });
  });

  test('a run-at change gets each its own instant back, but for one that changed since', async () => {
    const ids = await bulk.insert(20, { status: 'pending' });
    await bulk.db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = CASE WHEN id = $1 THEN NULL ELSE now() + random() * interval '1 day' END`,
      [ids[1]],
    );
    const before = await state();
    const runAt = new Date('2027-01-01T00:00:00.000Z');
    const id = await carryOut({ action: 'set_run_at', where: {}, runAt });
    expect(await bulk.db.prisma.queuedCreation.count({ where: { nextRetryAt: runAt, status: 'pending' } })).toBe(20);
    await undo(id);
    expect(await state()).toEqual(before);

    const again = await carryOut({ action: 'set_run_at', where: {}, runAt });
    await bulk.db.query(
      "UPDATE auth.queued_managed_account_creations SET updated_at = updated_at + interval '1 ms' WHERE id = $1",
      [ids[0]],
    );
    await undo(again);
    expect(await bulk.skipped(again)).toEqual({ [ids[0] ?? '']: 'CHANGED' });
  });

  test('is refused for a retry, an unknown id and after the window; a repeat changes nothing', async () => {
    const ids = await bulk.insert(2);
    const retry = await carryOut({ action: 'retry', entryIds: ids });
    await expect(tryUndo(retry)).rejects.toThrow(/cannot be undone/);
    await expect(tryUndo(ids[0] ?? '')).rejects.toThrow(NotFoundError);
    const cancel = await carryOut({ action: 'cancel', entryIds: ids });
    await expect(tryUndo(cancel, 0)).rejects.toThrow(/undo window/);
    expect(await tryUndo(cancel)).toEqual({ bulkActionId: cancel, isChanged: true });
    expect(await tryUndo(cancel)).toEqual({ bulkActionId: cancel, isChanged: false });
    (await bulk.startNode()).runner.wake();
    await bulk.untilStatus(cancel, 'undone');
    expect(await tryUndo(cancel, 0)).toEqual({ bulkActionId: cancel, isChanged: false });
  });
});
