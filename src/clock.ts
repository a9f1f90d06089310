import { uptime } from 'node:os';

/** Where time comes from. Leases use the database's clock instead; tests set this one. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/**
 * Tells the milliseconds since it was started, by whichever clock says more: one stands still while
 * the machine sleeps, the other may be set back. For leases of entries, of which there are
 * thousands a second: none may look longer than it is.
 */
export function startStopwatch(): () => number {
  const steady = performance.now();
  const wall = Date.now();
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}

/**
 * Milliseconds, in steps of about ten, of a clock that nobody sets and that goes on while the machine
 * sleeps: what a run's lease is held by. (performance.now() stands still meanwhile.) Costs ten microseconds.
 */
export const sinceBoot = (): number => uptime() * 1_000;
