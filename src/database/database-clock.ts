/**
 * The database's clock, as far as this machine can tell: all nodes go by that one, while timers
 * go by the machine's own. The difference is measured with statements that are needed anyhow.
 */
export interface DatabaseClock {
  /** The database's time now. */
  now(): Date;
  /** What this machine's clock shows at an instant of the database's. */
  onMachine(at: Date): Date;
  /** Passes an answer through and learns from its `now`, the database's time of asking. */
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
      // Within what the trip alone explains, the clocks agree.
      skewMs = Math.abs(measured) <= tripMs / 2 + 2 ? 0 : Math.round(measured);
      return answer;
    },
  };
}
