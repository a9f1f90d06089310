import { expect, it } from 'vitest';
import { createIntents } from './intents.rules.ts';

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
