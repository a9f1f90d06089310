/** Where an event of the outbox stands, by its instants. */

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
