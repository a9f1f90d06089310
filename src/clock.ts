/** Where time comes from. Leases use the database's clock instead; tests set this one. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };

/**
 * Tells the milliseconds since it was started, by whichever clock says more: one stands still while
 * the machine sleeps, the other may be set back. For leases: none may look longer than it is.
 */
export function startStopwatch(): () => number {
  const steady = performance.now();
  const wall = Date.now();
  return () => Math.max(performance.now() - steady, Date.now() - wall);
}
