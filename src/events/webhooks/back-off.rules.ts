/**
 * When a failed delivery is retried: soon at first, then at growing intervals, and at a random time within
 * each (full jitter), so that thousands that failed together are not retried together. After the window
 * (a day) it fails; the last attempt is made at its end.
 */

export const FIRST_WAIT_MS = 5_000;
/** The longest wait, also for a receiver's `Retry-After`. */
export const LONGEST_WAIT_MS = 3 * 3_600_000;
/** The shortest wait, whatever the random number. */
export const SHORTEST_WAIT_MS = 1_000;

export interface Series {
  /** When the first attempt of this series began. */
  readonly startedAt: Date;
  /** How many attempts it has, including the one that just failed. */
  readonly attemptCount: number;
}

export interface Circumstances {
  readonly now: Date;
  /** From 0 to 1, exclusive. */
  readonly random: number;
  /** How long a series lasts. */
  readonly windowMs: number;
  /** How long the receiver asked us to wait; null: it did not. */
  readonly retryAfterMs: number | null;
}

/** Returns the upper limit of the wait after an attempt: 5 s, doubled with each attempt, up to 3 h. */
export const longestWaitMs = (attemptCount: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (Math.max(1, attemptCount) - 1));

/** Returns when to retry; undefined when the window is over and the delivery has failed. */
export function nextAttemptAt(
  { startedAt, attemptCount }: Series,
  { now, random, windowMs, retryAfterMs }: Circumstances,
): Date | undefined {
  const end = startedAt.getTime() + windowMs;
  if (now.getTime() >= end) return undefined;
  const wait = Math.max(SHORTEST_WAIT_MS, random * longestWaitMs(attemptCount), Math.max(0, retryAfterMs ?? 0));
  const at = now.getTime() + Math.min(Math.round(wait), LONGEST_WAIT_MS);
  return new Date(Math.min(at, Math.max(end, now.getTime() + SHORTEST_WAIT_MS)));
}

/** Returns the milliseconds of a `Retry-After` (RFC 9110, 10.2.3: seconds or a date); null if none or invalid. */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  // Date.parse accepts nearly any text.
  const at = / GMT$/.test(header.trim()) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
