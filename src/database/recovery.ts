/**
 * Patience with a database that is away or has no connection left: what can be read later is not
 * told as an error now. However many wait, one question finds out when it answers again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from './database.ts';
import { isUnavailable } from './unavailable.ts';
import { isConnectionFailure, sqlStateOf } from './violations.ts';

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;
/** A statement that took too long may be faster on a calmer database; one that is always too slow is a fault. */
const SLOW_TRIES = 3;

/** Of one reading: waits until it is worth trying again after `error`, and answers false when it is not. */
export type Patience = (error: unknown) => Promise<boolean>;

export interface Recovery {
  /** For one reading. */
  patience(): Patience;
  /** From now on every failure stands. */
  close(): void;
}

/** `db`: what is read from, and asked whether it answers. */
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
          // A database that answers, and is short of what this reading takes: it is not asked again at once.
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

/** Whether a reading failed by what passes: the database is away, has run out of something, or was too slow. */
export const isPassing = (error: unknown): boolean => isUnavailable(error) || sqlStateOf(error) === CANCELLED;
