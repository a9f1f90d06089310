import fc from 'fast-check';
import { expect, it } from 'vitest';
import { inSteps } from './forecast.rules.ts';

const NOW = Date.parse('2026-11-26T10:10:00Z');
const HALF_HOUR = 1_800_000;

it('puts minutes into the steps that hold them, from the one that has begun', () => {
  const steps = inSteps(
    [
      { startsAt: '2026-11-26T10:10:00Z', count: 1 },
      { startsAt: '2026-11-26T10:29:00Z', count: 2 },
      { startsAt: '2026-11-26T10:30:00Z', count: 4 },
      { startsAt: '2026-11-26T12:00:00Z', count: 8 },
    ],
    NOW,
    HALF_HOUR,
    3,
  );
  expect(steps.map(({ count }) => count)).toEqual([3, 4, 0]);
  expect(steps[0]?.at).toBe(Date.parse('2026-11-26T10:00:00Z'));
});

it('loses none within its span', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ minute: fc.integer({ min: 0, max: 1_439 }), count: fc.integer({ min: 1, max: 99 }) })),
      (list) => {
        const minutes = list.map(({ minute, count }) => ({
          startsAt: new Date(NOW + minute * 60_000).toISOString(),
          count,
        }));
        const total = (counts: readonly { count: number }[]): number =>
          counts.reduce((sum, { count }) => sum + count, 0);
        expect(total(inSteps(minutes, NOW, HALF_HOUR, 49))).toBe(total(minutes));
      },
    ),
  );
});
