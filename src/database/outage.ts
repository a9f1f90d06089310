/**
 * When the database is unreachable or read-only, every request, heartbeat, claim and check fails. The log
 * reports an outage twice: at the first failure, and when it is over, with the number of failures.
 */
import type { Logger } from '../telemetry/logger.ts';
import { unavailability } from './unavailable.ts';
import { isConnectionFailure, sqlStateOf } from './violations.ts';

/** A response this long after the last failure ends the outage: old connections may still fail while new ones work. */
const CALM_MS = 2_000;

/** How often a continuing failure is logged again. */
const REPEAT_MS = 60_000;

export interface Outage {
  /**
   * Whether an error only means that the database is unreachable or temporarily unavailable. If so, it is
   * logged here, with `fields` for the first error of an outage, or once a minute; the caller must not log
   * it.
   */
  explains(error: unknown, fields?: object): boolean;
  /**
   * Logs a warning about background work that failed and will be retried, unless the outage explains it.
   * The same message is logged at most once a minute, with how often it was suppressed.
   */
  warn(error: unknown, message: string): void;
  /** Call when the database has answered a statement. */
  answered(): void;
}

/** Creates the outage log. `now`: milliseconds of a monotonic clock. */
export function createOutage(logger: Logger, now: () => number = () => performance.now()): Outage {
  /** Bounded by the number of messages in the source. */
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
