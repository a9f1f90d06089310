/**
 * An estimate of the database's clock: all nodes use that clock, while timers use the machine's own.
 * The difference is measured with statements that run anyway.
 */
export interface DatabaseClock {
  /** The database's time now. */
  now(): Date;
  /** What this machine's clock shows at an instant of the database's clock. */
  onMachine(at: Date): Date;
  /** Returns the answer, and learns from its `now`, the database's time. */
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
      // A difference that the round trip explains counts as none.
      skewMs = Math.abs(measured) <= tripMs / 2 + 2 ? 0 : Math.round(measured);
      return answer;
    },
  };
}
