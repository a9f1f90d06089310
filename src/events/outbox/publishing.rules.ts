/** Back-off and state of events that could not be published, and which errors count against an event. */

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 10 * 60_000;

/** Returns how long an event waits after failure number `failures` (from 1 on): 1 s, 2 s, 4 s … 10 min. */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 30), LONGEST_DELAY_MS);
}

/**
 * SQLSTATE classes of errors of the database: no connection, a broken transaction, missing permissions or
 * tables, deadlocks and lost races, a lack of resources, an operator’s intervention, system errors.
 */
const OF_THE_DATABASE = /^(08|25|28|3D|3F|40|42|53|55|57|58)/;

/**
 * Whether an error is caused by the event and not by the database’s state: only then does it count as a
 * failure of the event. `sqlState`: undefined for an error that is not the database’s.
 */
export function isOfTheEvent(sqlState: string | undefined): boolean {
  return sqlState === undefined || !OF_THE_DATABASE.test(sqlState);
}

export type OutboxState = 'pending' | 'waiting' | 'parked' | 'processed';

export interface EventInstants {
  readonly processedAt: Date | null;
  readonly parkedAt: Date | null;
  readonly nextAttemptAt: Date | null;
}

/** Returns the state of an event; `waiting`: publishing failed, and its next attempt has a time. */
export function outboxState({ processedAt, parkedAt, nextAttemptAt }: EventInstants): OutboxState {
  if (processedAt !== null) return 'processed';
  if (parkedAt !== null) return 'parked';
  return nextAttemptAt === null ? 'pending' : 'waiting';
}
