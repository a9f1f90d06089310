/**
 * Rate limits per caller: a token bucket that refills steadily; each request takes one token. The buckets
 * are in memory and per node: this stops abuse and is not an exact quota.
 */
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/config.ts';
import { refuse } from './body.ts';
import type { Exchange, Handler } from './exchange.ts';
import type { Gate } from './gate.ts';

/** When there are more callers, the least recently seen is dropped; its bucket is full again by then. */
const MOST_CALLERS = 10_000;

export interface RateLimitOptions {
  readonly perSecond: number;
  /** The capacity of the bucket, in tokens. */
  readonly burst: number;
  /** A monotonic clock in milliseconds; default: performance.now(). */
  readonly now?: () => number;
}

/**
 * Creates a limit. The returned function counts one request of a caller and returns undefined if it may
 * proceed, else the milliseconds until one may. A refused request takes no token.
 */
export function createRateLimit({ perSecond, burst, now = () => performance.now() }: RateLimitOptions) {
  const buckets = new LRUCache<string, { level: number; at: number }>({ max: MOST_CALLERS });
  return (caller: string): number | undefined => {
    const at = now();
    const last = buckets.get(caller);
    const level = last === undefined ? burst : Math.min(burst, last.level + ((at - last.at) / 1_000) * perSecond);
    const mayPass = level >= 1;
    buckets.set(caller, { level: mayPass ? level - 1 : level, at });
    return mayPass ? undefined : ((1 - level) / perSecond) * 1_000;
  };
}

/** Refuses with 429 and a Retry-After. */
export function refuseHasty(exchange: Exchange, waitMs: number): void {
  const seconds = Math.ceil(waitMs / 1_000);
  const message = `You send more requests than you may (RATE_LIMIT per second). Try again in ${seconds} s.`;
  exchange.request.resume();
  refuse(exchange, 429, 'RATE_LIMITED', message, { 'retry-after': String(seconds) });
}

/** The rate of one caller; `sparesLocal`: no limit where access control is off. */
export interface CallerRate {
  readonly perSecond: number;
  readonly burst: number;
  readonly sparesLocal: boolean;
}

/** The default where access control is on. */
const USUAL_RATE = 300;

export function callerRate({
  RATE_LIMIT,
  rateBurstSeconds,
}: Pick<Config, 'RATE_LIMIT' | 'rateBurstSeconds'>): CallerRate {
  const perSecond = RATE_LIMIT ?? USUAL_RATE;
  return { perSecond, burst: perSecond * rateBurstSeconds, sparesLocal: RATE_LIMIT === undefined };
}

/**
 * Returns a function that adds a rate limit by client address to a handler, since the caller is not
 * authenticated yet. Its handlers share the limit.
 */
export function limitAddresses(rate: CallerRate, gate: Pick<Gate, 'isConfigured' | 'addressOf'>) {
  if (rate.sparesLocal && !gate.isConfigured) return (handler: Handler): Handler => handler;
  const mustWait = createRateLimit(rate);
  return (handler: Handler): Handler =>
    (exchange) => {
      const waitMs = mustWait(gate.addressOf(exchange.request));
      return waitMs === undefined ? handler(exchange) : refuseHasty(exchange, waitMs);
    };
}
