/**
 * When a query is asked for again: at once when it was quiet, and never so often that its answers
 * do not arrive. Pure but for the clock that it is given.
 */

/** A query is asked for at most this often. */
const AT_MOST_EVERY_MS = 1_000;
/** An answer that has taken so long does not come any more: the connection died in a sleep, for example. */
const GIVEN_UP_AFTER_MS = 30_000;

export interface Clock {
  readonly now: () => number;
  /** Calls once after so many milliseconds; what comes back takes that back. */
  readonly after: (ms: number, call: () => void) => () => void;
}

export interface Refreshing {
  /** It is to be asked for again; a wish upon a request that is on its way is kept until its answer is there. */
  readonly want: () => void;
  /** Whether a request is on its way. */
  readonly isBusy: (isBusy: boolean) => void;
  /** Nobody looks any more. */
  readonly stop: () => void;
}

export function createRefreshing(ask: () => void, clock: Clock): Refreshing {
  let askedAt = Number.NEGATIVE_INFINITY;
  let isWanted = false;
  let isAsking = false;
  let takeBack: (() => void) | undefined;

  const look = (): void => {
    takeBack?.();
    takeBack = undefined;
    if (!isWanted) return;
    const wait = askedAt + (isAsking ? GIVEN_UP_AFTER_MS : AT_MOST_EVERY_MS) - clock.now();
    if (wait > 0) {
      takeBack = clock.after(wait, look);
      return;
    }
    isWanted = false;
    askedAt = clock.now();
    ask();
  };
  return {
    want: () => {
      isWanted = true;
      look();
    },
    isBusy: (isBusy) => {
      // Whoever else began it: what has changed since may not be in its answer.
      if (isBusy && !isAsking) askedAt = clock.now();
      isAsking = isBusy;
      look();
    },
    stop: () => {
      isWanted = false;
      takeBack?.();
      takeBack = undefined;
    },
  };
}
