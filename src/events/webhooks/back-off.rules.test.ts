import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  FIRST_WAIT_MS,
  LONGEST_WAIT_MS,
  longestWaitMs,
  nextAttemptAt,
  retryAfterMs,
  SHORTEST_WAIT_MS,
} from './back-off.rules.ts';

const BEGUN = new Date('2026-11-25T00:00:00Z');
const DAY = 86_400_000;

/** Returns the times of all attempts of a series that never succeeds, in milliseconds since the first. */
function series(random: () => number, windowMs = DAY): number[] {
  const at = [0];
  for (;;) {
    const now = new Date(BEGUN.getTime() + (at.at(-1) ?? 0));
    const next = nextAttemptAt(
      { startedAt: BEGUN, attemptCount: at.length },
      { now, random: random(), windowMs, retryAfterMs: null },
    );
    if (next === undefined) return at;
    at.push(next.getTime() - BEGUN.getTime());
  }
}

describe('a series', () => {
  it('lasts the whole window, to its end, whatever the dice say', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
        fc.integer({ min: 60_000, max: 3 * DAY }),
        (dice, windowMs) => {
          const at = series(() => Math.max(0.05, dice.next().value), windowMs);
          expect(at.at(-1)).toBeGreaterThanOrEqual(windowMs);
          expect(at.at(-1)).toBeLessThan(windowMs + 2 * SHORTEST_WAIT_MS);
          for (const [index, one] of at.entries()) {
            const wait = one - (at[index - 1] ?? Number.NEGATIVE_INFINITY);
            expect(wait).toBeGreaterThan(0);
            if (index > 0) expect(wait).toBeLessThanOrEqual(Math.max(SHORTEST_WAIT_MS, longestWaitMs(index)));
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('doubles its waits from 5 s to 3 h', () => {
    const at = series(() => 1 - Number.EPSILON);
    const waits = at.slice(1).map((one, index) => one - (at[index] ?? 0));
    expect(waits.slice(0, 12)).toEqual(
      [5, 10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_120, 10_240].map((s) => s * 1_000),
    );
    expect(waits.slice(12, 15)).toEqual([LONGEST_WAIT_MS, LONGEST_WAIT_MS, LONGEST_WAIT_MS]);
    expect(at).toHaveLength(20);
  });

  it('spreads what failed together over the whole wait', () => {
    const at = (random: number) =>
      (nextAttemptAt(
        { startedAt: BEGUN, attemptCount: 8 },
        { now: BEGUN, random, windowMs: DAY, retryAfterMs: null },
      )?.getTime() ?? 0) - BEGUN.getTime();
    expect([0, 0.25, 0.5, 0.75].map(at)).toEqual([SHORTEST_WAIT_MS, 160_000, 320_000, 480_000]);
    expect(longestWaitMs(8)).toBe(FIRST_WAIT_MS * 128);
  });
});

describe('a receiver’s wish', () => {
  const waited = (wish: number | null, now = BEGUN) =>
    (nextAttemptAt(
      { startedAt: BEGUN, attemptCount: 1 },
      { now, random: 0.5, windowMs: DAY, retryAfterMs: wish },
    )?.getTime() ?? 0) - now.getTime();
  it('lengthens a wait, up to 3 h, and never shortens one', () => {
    expect(waited(null)).toBe(2_500);
    expect(waited(60_000)).toBe(60_000);
    expect(waited(1_000)).toBe(2_500);
    expect(waited(10 * DAY)).toBe(LONGEST_WAIT_MS);
    expect(waited(-5)).toBe(2_500);
  });
  it('does not put the last try off beyond the window', () => {
    expect(waited(3_600_000, new Date(BEGUN.getTime() + DAY - 60_000))).toBe(60_000);
  });
  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['Wed, 25 Nov 2026 00:01:00 GMT', 60_000],
    ['Tue, 24 Nov 2026 00:00:00 GMT', 0],
    ['soon', null],
    ['-1', null],
    [undefined, null],
  ])('is read from %s', (header, ms) => {
    expect(retryAfterMs(header, BEGUN)).toBe(ms);
  });
});
