/**
 * Estimates the database’s clock: all nodes use that clock, while timers use the machine’s own. The
 * difference is measured with statements that run anyway.
 */
export interface DatabaseClock {
  /** The database's time now. */
  now(): Date;
  /** Converts a time of the database’s clock to this machine’s clock. */
  onMachine(at: Date): Date;
  /** Runs `ask`, updates the estimate from the `now` in its result (the database’s time), and returns the result. */
  measure<T extends { readonly now: Date }>(ask: () => Promise<T>): Promise<T>;
}

export function createDatabaseClock(): DatabaseClock {
  let skewMs = 0;
  return {
    now: () => new Date(Date.now() + skewMs),
    onMachine: (at) => new Date(at.getTime() - skewMs),
    async measure(ask) {
      const askedAt = Date.now();
      const answer = await ask();
      const tripMs = Date.now() - askedAt;
      const measured = answer.now.getTime() - askedAt - tripMs / 2;
      // A difference that the round trip can explain counts as zero.
      skewMs = Math.abs(measured) <= tripMs / 2 + 2 ? 0 : Math.round(measured);
      return answer;
    },
  };
}
