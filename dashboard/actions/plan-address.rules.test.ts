import { expect, it } from 'vitest';
import { planAddress } from './plan-address.rules.ts';

it('leads to the plan of exactly the entries that are meant', () => {
  expect(planAddress('planBulkAction', { action: 'RETRY', filter: { failureGroup: 'a b' } })).toBe(
    '/queue?plan=retry&failureGroup=a+b',
  );
  expect(planAddress('planBulkAction', { action: 'SET_RUN_AT', filter: { status: ['FAILED', 'PENDING'] } })).toBe(
    '/queue?plan=set-run-at&state=FAILED&state=PENDING',
  );
});

it('leaves other cures to their own buttons', () => {
  expect(planAddress('retryEntry', { entryId: 'x' })).toBeUndefined();
  expect(planAddress('planBulkAction', null)).toBeUndefined();
});
