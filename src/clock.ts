import { uptime } from 'node:os';

/** The source of time. Leases use the database’s clock instead; tests set this one. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/**
 * Starts a stopwatch that returns the elapsed milliseconds: the larger of the monotonic and the wall-clock
 * difference, because the monotonic clock stops while the machine sleeps and the wall clock may be set
 * back. Used for entry leases (thousands a second), which must never seem longer than they are.
 */
export function startStopwatch(): () => number {
  const steady = performance.now();
  const wall = Date.now();
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}

/**
 * Milliseconds since boot, in steps of about ten. This clock is never set, and it runs while the machine
 * sleeps, when performance.now() stops. Used for run leases. A call costs ten microseconds.
 */
export const sinceBoot = (): number => uptime() * 1_000;
