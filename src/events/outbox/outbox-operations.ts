/** What people do to the outbox: an event that was published, or could not be, is asked for again. */
import type { Acts } from '../../access/acts.ts';
import { idempotencyKeyProblem } from '../../access/idempotency.rules.ts';
import { type Digester, digestFields, idempotently } from '../../access/idempotency.ts';
import { InvalidInputError, NotFoundError } from '../../refusals.ts';
import type { Caller } from '../../work/caller.ts';
import type { Notices } from '../../work/notices.ts';
import { type OutboxState, outboxState } from './outbox-state.rules.ts';

export interface RedeliverRequest {
  readonly eventId: string;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface OutboxOperationsOptions {
  readonly acts: Acts;
  readonly notices: Pick<Notices, 'notify'>;
  readonly digester: Digester;
}

export type OutboxOperations = ReturnType<typeof createOutboxOperations>;

export function createOutboxOperations({ acts, notices, digester }: OutboxOperationsOptions) {
  return {
    /**
     * Publishes an event once more, under the same id; one that is parked or waits after a failure
     * begins anew. One that is about to be published stays as it is (`isChanged: false`). Throws
     * NotFoundError, InvalidInputError or IdempotencyConflictError.
     */
    async redeliver(
      caller: Caller,
      { eventId, reason, idempotencyKey: key }: RedeliverRequest,
    ): Promise<{ eventId: string; isChanged: boolean; isReplay: boolean }> {
      const problem = idempotencyKeyProblem(key);
      if (problem !== undefined) throw new InvalidInputError([{ path: ['idempotencyKey'], ...problem }]);
      const digests = key ? digestFields(digester, { eventId, reason }) : {};
      const call = { caller: caller.id, mutation: 'redeliverOutboxEvent', key, digests };
      let isChanged = false;
      const { isReplay } = await acts.transaction((tx, acted) =>
        idempotently(tx, call, async () => {
          const [event] = await tx.query<StoredEvent>(LOCK, [eventId]);
          if (event === undefined)
            throw new NotFoundError(
              `There is no event with the id ${eventId}; it may have been deleted (PROCESSED_EVENT_RETENTION, PARKED_EVENT_RETENTION). List them with the query "outboxEvents".`,
            );
          const state: OutboxState = outboxState(event);
          if (state === 'pending') return eventId;
          isChanged = true;
          await tx.query(AGAIN, [eventId]);
          acted({
            caller,
            action: 'redeliverOutboxEvent',
            target: { type: 'OutboxEvent', id: eventId },
            familyId: event.familyId,
            reason,
            before: { state: state.toUpperCase(), eventType: event.eventType },
            after: { state: 'PENDING' },
          });
          return eventId;
        }),
      );
      if (isChanged) notices.notify('outbox');
      return { eventId, isChanged, isReplay };
    },
  };
}

interface StoredEvent {
  readonly eventType: string;
  readonly familyId: string | null;
  readonly processedAt: Date | null;
  readonly parkedAt: Date | null;
  readonly nextAttemptAt: Date | null;
}

const LOCK = `
  SELECT event_type AS "eventType", family_id AS "familyId", processed_at AS "processedAt", parked_at AS "parkedAt",
         next_attempt_at AS "nextAttemptAt"
  FROM auth.outbox_events WHERE event_id = $1 FOR UPDATE`;

// Parked before it was ever published, it is published for the first time now.
const AGAIN = `
  UPDATE auth.outbox_events
  SET redelivered_at = CASE WHEN processed_at IS NULL THEN redelivered_at ELSE now() END,
      processed_at = NULL, parked_at = NULL, next_attempt_at = NULL, retry_count = 0, error_message = NULL, updated_at = now()
  WHERE event_id = $1`;
