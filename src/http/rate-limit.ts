/**
 * How fast one caller may ask: a bucket for each, which fills steadily and which each request
 * takes one from. In memory and by node: a limit on abuse, not an account book.
 */

import type { Config } from '../config/config.ts';
import { refuse } from './body.ts';
import type { Exchange, Handler } from './exchange.ts';
import type { Gate } from './gate.ts';

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

/** Too many requests at once: says when the next one may come. */
export function refuseHasty(exchange: Exchange, waitMs: number): void {
  const seconds = Math.ceil(waitMs / 1_000);
  const message = `You send more requests than you may (RATE_LIMIT per second). Try again in ${seconds} s.`;
  exchange.request.resume();
  refuse(exchange, 429, 'RATE_LIMITED', message, { 'retry-after': String(seconds) });
}

/** Requests of one caller; `sparesLocal`: no limit where callers are not told apart. */
export interface CallerRate {
  readonly perSecond: number;
  readonly burst: number;
  readonly sparesLocal: boolean;
}

/** For callers that are told apart, where nothing else is set. */
const USUAL_RATE = 300;

export function callerRate({
  RATE_LIMIT,
  rateBurstSeconds,
}: Pick<Config, 'RATE_LIMIT' | 'rateBurstSeconds'>): CallerRate {
  const perSecond = RATE_LIMIT ?? USUAL_RATE;
  return { perSecond, burst: perSecond * rateBurstSeconds, sparesLocal: RATE_LIMIT === undefined };
}

/** Makes what holds handlers to a rate, all together: by address, since nobody knows yet who asks. */
export function limitAddresses(rate: CallerRate, gate: Pick<Gate, 'isConfigured' | 'addressOf'>) {
  if (rate.sparesLocal && !gate.isConfigured) return (handler: Handler): Handler => handler;
  const mustWait = createRateLimit(rate);
  return (handler: Handler): Handler =>
    (exchange) => {
      const waitMs = mustWait(gate.addressOf(exchange.request));
      return waitMs === undefined ? handler(exchange) : refuseHasty(exchange, waitMs);
    };
}
