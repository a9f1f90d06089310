/**
 * How many entries a node claims at once; how many attempts may start, and when the next one may: a token bucket for
 * starts per second and a count of attempts in progress, both over all nodes. No database.
 */

/** Null: no limit. */
export interface Limits {
  readonly startsPerSecond: number | null;
  readonly concurrency: number | null;
}

export interface LimitState extends Limits {
  /** Tokens in the bucket now, with fractions; each start takes one. */
  readonly tokens: number;
  /** Attempts in progress on all nodes. */
  readonly underWay: number;
}

/**
 * The capacity of the bucket: a tenth of a second's starts, at least one. In any sliding second, at most
 * `startsPerSecond` plus this many attempts are claimed.
 */
export const bucketSize = (startsPerSecond: number): number => Math.max(1, startsPerSecond / 10);

/**
 * How many starts beyond `startsPerSecond` the provider may see in a sliding second: the bucket, and the same
 * again for the delay between a claim and its start.
 */
export const burstOf = (startsPerSecond: number): number => Math.ceil(2 * bucketSize(startsPerSecond));

/** Returns the tokens in a bucket that held `tokens` this many seconds ago. */
export function refill(tokens: number, seconds: number, startsPerSecond: number): number {
  return Math.min(bucketSize(startsPerSecond), tokens + Math.max(0, seconds) * startsPerSecond);
}

/** How many attempts may start now; infinite without limits. */
export function startsAllowed({ startsPerSecond, concurrency, tokens, underWay }: LimitState): number {
  const byRate = startsPerSecond === null ? Number.POSITIVE_INFINITY : Math.floor(tokens);
  const byCount = concurrency === null ? Number.POSITIVE_INFINITY : concurrency - underWay;
  return Math.max(0, Math.min(byRate, byCount));
}

/** Milliseconds until the rate allows another start; 0 if it does now. */
export function untilNextToken({ startsPerSecond, tokens }: Pick<LimitState, 'startsPerSecond' | 'tokens'>): number {
  if (startsPerSecond === null || tokens >= 1) return 0;
  return Math.ceil(((1 - tokens) / startsPerSecond) * 1_000);
}

/** Without limits, a node claims ahead what it will start within this time at the pace of its last attempts... */
export const CLAIM_AHEAD_MS = 100;
/** ... and no more than this per slot. */
const AHEAD_PER_SLOT = 4;
/** A node holds no more entries than this per slot, so that outcomes that cannot be written hold claims back. */
const HELD_PER_SLOT = 6;

/** The entries that a worker holds. */
export interface Held {
  /** Their attempts call the provider. */
  readonly calling: number;
  /** Claimed ahead. */
  readonly waiting: number;
  /** Their attempts ended; the outcomes are not written yet. */
  readonly unwritten: number;
}

/**
 * How many entries a worker with `concurrency` slots, whose attempts take `attemptMs`, should claim now. 0 if a claim
 * is not worthwhile yet: large claims cost less, so the next one is made when half of what was claimed ahead has
 * started.
 */
export function roomFor(concurrency: number, attemptMs: number, { calling, waiting, unwritten }: Held): number {
  const ahead = concurrency * Math.min(AHEAD_PER_SLOT, CLAIM_AHEAD_MS / attemptMs);
  if (waiting > ahead / 2) return 0;
  const wanted = Math.floor(concurrency + ahead) - calling - waiting;
  const room = HELD_PER_SLOT * concurrency - calling - waiting - unwritten;
  return room < Math.min(wanted, concurrency / 2) ? 0 : Math.min(wanted, room);
}
