/** Planning: which entries are included, which are excluded and why, and that a plan changes nothing. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Plan, planBulkAction } from '../../src/accounts/bulk/bulk-plan.ts';
import { cancelProblem, retryProblem } from '../../src/accounts/entry.rules.ts';
import { entryCondition } from '../../src/accounts/entry-queries.graphql.ts';
import type { EntryStatus } from '../../src/database/generated/prisma/enums.ts';
import { deletions } from '../../src/retention/retention.ts';
import { type BulkTest, createBulkTest } from '../support/bulk.ts';
import { as } from '../support/context.ts';

let bulk: BulkTest;
beforeAll(async () => {
  bulk = await createBulkTest();
});
afterAll(() => bulk.close());
beforeEach(() => bulk.reset());

const countsOf = (plan: Plan) => Object.fromEntries(plan.exclusions.map(({ code, count }) => [code, count]));

describe('a plan', () => {
  test('of 5,000 entries, with every reason for leaving one out of a retry', async () => {
    const { db } = bulk;
    const good = await bulk.insert(5_000);
    const [completed] = await bulk.insert(1, { status: 'completed' });
    const processing = await bulk.insert(2, { status: 'processing' });
    const destroyed = await bulk.insert(3, { hasPassword: false });
    const orphaned = await bulk.insert(1, { hasFamily: false });
    const ofUser = await bulk.insert(1, { username: 'Taken_By_User' });
    await db.query(
      `INSERT INTO auth.users (family_id, username, full_name, role) VALUES ($1, 'taken_by_user', 'Ulf User', 'member')`,
      [bulk.familyId],
    );
    const ofEntry = await bulk.insert(1, { username: 'taken_by_entry' });
    await bulk.insert(1, { username: 'TAKEN_BY_ENTRY', status: 'pending' });
    const unknown = [randomUUID(), randomUUID()];
    const others = [...processing, ...destroyed, ...orphaned, ...ofUser, ...ofEntry, ...unknown];

    const before = await db.query('SELECT * FROM auth.queued_managed_account_creations ORDER BY id');
    const entryIds = [...good, completed ?? '', ...others, ...good.slice(0, 50)];
    const plan = await planBulkAction(bulk.context, {
      action: 'retry',
      entryIds,
      reason: 'mended',
    });

    expect(plan.count).toBe(5_000);
    expect(plan.sampleIds).toEqual(good.slice(0, 10));
    expect(countsOf(plan)).toEqual({
      COMPLETED: 1,
      PROCESSING: 2,
      PASSWORD_DESTROYED: 3,
      FAMILY_DELETED: 1,
      USERNAME_TAKEN: 2,
      NOT_FOUND: 2,
    });
    const named = new Map(plan.exclusions.map((one) => [one.code, one]));
    expect(named.get('USERNAME_TAKEN')?.entryIds).toEqual([...ofUser, ...ofEntry]);
    expect(named.get('NOT_FOUND')?.entryIds).toEqual(unknown);
    expect(await db.query('SELECT * FROM auth.queued_managed_account_creations ORDER BY id')).toEqual(before);
    const stored = await bulk.action(plan.planId);
    expect(stored).toMatchObject({ status: 'planned', totalCount: 5_000, reason: 'mended', actor: 'local' });
    expect(stored.expiresAt).toEqual(plan.expiresAt);
    const lines = await db.prisma.bulkActionEntry.findMany({
      where: { bulkActionId: plan.planId },
      orderBy: { position: 'asc' },
    });
    expect(lines.map(({ entryId }) => entryId)).toEqual(good);
    expect(lines.map(({ position }) => position)).toEqual(good.map((_, index) => index + 1));
  });

  test('of a cancel and of a run-at change leave out for reasons of their own', async () => {
    const pending = await bulk.insert(2, { status: 'pending' });
    const failed = await bulk.insert(3);
    const open = await bulk.insert(1, { status: 'pending', needsLookup: true });
    const cancelled = await bulk.insert(2, { status: 'cancelled' });
    await bulk.insert(1, { status: 'completed' });
    await bulk.insert(1, { status: 'processing' });

    const cancel = await planBulkAction(bulk.context, { action: 'cancel', where: {} });
    expect(cancel.count).toBe(5);
    expect(countsOf(cancel)).toEqual({ OUTCOME_UNKNOWN: 1, ALREADY_CANCELLED: 2, COMPLETED: 1, PROCESSING: 1 });
    expect(cancel.exclusions.find(({ code }) => code === 'OUTCOME_UNKNOWN')?.entryIds).toEqual(open);

    const entryIds = [...pending, ...failed, ...open, ...cancelled];
    const runAt = await planBulkAction(bulk.context, {
      action: 'set_run_at',
      entryIds,
      runAt: new Date(),
    });
    expect(runAt.count).toBe(3);
    expect(countsOf(runAt)).toEqual({ NOT_PENDING: 5 });
  });

  test('judges as the rules for one entry do, whatever its state', async () => {
    const statuses: EntryStatus[] = ['pending', 'processing', 'completed', 'failed', 'cancelled'];
    for (const status of statuses) {
      const passwords = [
        { hasPassword: true, isSealed: true },
        { hasPassword: true, isSealed: false },
        { hasPassword: false, isSealed: false },
      ];
      for (const password of passwords.slice(status === 'completed' ? 2 : 0)) {
        for (const hasFamily of [true, false]) {
          const shape = { status, ...password, hasFamily };
          const entryIds = await bulk.insert(1, password.isSealed ? shape : { ...shape, password: 'by hand' });
          // The number of open plans per caller is limited, so use a separate caller.
          const planner = as(bulk.context, JSON.stringify(shape));
          const retry = await planBulkAction(planner, { action: 'retry', entryIds });
          expect(retry.count === 1, JSON.stringify(shape)).toBe(retryProblem(shape, false) === undefined);
          const cancel = await planBulkAction(planner, { action: 'cancel', entryIds });
          const isCancellable = status !== 'cancelled' && cancelProblem(status) === undefined;
          expect(cancel.count === 1, JSON.stringify(shape)).toBe(isCancellable);
        }
      }
    }
  });

  test('by filter names what the listing shows for it', async () => {
    const some = await bulk.insert(30);
    await bulk.insert(20, { status: 'pending' });
    await bulk.insert(5, { username: 'listed', status: 'cancelled' });
    for (const filter of [
      {},
      { status: ['failed' as const] },
      { username: { startsWith: 'bulk_' }, status: ['pending' as const, 'failed' as const] },
      { errorCode: { equals: 'PROVIDER_UNAVAILABLE' }, familyId: bulk.familyId },
      { dueNow: true },
      { entryIds: some.slice(0, 7) },
      { entryIds: [] },
    ]) {
      const where = entryCondition(filter, new Date());
      const listed = await bulk.db.prisma.queuedCreation.findMany({ where, select: { id: true } });
      const plan = await planBulkAction(bulk.context, { action: 'cancel', where });
      const lines = await bulk.db.prisma.bulkActionEntry.findMany({ where: { bulkActionId: plan.planId } });
      const excluded = plan.exclusions.reduce((sum, { count }) => sum + count, 0);
      expect(plan.count + excluded, JSON.stringify(filter)).toBe(listed.length);
      expect(listed.map(({ id }) => id)).toEqual(expect.arrayContaining(lines.map(({ entryId }) => entryId)));
      expect(lines.length).toBe(plan.count);
    }
  });

  test('estimates a retry from the accounts made in the last minutes, and says nothing without them', async () => {
    const entryIds = await bulk.insert(100);
    expect((await planBulkAction(bulk.context, { action: 'retry', entryIds })).estimatedMs).toBeNull();
    await bulk.db.query(
      `INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, started_at, finished_at)
       SELECT $1, n, 'succeeded', date_trunc('second', now()) - interval '3 seconds', date_trunc('second', now()) - interval '1 second'
       FROM generate_series(1, 40) n`,
      [entryIds[0]],
    );
    // At 40 accounts in two seconds, 100 take five seconds.
    expect((await planBulkAction(bulk.context, { action: 'retry', entryIds })).estimatedMs).toBe(5_000);
    await bulk.db.query('UPDATE auth.queue_limits SET starts_per_second = 10');
    expect((await planBulkAction(bulk.context, { action: 'retry', entryIds })).estimatedMs).toBe(10_000);
    await bulk.db.query('UPDATE auth.queue_limits SET starts_per_second = NULL');
    expect((await planBulkAction(bulk.context, { action: 'cancel', entryIds })).estimatedMs).toBeNull();
  });

  test('goes an hour after it expired, an applied one never', async () => {
    const entryIds = await bulk.insert(10);
    const old = await planBulkAction(bulk.context, { action: 'retry', entryIds });
    const fresh = await planBulkAction(bulk.context, { action: 'retry', entryIds });
    const applied = await planBulkAction(bulk.context, { action: 'cancel', entryIds });
    await bulk.db.query(
      `UPDATE auth.bulk_actions SET expires_at = now() - interval '2 hours' WHERE id = ANY($1::uuid[])`,
      [[old.planId, applied.planId]],
    );
    await bulk.db.query(`UPDATE auth.bulk_actions SET status = 'finished' WHERE id = $1`, [applied.planId]);
    for (const { name, after, delete: remove } of deletions({ prune: async () => 0 }))
      if (name.startsWith('expiredPlan')) await remove(bulk.db, Number(after), 1_000);
    const left = await bulk.db.prisma.bulkAction.findMany({ include: { entries: true } });
    expect(new Map(left.map(({ id, entries }) => [id, entries.length]))).toEqual(
      new Map([
        [fresh.planId, 10],
        [applied.planId, 10],
      ]),
    );
  });
});
