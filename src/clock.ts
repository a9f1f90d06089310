/** Where time comes from. Leases use the database's clock instead; tests set this one. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
