/**
 * When to refetch a query: at once if it was idle, and never so often that its responses do not arrive. Pure except for
 * the clock that it is given.
 */

/** A query is fetched at most this often. */
const AT_MOST_EVERY_MS = 1_000;
/** A response that takes longer is given up: the connection died while the computer slept, for example. */
const GIVEN_UP_AFTER_MS = 30_000;

export interface Clock {
  readonly now: () => number;
  /** Calls once after this many milliseconds; returns a function that cancels the call. */
  readonly after: (ms: number, call: () => void) => () => void;
}

export interface Refreshing {
  /** Requests a refetch; during a request in flight, it is deferred until the response arrives. */
  readonly want: () => void;
  /** Reports whether a request is in flight. */
  readonly isBusy: (isBusy: boolean) => void;
  /** Cancels a pending refetch: the query is no longer in use. */
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
      // Applies to requests started elsewhere too: changes since their start may be missing from their response.
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
