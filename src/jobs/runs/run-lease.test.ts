import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { sinceBoot } from '../../clock.ts';
import { keepRunLease, type RunLeaseKeeper } from './run-lease.ts';
import type { Renewal } from './runs.ts';

const LEASE_MS = 6_000;
let keeper: RunLeaseKeeper | undefined;
let lost: number[] = [];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  lost = [];
});
afterEach(() => {
  keeper?.release();
  vi.useRealTimers();
});

/** `now` is the milliseconds since the lease was requested, by the keeper's clock and by its timers. */
function keep({ askedAgo = 0, renew }: { askedAgo?: number; renew: () => Promise<Renewal> }) {
  let passed = askedAgo;
  const begun = sinceBoot();
  keeper = keepRunLease({
    leaseMs: LEASE_MS,
    heldSince: begun,
    now: () => begun + passed,
    renew,
    onLost: () => lost.push(passed),
    onInterrupted: () => undefined,
    onReported: () => undefined,
    onError: () => undefined,
  });
  return async (ms: number) => {
    for (let step = 0; step < ms; step += 50) {
      passed += 50;
      await vi.advanceTimersByTimeAsync(50);
    }
  };
}

it.each<[string, () => Promise<Renewal>]>([
  ['hangs', () => new Promise(() => undefined)],
  ['fails', () => Promise.reject(new Error('away'))],
])('a run whose renewal %s is told while a fifth of the lease is left, and once', async (_, renew) => {
  const pass = keep({ renew });
  await pass(2 * LEASE_MS);
  expect(lost).toHaveLength(1);
  expect(lost[0]).toBeGreaterThan(LEASE_MS / 2);
  expect(lost[0]).toBeLessThanOrEqual(0.8 * LEASE_MS + 50);
});

it('the time that the first answer took is counted', async () => {
  const pass = keep({ askedAgo: 4_000, renew: () => new Promise(() => undefined) });
  expect(keeper?.isOver()).toBe(false);
  await pass(900);
  expect(lost).toHaveLength(1);
  expect(keeper?.isOver()).toBe(true);
});

it('a renewal counts from when it was sent', async () => {
  const answers: (() => void)[] = [];
  const renew = () =>
    new Promise<Renewal>((resolve) => {
      answers.push(() => resolve({ isHeld: true, interruption: null }));
    });
  const pass = keep({ renew });
  await pass(4_000);
  // Requested after one second, returned after four.
  answers[0]?.();
  await pass(1_000);
  expect(lost).toEqual([]);
  await pass(1_000);
  expect(lost[0]).toBeLessThanOrEqual(1_000 + 0.8 * LEASE_MS + 100);
});
