/**
 * How many attempts may start, and when the next one may: over all nodes, a token bucket for starts
 * per second and a count of attempts under way. No database.
 */

/** Null: no limit. */
export interface Limits {
  readonly startsPerSecond: number | null;
  readonly concurrency: number | null;
}

export interface LimitState extends Limits {
  /** Tokens in the bucket now, with fractions; each start takes one. */
  readonly tokens: number;
  /** Attempts under way on all nodes. */
  readonly underWay: number;
}

/**
 * What a full bucket holds: a tenth of a second's starts, at least one. In any sliding second, at most
 * `startsPerSecond` plus this many attempts are claimed.
 */
export const bucketSize = (startsPerSecond: number): number => Math.max(1, startsPerSecond / 10);

/**
 * By how many the starts in a sliding second may exceed `startsPerSecond` as the provider sees them:
 * the bucket, and the same again for the time between a claim and its start.
 */
export const burstOf = (startsPerSecond: number): number => Math.ceil(2 * bucketSize(startsPerSecond));

/** The tokens in a bucket that held `tokens` so many seconds ago. */
export function refill(tokens: number, seconds: number, startsPerSecond: number): number {
  return Math.min(bucketSize(startsPerSecond), tokens + Math.max(0, seconds) * startsPerSecond);
}

/** How many attempts may start now; infinite without limits. */
export function startsAllowed({ startsPerSecond, concurrency, tokens, underWay }: LimitState): number {
  const byRate = startsPerSecond === null ? Number.POSITIVE_INFINITY : Math.floor(tokens);
  const byCount = concurrency === null ? Number.POSITIVE_INFINITY : concurrency - underWay;
  return Math.max(0, Math.min(byRate, byCount));
}

/** Milliseconds until the rate lets another attempt start; 0 when it does now. */
export function untilNextToken({ startsPerSecond, tokens }: Pick<LimitState, 'startsPerSecond' | 'tokens'>): number {
  if (startsPerSecond === null || tokens >= 1) return 0;
  return Math.ceil(((1 - tokens) / startsPerSecond) * 1_000);
}
