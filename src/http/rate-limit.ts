/**
 * How fast one caller may ask: a bucket for each, which fills steadily and which each request
 * takes one from. In memory and by node: a limit on abuse, not an account book.
 */

/** More callers than this at once, and the longest quiet ones are forgotten: they had a full bucket. */
const MOST_CALLERS = 10_000;

export interface RateLimitOptions {
  readonly perSecond: number;
  /** What a full bucket holds. */
  readonly burst: number;
  /** Milliseconds that only grow; left out: the process's own. */
  readonly now?: () => number;
}

/**
 * Makes the limit. What it answers takes one request of a caller: undefined when it may go on,
 * else how many milliseconds to wait until one may. Whoever is refused has nothing taken.
 */
export function createRateLimit({ perSecond, burst, now = () => performance.now() }: RateLimitOptions) {
  /** Oldest first, since each use puts its caller at the end. */
  const buckets = new Map<string, { level: number; at: number }>();
  return (caller: string): number | undefined => {
    const at = now();
    const last = buckets.get(caller);
    const level = last === undefined ? burst : Math.min(burst, last.level + ((at - last.at) / 1_000) * perSecond);
    const mayPass = level >= 1;
    buckets.delete(caller);
    buckets.set(caller, { level: mayPass ? level - 1 : level, at });
    if (buckets.size > MOST_CALLERS) {
      for (const oldest of buckets.keys()) {
        buckets.delete(oldest);
        break;
      }
    }
    return mayPass ? undefined : ((1 - level) / perSecond) * 1_000;
  };
}
