import { uptime } from 'node:os';

/** Where time comes from. Leases use the database's clock instead; tests set this one. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/**
 * Measures milliseconds by the clock that shows more: one stops while the machine sleeps, the other
 * may be set back. For leases of entries, thousands a second: none may seem longer than it is.
 */
export function startStopwatch(): () => number {
  const steady = performance.now();
  const wall = Date.now();
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}

/**
 * Milliseconds since boot, in steps of about ten: a clock that is never set and that runs while the
 * machine sleeps, when performance.now() stops. For the leases of runs. Costs ten microseconds.
 */
export const sinceBoot = (): number => uptime() * 1_000;
