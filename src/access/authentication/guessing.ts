/**
 * Counts failed authentications, per address and in total, in bounded memory of this node. When many
 * addresses fail at once, each is blocked at its first failure. A burst from one address is one log
 * line, and no line contains the credential.
 */
import { LRUCache } from 'lru-cache';
import type { Logger } from '../../telemetry/logger.ts';
import { afterFailure, blockedFor, type Failures, guesserOf } from './guessing.rules.ts';

const MOST_GUESSERS = 10_000;
const WINDOW_MS = 60_000;
/** This many times the limit of one address, within a minute and over all addresses, is an attack. */
const STORM_FACTOR = 20;

export interface Guessing {
  /** Returns how long this address is still blocked, in milliseconds; 0 if it is not. */
  blockedFor(address: string): number;
  /** Counts a wrong credential from this address. */
  failed(address: string): void;
}

export interface GuessingOptions {
  /** How many failures within a minute block an address. */
  readonly limit: number;
  readonly logger: Logger;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

export function createGuessing({ limit, logger, now = () => performance.now() }: GuessingOptions): Guessing {
  const guessers = new LRUCache<string, Failures>({ max: MOST_GUESSERS });
  let total = { count: 0, since: Number.NEGATIVE_INFINITY };

  const isStorm = (at: number): boolean => {
    if (at - total.since >= WINDOW_MS) total = { count: 0, since: at };
    total.count += 1;
    if (total.count === STORM_FACTOR * limit)
      logger.warn(
        { failures: total.count },
        'Many failed authentications from many addresses: each is now stopped at its first',
      );
    return total.count >= STORM_FACTOR * limit;
  };

  return {
    blockedFor: (address) => Math.ceil(blockedFor(guessers.get(guesserOf(address)), now())),
    failed(address) {
      const at = now();
      const guesser = guesserOf(address);
      const before = guessers.get(guesser);
      const storm = isStorm(at);
      const after = afterFailure(before, at, storm ? 1 : limit);
      guessers.set(guesser, after);
      if (storm) return;
      if (after.blockedUntil > at && after.blocks > (before?.blocks ?? 0))
        logger.warn(
          { address, forMs: Math.ceil(after.blockedUntil - at) },
          'Too many failed authentications: this address is answered unseen for a while',
        );
      else if (after.count === 1) logger.warn({ address }, 'An authentication failed');
    },
  };
}
