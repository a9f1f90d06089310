/** Waiting for work to end, but not for ever: what a stop needs. */

export interface Tracker {
  /** Passes the work's result through, and remembers it until it has settled. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when all that is tracked now has settled, at the latest after so many milliseconds. */
  settled(milliseconds: number): Promise<void>;
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
    settled: (milliseconds) => settleWithin([...tracked], milliseconds),
  };
}

/** Resolves when all have settled, or after `milliseconds`, whichever is first. Never rejects. */
export async function settleWithin(work: readonly Promise<unknown>[], milliseconds: number): Promise<void> {
  if (work.length === 0 || milliseconds <= 0) return;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([Promise.allSettled(work), deadline]);
  clearTimeout(timer);
}
