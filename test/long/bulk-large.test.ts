/**
 * 100,000 entries: planned and applied in seconds, without a long statement or transaction. The bounds are
 * generous, because the machine may be busy; a failure prints the measurements.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyBulkAction } from '../../src/accounts/bulk/bulk-apply.ts';
import { planBulkAction } from '../../src/accounts/bulk/bulk-plan.ts';
import type { Database } from '../../src/database/database.ts';
import { type BulkTest, createBulkTest } from '../support/bulk.ts';

const COUNT = 100_000;
let bulk: BulkTest;
beforeAll(async () => {
  bulk = await createBulkTest();
}, 60_000);
afterAll(() => bulk.close());

/** Measures the longest transaction or statement of a handle, in milliseconds. */
function measured(db: Database): { db: Database; longest(): number } {
  let longest = 0;
  const timed = async <T>(work: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    try {
      return await work();
    } finally {
      longest = Math.max(longest, performance.now() - begun);
    }
  };
  return {
    longest: () => longest,
    db: {
      ...db,
      query: (sql, values) => timed(() => db.query(sql, values)),
      transaction: (run) => timed(() => db.transaction(run)),
    },
  };
}

test('100,000 entries are planned and applied in batches', { timeout: 180_000 }, async () => {
  await bulk.insert(COUNT);
  const planning = measured(bulk.db);
  const begun = performance.now();
  const plan = await planBulkAction(
    { ...bulk.context, db: planning.db },
    {
      action: 'retry',
      where: { status: 'failed' },
    },
  );
  const planMs = performance.now() - begun;
  expect(plan.count).toBe(COUNT);

  let applying = measured(bulk.db);
  const node = await bulk.startNode((own) => {
    applying = measured(own);
    return applying.db;
  });
  const applied = performance.now();
  await applyBulkAction(bulk.context, { planId: plan.planId });
  node.runner.wake();
  const action = await bulk.untilStatus(plan.planId, 'finished');
  const applyMs = performance.now() - applied;
  expect(action).toMatchObject({ doneCount: COUNT, skippedCount: 0 });
  expect(await bulk.changes()).toEqual({ changes: COUNT, entries: COUNT });

  const figures = { planMs, longestPlanMs: planning.longest(), applyMs, longestApplyMs: applying.longest() };
  expect(figures.longestPlanMs, JSON.stringify(figures)).toBeLessThan(3_000);
  expect(figures.longestApplyMs, JSON.stringify(figures)).toBeLessThan(3_000);
  expect(figures.planMs, JSON.stringify(figures)).toBeLessThan(60_000);
  expect(figures.applyMs, JSON.stringify(figures)).toBeLessThan(60_000);
});
