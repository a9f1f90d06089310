import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { measuredSpeed, type Spell, speedWithin, timeFor } from './queue-forecast.rules.ts';

const NOW = Date.UTC(2027, 2, 28, 0, 30, 20);
const spell = (startMs: number, endMs: number, count: number): Spell => ({
  startedAt: new Date(NOW + startMs),
  finishedAt: new Date(NOW + endMs),
  count,
});

describe('the measured speed', () => {
  it('counts the time in which attempts were under way, once', () => {
    expect(measuredSpeed([])).toBeNull();
    expect(measuredSpeed([spell(-10_000, -8_000, 40)])?.perSecond).toBe(20);
    // Overlapping, out of order, and with a pause between.
    const spells = [spell(-4_000, -2_000, 30), spell(-100_000, -99_000, 20), spell(-5_000, -3_000, 30)];
    expect(measuredSpeed(spells)).toEqual({ perSecond: 20, count: 80, busyMs: 4_000 });
    expect(measuredSpeed([spell(-5, -5, 1)])?.perSecond).toBe(1_000);
  });

  it('is above zero, and no time is counted twice', () => {
    const some = fc.tuple(fc.nat(300_000), fc.nat(10_000), fc.integer({ min: 1, max: 2_000 }));
    fc.assert(
      fc.property(fc.array(some, { minLength: 1, maxLength: 30 }), (list) => {
        const measured = measuredSpeed(list.map(([from, length, n]) => spell(-from - length, -from, n)));
        expect(measured?.perSecond).toBeGreaterThan(0);
        expect(measured?.busyMs).toBeLessThanOrEqual(310_000);
      }),
    );
  });
});

describe('the time that attempts take', () => {
  const measured = measuredSpeed([spell(-10_000, 0, 200)]);

  it('is their count at the measured speed, or at the limit below it', () => {
    expect(timeFor(4_000, measured, null)).toBe(200_000);
    expect(timeFor(4_000, measured, 100)).toBe(200_000);
    expect(timeFor(4_000, measured, 10)).toBe(400_000);
    expect(timeFor(4_000, null, 10)).toBeNull();
  });

  it('grows with their count, and a limit never shortens it', () => {
    const size = fc.integer({ min: 0, max: 1_000_000 });
    const limit = fc.option(fc.integer({ min: 1, max: 100_000 }));
    fc.assert(
      fc.property(size, size, limit, fc.integer({ min: 1, max: 300_000 }), (one, other, startsPerSecond, busyMs) => {
        const speed = { perSecond: 1_000 / busyMs, count: 1, busyMs };
        expect(speedWithin(speed, startsPerSecond)).toBeGreaterThan(0);
        const [less, more] = [Math.min(one, other), Math.max(one, other)].map((n) =>
          timeFor(n, speed, startsPerSecond),
        );
        expect(more).toBeGreaterThanOrEqual(less ?? Number.NaN);
        expect(more).toBeGreaterThanOrEqual(timeFor(Math.max(one, other), speed, null) ?? Number.NaN);
      }),
    );
  });
});
