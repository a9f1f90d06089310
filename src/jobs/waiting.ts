/** Waiting for work to end, but not for ever: what a stop needs. */
import { within } from '../within.ts';

export interface Tracker {
  /** Passes the work's result through, and remembers it until it has settled. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when all that is tracked now has settled, at the latest after so many milliseconds. */
  settled(milliseconds: number): Promise<boolean>;
}

export function createTracker(): Tracker {
  const tracked = new Set<Promise<unknown>>();
  return {
    async track(work) {
      tracked.add(work);
      try {
        return await work;
      } finally {
        tracked.delete(work);
      }
    },
    settled: (milliseconds) => within(milliseconds, ...tracked),
  };
}
