import { describe, expect, it } from 'vitest';
import { createRefreshing, gather, summarise } from './batches.rules.ts';

const entries = (size: number) =>
  Array.from({ length: size }, (_, key) => ({ subject: 'QUEUED_CREATION', kind: 'UPDATED', key: `${key}` }) as const);

it('says what happened while nobody listened, each object once and large numbers in groups', () => {
  const alert = { subject: 'ALERT', kind: 'CREATED', key: 'a' } as const;
  expect(summarise(gather([]))).toBe('');
  expect(summarise(gather([alert, alert]))).toBe('1 alert');
  expect(summarise(gather([...entries(3_668), alert]))).toMatch(/^3\D668 entries and 1 alert$/);
});

/** A clock that the test advances, and a server that takes `takesMs` to respond. */
function stage(takesMs: number) {
  let now = 0;
  let timers: { at: number; call: () => void }[] = [];
  const asked: number[] = [];
  const after = (ms: number, call: () => void) => {
    const timer = { at: now + ms, call };
    timers.push(timer);
    return () => {
      timers = timers.filter((other) => other !== timer);
    };
  };
  const refreshing = createRefreshing(
    () => {
      asked.push(now);
      refreshing.isBusy(true);
      after(takesMs, () => refreshing.isBusy(false));
    },
    { now: () => now, after },
  );
  const goTo = (at: number): void => {
    for (;;) {
      const [next] = timers.filter((timer) => timer.at <= at).sort((one, other) => one.at - other.at);
      if (next === undefined) break;
      timers = timers.filter((other) => other !== next);
      now = next.at;
      next.call();
    }
    now = at;
  };
  return { refreshing, asked, goTo };
}

describe('asking again', () => {
  it('asks at once when it was quiet, and once for all that comes within a second', () => {
    const { refreshing, asked, goTo } = stage(20);
    refreshing.want();
    for (const at of [100, 300, 900]) {
      goTo(at);
      refreshing.want();
    }
    goTo(10_000);
    expect(asked).toEqual([0, 1_000]);
  });

  it('lets a slow answer arrive under constant changes, and asks once more after it', () => {
    const { refreshing, asked, goTo } = stage(1_500);
    for (let at = 0; at <= 6_000; at += 100) {
      goTo(at);
      refreshing.want();
    }
    goTo(20_000);
    expect(asked).toEqual([0, 1_500, 3_000, 4_500, 6_000, 7_500]);
  });

  it('waits for an answer that somebody else asked for', () => {
    const { refreshing, asked, goTo } = stage(20);
    refreshing.isBusy(true);
    goTo(2_000);
    refreshing.want();
    goTo(3_000);
    expect(asked).toEqual([]);
    refreshing.isBusy(false);
    expect(asked).toEqual([3_000]);
  });

  it('gives up an answer that never comes', () => {
    const { refreshing, asked, goTo } = stage(1_000_000);
    refreshing.want();
    goTo(5_000);
    refreshing.want();
    goTo(29_999);
    expect(asked).toEqual([0]);
    goTo(30_000);
    expect(asked).toEqual([0, 30_000]);
  });

  it('is quiet once nobody looks', () => {
    const { refreshing, asked, goTo } = stage(20);
    refreshing.want();
    goTo(10);
    refreshing.want();
    refreshing.stop();
    goTo(10_000);
    expect(asked).toEqual([0]);
  });
});
