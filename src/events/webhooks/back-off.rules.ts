/**
 * When a delivery that failed is tried again: soon at first, ever more rarely, and at a random
 * instant of each wait (full jitter), so that thousands that failed together do not come back
 * together. After a day it is given up; the last try lies at the day's end.
 */

export const FIRST_WAIT_MS = 5_000;
/** No wait is longer, a receiver's own wish included. */
export const LONGEST_WAIT_MS = 3 * 3_600_000;
/** Nor shorter, whatever the dice say. */
export const SHORTEST_WAIT_MS = 1_000;

export interface Series {
  /** When the first attempt of this series began. */
  readonly startedAt: Date;
  /** Attempts made in it, the one that just failed included. */
  readonly attemptCount: number;
}

export interface Circumstances {
  readonly now: Date;
  /** 0 to 1, without 1. */
  readonly random: number;
  /** How long a series lasts. */
  readonly windowMs: number;
  /** How long the receiver asked to be left alone; null: it did not. */
  readonly retryAfterMs: number | null;
}

/** The longest that is waited after so many attempts: 5 s, doubled each time, up to 3 h. */
export const longestWaitMs = (attemptCount: number): number =>
  Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (Math.max(1, attemptCount) - 1));

/** When it is tried again; undefined when it is given up. */
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

/** What a `Retry-After` asks for (RFC 9110, 10.2.3): seconds, or a date. Null for none, or one that says nothing. */
export function retryAfterMs(header: string | undefined, now: Date): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1_000;
  // Date.parse makes something of nearly any text.
  const at = / GMT$/.test(header.trim()) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - now.getTime());
}
