/**
 * When the database is unreachable or read-only, every request, heartbeat, claim and check fails. The
 * log reports the outage once, with the first failure, and once that it is over and how much failed.
 */
import type { Logger } from '../telemetry/logger.ts';
import { unavailability } from './unavailable.ts';
import { isConnectionFailure, sqlStateOf } from './violations.ts';

/** An answer this long after the last failure ends the outage: broken connections still fail beside new ones. */
const CALM_MS = 2_000;

/** How often a continuing failure is logged again. */
const REPEAT_MS = 60_000;

export interface Outage {
  /**
   * Whether an error only means that the database is unreachable or temporarily unavailable. Then it is
   * logged here, with `fields` for the first of an outage, or once a minute; the caller logs nothing.
   */
  explains(error: unknown, fields?: object): boolean;
  /**
   * Warns about background work that failed and will be retried, unless the outage explains it. The
   * same message is logged at most once a minute, with how often it was left out.
   */
  warn(error: unknown, message: string): void;
  /** The database has answered a statement. */
  answered(): void;
}

/** `now`: milliseconds of a monotonic clock. */
export function createOutage(logger: Logger, now: () => number = () => performance.now()): Outage {
  /** As many as there are messages in the source. */
  const warned = new Map<string, { readonly at: number; leftOut: number }>();
  let away: { readonly since: number; lastAt: number; failures: number } | undefined;
  const limited = (level: 'warn' | 'error', error: unknown, message: string, fields: object = {}): void => {
    const before = warned.get(message);
    const at = now();
    if (before !== undefined && at - before.at < REPEAT_MS) {
      before.leftOut += 1;
      logger.debug({ err: error, ...fields }, message);
      return;
    }
    warned.set(message, { at, leftOut: 0 });
    logger[level]({ err: error, ...fields, leftOut: before?.leftOut || undefined }, message);
  };
  const explains = (error: unknown, fields?: object): boolean => {
    const reason = unavailability(error);
    if (reason !== undefined) {
      limited('error', error, reason, { sqlState: sqlStateOf(error), ...fields });
      return true;
    }
    if (!isConnectionFailure(error)) return false;
    const at = now();
    if (away === undefined) {
      away = { since: at, lastAt: at, failures: 0 };
      logger.error({ err: error, ...fields }, 'Database connection failed');
    } else {
      logger.debug({ err: error, ...fields }, 'Database connection still failing');
    }
    away.lastAt = at;
    away.failures += 1;
    return true;
  };
  return {
    explains,
    warn(error, message) {
      if (!explains(error, { during: message })) limited('warn', error, message);
    },
    answered() {
      if (away === undefined) return;
      const at = now();
      if (at - away.lastAt < CALM_MS) return;
      const awayMs = Math.round(at - away.since);
      logger.info({ awayMs, failures: away.failures }, 'Database connection is back');
      away = undefined;
    },
  };
}
