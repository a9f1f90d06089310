/**
 * The pace of housekeeping: after each batch it rests for twice as long as the batch took, so that it
 * has a third of one connection's time at the most, and whoever serves entries goes first.
 */
import { setTimeout as delay } from 'node:timers/promises';

const REST_PER_WORK = 2;
const LONGEST_REST_MS = 2_000;

/** Rests after a batch that began at `begun` (by performance.now()); ends at once when `signal` is aborted. */
export async function restAfter(begun: number, signal?: AbortSignal): Promise<void> {
  const ms = Math.min(LONGEST_REST_MS, REST_PER_WORK * (performance.now() - begun));
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
