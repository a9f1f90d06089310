import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChainedTimes, createLatenessCheck, LATEST_MS } from './lateness.rules.ts';

const MINUTE = 60_000;
const firstLate = (rows: readonly ChainedTimes[]): ChainedTimes | undefined => {
  const check = createLatenessCheck();
  for (const row of rows) {
    const late = check(row);
    if (late !== undefined) return late;
  }
  return undefined;
};
const rowsAt = (times: readonly (readonly [at: number, chainedAt: number])[]): ChainedTimes[] =>
  times.map(([at, chainedAt], sequence) => ({ sequence, at: at * MINUTE, chainedAt: chainedAt * MINUTE }));

describe('lateness', () => {
  it('is not told of rows that were chained soon, nor of what a server that stopped had left', () => {
    expect(
      firstLate(
        rowsAt([
          [0, 0],
          [1, 1],
          [500, 500],
          [501, 501],
        ]),
      ),
    ).toBeUndefined();
    expect(
      firstLate(
        rowsAt([
          [0, 0],
          [1, 5_000],
          [2, 5_000],
          [5_000, 5_000],
          [5_001, 5_001],
        ]),
      ),
    ).toBeUndefined();
  });

  it('is not told of a transaction that took an hour', () => {
    expect(
      firstLate(
        rowsAt([
          [0, 59],
          [58, 59],
          [59, 60],
        ]),
      ),
    ).toBeUndefined();
  });

  it('is told of rows that were chained anew', () => {
    const days = rowsAt(Array.from({ length: 10 }, (_, day) => [day * 1_440, 20_000 + day / 100] as const));
    expect(firstLate(days)?.sequence).toBe(0);
    const part = days.map((row, index) => (index < 5 ? { ...row, chainedAt: row.at + 1 } : row));
    expect(firstLate(part)?.sequence).toBe(5);
  });

  /** Rows in the order of places; unless `isOrdered`, some were signed before those in front of them. */
  const trail = (isOrdered: boolean) =>
    fc.array(fc.tuple(fc.nat({ max: 300 }), fc.nat({ max: 200 }), fc.boolean()), { maxLength: 40 }).map((steps) => {
      let now = 0;
      let chainedAt = 0;
      return rowsAt(
        steps.map(([pause, delay, isEarlier]) => {
          now += pause;
          const at = isEarlier && !isOrdered ? Math.max(0, now - delay) : now;
          chainedAt = Math.max(chainedAt, at + delay);
          return [at, chainedAt] as const;
        }),
      );
    });
  const isAnyLate = (rows: readonly ChainedTimes[]) =>
    rows.some(({ at, chainedAt }, index) =>
      rows.slice(index + 1).some((later) => at + LATEST_MS < later.at && later.at < chainedAt),
    );

  it('is what comparing every row with every later one says, where rows were signed in order', () => {
    fc.assert(
      fc.property(trail(true), (rows) => {
        expect(firstLate(rows) !== undefined).toBe(isAnyLate(rows));
      }),
      { numRuns: 300 },
    );
  });

  it('is told of none that was not late, in whatever order they were signed', () => {
    fc.assert(
      fc.property(trail(false), (rows) => {
        fc.pre(!isAnyLate(rows));
        expect(firstLate(rows)).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });
});
