import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRateLimit } from './rate-limit.ts';

function setUp(perSecond: number, burst: number) {
  let at = 0;
  const take = createRateLimit({ perSecond, burst, now: () => at });
  return {
    take,
    pass(ms: number) {
      at += ms;
    },
  };
}

it('lets a burst through and not one more, and says how long to wait', () => {
  const { take, pass } = setUp(10, 5);
  expect(Array.from({ length: 5 }, () => take('a'))).toEqual(Array(5).fill(undefined));
  expect(take('a')).toBe(100);
  expect(take('b')).toBeUndefined();
  pass(99);
  expect(take('a')).toBeCloseTo(1);
  pass(1);
  expect(take('a')).toBeUndefined();
  expect(take('a')).toBe(100);
});

it('never lets more through than the burst and what time brought, whatever the pattern', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 200 }),
      (perSecond, burst, pauses) => {
        const { take, pass } = setUp(perSecond, burst);
        let passed = 0;
        let elapsed = 0;
        for (const ms of pauses) {
          pass(ms);
          elapsed += ms;
          if (take('a') === undefined) passed += 1;
          expect(passed).toBeLessThanOrEqual(burst + (elapsed / 1_000) * perSecond + 1e-6);
        }
        // A caller that waits for the given time gets through.
        const wait = take('a');
        if (wait !== undefined) {
          pass(wait + 1e-6);
          expect(take('a')).toBeUndefined();
        }
      },
    ),
  );
});

it('remembers a bounded number of callers, the last ones', () => {
  const { take } = setUp(1, 1);
  take('patient');
  for (let n = 0; n < 9_999; n++) take(`caller ${n}`);
  expect(take('patient')).toBeGreaterThan(0);
  for (let n = 0; n < 10_000; n++) take(`another ${n}`);
  expect(take('patient')).toBeUndefined();
});
