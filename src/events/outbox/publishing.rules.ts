/** What becomes of an event that a target could not take, and whose fault that was. */

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 10 * 60_000;

/** How long an event waits after its failure number `failures` (from 1 on): 1 s, 2 s, 4 s ... 10 min. */
export function backOffMs(failures: number): number {
  return Math.min(FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 30), LONGEST_DELAY_MS);
}

/**
 * No connection, a broken transaction, no rights, a table that is not there, deadlocks and lost
 * races, a lack of resources, an operator’s intervention, the system itself.
 */
const OF_THE_DATABASE = /^(08|25|28|3D|3F|40|42|53|55|57|58)/;

/**
 * Whether an error says something about the event and not about the database’s state: only
 * that is counted against it. `sqlState`: undefined for an error that is not the database’s.
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

/** `waiting`: it failed, and its next attempt has an instant. */
export function outboxState({ processedAt, parkedAt, nextAttemptAt }: EventInstants): OutboxState {
  if (processedAt !== null) return 'processed';
  if (parkedAt !== null) return 'parked';
  return nextAttemptAt === null ? 'pending' : 'waiting';
}
