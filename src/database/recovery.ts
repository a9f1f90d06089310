/**
 * Waits for a database that is unreachable or out of connections, instead of failing queries that can be
 * retried. One query checks for all waiting callers whether the database responds again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from './database.ts';
import { isUnavailable } from './unavailable.ts';
import { isConnectionFailure, sqlStateOf } from './violations.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** A slow statement may be faster on a calmer database; one that is always too slow is a fault. */
const SLOW_TRIES = 3;

/** For one query: waits until it is worth retrying after `error`; resolves to false if it is not. */
export type Patience = (error: unknown) => Promise<boolean>;

export interface Recovery {
  /** Creates the patience of one query. */
  patience(): Patience;
  /** Ends all waiting; every further failure is final. */
  close(): void;
}

/** `db`: the handle whose queries fail, and that is checked. */
export function createRecovery(db: Queryable): Recovery {
  const closing = new AbortController();
  let coming: Promise<void> | undefined;
  const answers = async (): Promise<void> => {
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(2 * wait, LONGEST_WAIT_MS)) {
      await delay(wait, undefined, { ref: false, signal: closing.signal });
      const isThere = await db.query('SELECT 1').then(
        () => true,
        () => false,
      );
      if (isThere) return;
    }
  };
  const recovered = (): Promise<void> => {
    coming ??= answers().finally(() => {
      coming = undefined;
    });
    return coming;
  };
  return {
    patience() {
      let slow = 0;
      let wait = FIRST_WAIT_MS;
      return async (error) => {
        if (!isPassing(error) || (sqlStateOf(error) === CANCELLED && ++slow >= SLOW_TRIES)) return false;
        try {
          await recovered();
          // The database responds, but lacks what this query needs: do not retry at once.
          if (!isConnectionFailure(error)) await delay(wait, undefined, { ref: false, signal: closing.signal });
          wait = Math.min(2 * wait, LONGEST_PAUSE_MS);
          return true;
        } catch {
          return false;
        }
      };
    },
    close: () => closing.abort(),
  };
}

const CANCELLED = '57014';

/** Whether a query failed temporarily: the database is unreachable, out of a resource, or too slow. */
export const isPassing = (error: unknown): boolean => isUnavailable(error) || sqlStateOf(error) === CANCELLED;
