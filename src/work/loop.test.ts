import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { within } from '../within.ts';
import { type Loop, type LoopOptions, loop, UNTIL_WOKEN } from './loop.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Runs everything that is due now. */
const settle = () => vi.advanceTimersByTimeAsync(0);

/** A loop whose turns end when the test calls `end` or `fail`, with the result that the test passes. */
function start(options: Partial<LoopOptions> = {}) {
  const begun: number[] = [];
  const warnings: string[] = [];
  let answer: { resolve(ms: number): void; reject(error: Error): void } | undefined;
  const tested: Loop = loop({
    name: 'Looking',
    outage: { warn: (_error, message) => warnings.push(message) },
    once: () =>
      new Promise((resolve, reject) => {
        begun.push(performance.now() - from);
        answer = { resolve, reject };
      }),
    ...options,
  });
  const from = performance.now();
  return {
    ...tested,
    begun,
    warnings,
    async end(nextMs = UNTIL_WOKEN) {
      answer?.resolve(nextMs);
      await settle();
    },
    async fail() {
      answer?.reject(new Error('away'));
      await settle();
    },
  };
}

describe('a loop', () => {
  it('does nothing until it is woken, and begins then at once', () => {
    const { begun, wake } = start();
    expect(begun).toEqual([]);
    wake();
    expect(begun).toEqual([0]);
  });

  it('makes one more turn of all the wakes that came during one', async () => {
    const { begun, wake, end, isWoken } = start();
    wake();
    expect(isWoken()).toBe(false);
    wake();
    wake();
    expect(isWoken()).toBe(true);
    expect(begun.length).toBe(1);
    await end();
    expect(begun.length).toBe(2);
    await end();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(begun.length).toBe(2);
  });

  it('goes on at once while there is more to do', async () => {
    const { begun, wake, end } = start({ gatherMs: 50 });
    wake();
    await end(0);
    await end(0);
    expect(begun).toEqual([0, 0, 0]);
  });

  it('sleeps as long as the last turn answered, unless it is woken', async () => {
    const { begun, wake, end } = start();
    wake();
    await end(500);
    await vi.advanceTimersByTimeAsync(499);
    expect(begun).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toEqual([0, 500]);
    await end(500);
    await vi.advanceTimersByTimeAsync(100);
    wake();
    expect(begun).toEqual([0, 500, 600]);
    // The delay that the earlier turn returned no longer applies.
    await end(10_000);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(begun.length).toBe(3);
  });

  it('sleeps longer than a timer can', async () => {
    const { begun, wake, end } = start();
    wake();
    await end(2 ** 31 + 1_000);
    await vi.advanceTimersByTimeAsync(2 ** 31);
    expect(begun.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(begun).toEqual([0, 2 ** 31 + 1_000]);
  });

  it('is woken at the earliest instant that was asked for, and forgets the later ones then', async () => {
    const { begun, wakeIn, end } = start();
    wakeIn(300);
    wakeIn(200);
    wakeIn(400);
    await vi.advanceTimersByTimeAsync(200);
    expect(begun).toEqual([200]);
    await end();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(begun).toEqual([200]);
  });

  it('keeps a later wake while a turn comes before it that nobody woke', async () => {
    const { begun, wake, wakeIn, end } = start();
    wake();
    wakeIn(200);
    await end(100);
    await vi.advanceTimersByTimeAsync(100);
    await end();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(begun).toEqual([0, 100, 200]);
  });

  it('gathers the wakes that come soon after a turn', async () => {
    const { begun, wake, end } = start({ gatherMs: 50 });
    wake();
    wake();
    await end();
    wake();
    await vi.advanceTimersByTimeAsync(49);
    wake();
    expect(begun).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toEqual([0, 50]);
    await end();
    await vi.advanceTimersByTimeAsync(50);
    wake();
    expect(begun).toEqual([0, 50, 100]);
  });

  it('rests after a fault, woken or not, and says so', async () => {
    const { begun, wake, fail, warnings } = start({ retryMs: 2_000 });
    wake();
    wake();
    await fail();
    wake();
    await vi.advanceTimersByTimeAsync(1_999);
    expect(begun).toEqual([0]);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toEqual([0, 2_000]);
    expect(warnings).toEqual(['Looking failed; trying again in 2 s']);
  });

  it('takes a turn that throws before it begins for a fault like any other', async () => {
    let tries = 0;
    const { wake } = start({
      once: () => {
        tries++;
        throw new Error('broken');
      },
    });
    wake();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(tries).toBe(2);
  });

  it('begins nothing after it was stopped, and waits for the turn in hand', async () => {
    const { begun, wake, wakeIn, stop, end } = start();
    wake();
    wake();
    wakeIn(10);
    let isStopped = false;
    const stopped = stop().then(() => {
      isStopped = true;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(isStopped).toBe(false);
    await end(0);
    await stopped;
    wake();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(begun.length).toBe(1);
  });

  it('waits no longer for it than it may, and lets it know', async () => {
    let signal: AbortSignal | undefined;
    const { wake, stop } = start({
      once: (stopping) => {
        signal = stopping;
        return new Promise(() => undefined);
      },
    });
    wake();
    expect(signal?.aborted).toBe(false);
    const stopped = stop(5_000);
    expect(signal?.aborted).toBe(true);
    await vi.advanceTimersByTimeAsync(5_000);
    await stopped;
  });
});

describe('waiting within a time', () => {
  it('ends with the work, whether it succeeds or not', async () => {
    expect(await within(1_000)).toBe(true);
    expect(await within(1_000, Promise.resolve(1), undefined, Promise.reject(new Error('no')))).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('ends with the time', async () => {
    const waited = within(1_000, Promise.resolve(1), new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await waited).toBe(false);
  });
});
