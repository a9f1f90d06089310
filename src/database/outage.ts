/**
 * A database that is away fails whatever this process does: each request, beat, claim and check.
 * The log tells of it once, with what came first, and once that it is back and how much failed.
 */
import type { Logger } from '../telemetry/logger.ts';
import { isConnectionFailure } from './violations.ts';

/** An answer so long after the last failure, and the outage is over: connections that broke still fail beside new ones. */
const CALM_MS = 2_000;

/** What goes on failing is said again so often. */
const REPEAT_MS = 60_000;

export interface Outage {
  /**
   * Whether an error only says that the database cannot be reached. The log has it then, the first of
   * an outage with `fields`; whoever caught it need say no more.
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
  const explains = (error: unknown, fields?: object): boolean => {
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
      if (explains(error, { during: message })) return;
      const before = warned.get(message);
      const at = now();
      if (before !== undefined && at - before.at < REPEAT_MS) {
        before.leftOut += 1;
        logger.debug({ err: error }, message);
        return;
      }
      warned.set(message, { at, leftOut: 0 });
      logger.warn({ err: error, leftOut: before?.leftOut || undefined }, message);
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
