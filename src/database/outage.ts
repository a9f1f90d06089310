/**
 * A database that is away, or that can store nothing, fails whatever this process does: each request,
 * beat, claim and check. The log tells of it once, with what came first, and once that it is back
 * and how much failed.
 */
import type { Logger } from '../telemetry/logger.ts';
import { unavailability } from './unavailable.ts';
import { isConnectionFailure, sqlStateOf } from './violations.ts';

/** An answer so long after the last failure, and the outage is over: connections that broke still fail beside new ones. */
const CALM_MS = 2_000;

/** What goes on failing is said again so often. */
const REPEAT_MS = 60_000;

export interface Outage {
  /**
   * Whether an error only says that the database cannot be reached, or cannot do what it is asked for a
   * reason that passes. The log has it then, the first of an outage with `fields`, or once a minute;
   * whoever caught it need say no more.
   */
  explains(error: unknown, fields?: object): boolean;
  /**
   * Warns of what failed in the background and is tried again, unless the outage explains it. The
   * same message comes once a minute at most, then with how often it was left out.
   */
  warn(error: unknown, message: string): void;
  /** The database has answered a statement. */
  answered(): void;
}

/** `now` in milliseconds, of any clock that only goes on. */
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
