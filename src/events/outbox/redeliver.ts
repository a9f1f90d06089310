/** Publishes an event again that was published, or could not be. */
import { requireUsableKey } from '../../access/idempotency.rules.ts';
import { once } from '../../access/idempotency.ts';
import { NotFoundError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';
import { outboxState } from './publishing.rules.ts';

export interface RedeliverRequest {
  readonly eventId: string;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface RedeliveredEvent {
  readonly eventId: string;
  /** False: it was going to be published anyway. */
  readonly isChanged: boolean;
  readonly isReplay: boolean;
}

/**
 * Publishes an event again, under the same id; the failures of a parked or waiting one are reset.
 * Throws NotFoundError, InvalidInputError or IdempotencyConflictError.
 */
export async function redeliverOutboxEvent(
  ctx: Context,
  { eventId, reason, idempotencyKey: key }: RedeliverRequest,
): Promise<RedeliveredEvent> {
  requireUsableKey(key);
  const call = { mutation: 'redeliverOutboxEvent', key, input: { eventId, reason } };
  return unit(ctx, async (tx) => {
    let isChanged = false;
    const { isReplay } = await once(tx, ctx, call, async () => {
      const [event] = await tx.query<StoredEvent>(LOCK, [eventId]);
      if (event === undefined)
        throw new NotFoundError(
          `There is no event with the id ${eventId}; it may have been deleted (HISTORY_RETENTION, UNRESOLVED_RETENTION). List them with the query "outboxEvents".`,
        );
      const { eventType, familyId } = event;
      const state = outboxState(event);
      if (state === 'pending') return eventId;
      isChanged = true;
      await tx.query(AGAIN, [eventId]);
      const [before, after] = [{ state: state.toUpperCase(), eventType }, { state: 'PENDING' }];
      tx.happened('outboxEventRedelivered', { id: eventId, familyId, reason, before, after });
      return eventId;
    });
    return { eventId, isChanged, isReplay };
  });
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

// An event that was never published is no redelivery.
const AGAIN = `
  UPDATE auth.outbox_events
  SET redelivered_at = CASE WHEN processed_at IS NULL THEN redelivered_at ELSE now() END,
      processed_at = NULL, parked_at = NULL, next_attempt_at = NULL, retry_count = 0, error_message = NULL, updated_at = now()
  WHERE event_id = $1`;
