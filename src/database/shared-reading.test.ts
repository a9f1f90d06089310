/** Which callers share a query, and how often one runs. The clock is fake. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { shareReading } from './shared-reading.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Queries that end when the test says so; each returns its number. */
function readings() {
  const begun: { end(): void; fail(error: Error): void }[] = [];
  const source = {};
  const read = shareReading(
    (_source: object) =>
      new Promise<number>((resolve, reject) => {
        const number = begun.length + 1;
        begun.push({ end: () => resolve(number), fail: reject });
      }),
  );
  return { begun, ask: () => read(source), askOther: () => read({}) };
}

test('who asks before it begins shares it; who asks while it is under way shares the next', async () => {
  const { begun, ask } = readings();
  const early = [ask(), ask(), ask()];
  await vi.advanceTimersByTimeAsync(1);
  const late = [ask(), ask()];
  await vi.advanceTimersByTimeAsync(10);
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  expect(await Promise.all(early)).toEqual([1, 1, 1]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(begun).toHaveLength(2);
  begun[1]?.end();
  expect(await Promise.all(late)).toEqual([2, 2]);
});

test('what is read from another database is not shared', async () => {
  const { begun, ask, askOther } = readings();
  const both = [ask(), askOther()];
  await vi.advanceTimersByTimeAsync(1);
  for (const { end } of begun) end();
  expect(await Promise.all(both)).toEqual([1, 2]);
});

test('a failure reaches all who shared it, and is not kept', async () => {
  const { begun, ask } = readings();
  const shared = Promise.allSettled([ask(), ask()]);
  await vi.advanceTimersByTimeAsync(1);
  begun[0]?.fail(new Error('away'));
  expect((await shared).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  const again = ask();
  await vi.advanceTimersByTimeAsync(1_000);
  begun[1]?.end();
  expect(await again).toBe(2);
});

const COSTS = [
  [10, 30],
  [200, 600],
  [5_000, 1_000],
] as const;

test.each(COSTS)(
  'after a reading of %i ms the next begins at once, though it would have %i ms to rest',
  async (tookMs) => {
    const { begun, ask } = readings();
    const first = ask();
    await vi.advanceTimersByTimeAsync(tookMs);
    begun[0]?.end();
    await first;
    void ask();
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toHaveLength(2);
  },
);

test.each(COSTS)(
  'readings of %i ms that are asked for all the time rest %i ms each, but for a second',
  async (tookMs, restMs) => {
    const { begun, ask } = readings();
    const begins = performance.now();
    const COUNT = 40;
    for (let number = 0; number < COUNT; number++) {
      const answer = ask();
      while (begun.length <= number) await vi.advanceTimersByTimeAsync(1);
      await vi.advanceTimersByTimeAsync(tookMs);
      begun[number]?.end();
      await answer;
    }
    const rested = performance.now() - begins - COUNT * tookMs;
    const owed = (COUNT - 1) * restMs - 1_000;
    expect(rested).toBeGreaterThanOrEqual(owed - COUNT);
    // Timers count in whole milliseconds: a query may take one more, and so may the rest after it.
    expect(rested).toBeLessThanOrEqual(owed + COUNT * (restMs / tookMs + 1));
  },
);
