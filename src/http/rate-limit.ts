/**
 * The rate limit of one caller: a token bucket that refills steadily and gives each request one
 * token. It is in memory and per node: it stops abuse and is not an exact quota.
 */
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/config.ts';
import { refuse } from './body.ts';
import type { Exchange, Handler } from './exchange.ts';
import type { Gate } from './gate.ts';

/** Of more callers, the one that has been quiet the longest is forgotten: its bucket was full. */
const MOST_CALLERS = 10_000;

export interface RateLimitOptions {
  readonly perSecond: number;
  /** What a full bucket holds. */
  readonly burst: number;
  /** Milliseconds that only grow; left out: the process's own. */
  readonly now?: () => number;
}

/**
 * Creates the limit. The returned function counts one request of a caller: undefined when it may
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

/** Refuses with 429 and says when to retry. */
export function refuseHasty(exchange: Exchange, waitMs: number): void {
  const seconds = Math.ceil(waitMs / 1_000);
  const message = `You send more requests than you may (RATE_LIMIT per second). Try again in ${seconds} s.`;
  exchange.request.resume();
  refuse(exchange, 429, 'RATE_LIMITED', message, { 'retry-after': String(seconds) });
}

/** Requests of one caller; `sparesLocal`: no limit where access control is off. */
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

/** Limits handlers together, by address: the caller is not known yet. */
export function limitAddresses(rate: CallerRate, gate: Pick<Gate, 'isConfigured' | 'addressOf'>) {
  if (rate.sparesLocal && !gate.isConfigured) return (handler: Handler): Handler => handler;
  const mustWait = createRateLimit(rate);
  return (handler: Handler): Handler =>
    (exchange) => {
      const waitMs = mustWait(gate.addressOf(exchange.request));
      return waitMs === undefined ? handler(exchange) : refuseHasty(exchange, waitMs);
    };
}
