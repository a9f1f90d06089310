import { expect, it } from 'vitest';
import { createIntents, planAddress } from './address.rules.ts';

it('has one key for each input until there is an answer, and another one then', () => {
  let made = 0;
  const intentOf = createIntents(() => `key ${++made}`);
  const first = intentOf('runJobNow', { jobName: 'a' });
  expect(intentOf('runJobNow', { jobName: 'a' }).key).toBe('key 1');
  expect(intentOf('runJobNow', { jobName: 'b' }).key).toBe('key 2');
  expect(intentOf('pauseJob', { jobName: 'a' }).key).toBe('key 3');
  first.answered();
  expect(intentOf('runJobNow', { jobName: 'a' }).key).toBe('key 4');
  // A second answer to the first intent does not release the next intent's key.
  first.answered();
  expect(intentOf('runJobNow', { jobName: 'a' }).key).toBe('key 4');
});

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
