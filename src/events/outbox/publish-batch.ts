/**
 * Publishes one batch of events in one transaction: reads them in order, passes them to every target, and
 * marks them as processed. Events that a target cannot accept are found by halving the batch; each waits,
 * and holds back only later events of its aggregate. Two nodes never publish at once: the second returns.
 */
import type { Database, Queryable, Transactional } from '../../database/database.ts';
import { isConnectionFailure, sqlStateOf } from '../../database/violations.ts';
import { backOffMs, isOfTheEvent } from './publishing.rules.ts';
import type { EventTarget, OutboxEvent } from './target.ts';

export interface PublishOptions {
  readonly db: Pick<Database, 'transaction'>;
  readonly targets: readonly EventTarget[];
  /** After this many failures an event is parked. */
  readonly mostAttempts: number;
  readonly batchSize: number;
}

interface FailedEvent {
  readonly event: OutboxEvent;
  readonly error: Error;
}

export interface JudgedFailure extends FailedEvent {
  /** It failed too often and is not retried automatically. */
  readonly isParked: boolean;
  /** The time until the next attempt. */
  readonly waitMs: number;
}

export type PublishResult =
  /** Another node is publishing. */
  | { readonly kind: 'busy' }
  | {
      readonly kind: 'published';
      /** How many were read; fewer than the batch size when there are no more. */
      readonly readCount: number;
      readonly publishedCount: number;
      readonly failed: readonly JudgedFailure[];
    };

/** Publishes the next events. Throws when the database fails; then no event is changed or counted as failed. */
export function publishBatch({ db, targets, mostAttempts, batchSize }: PublishOptions): Promise<PublishResult> {
  return db.transaction(async (tx): Promise<PublishResult> => {
    const [turn] = await tx.query<{ isOurs: boolean }>(TAKE_TURN);
    if (!turn?.isOurs) return { kind: 'busy' };
    const rows = await tx.query<OutboxEvent & { retryCount: number }>(NEXT, [batchSize]);
    if (rows.length === 0) return { kind: 'published', readCount: 0, publishedCount: 0, failed: [] };
    const { taken, failed } = await handOver(tx, targets, rows);
    if (taken.length > 0) await tx.query(MARK_PROCESSED, [taken.map(({ eventId }) => eventId)]);
    const retryCounts = new Map(rows.map(({ eventId, retryCount }) => [eventId, retryCount]));
    const judged = failed.map(({ event, error }) => {
      const failures = (retryCounts.get(event.eventId) ?? 0) + 1;
      return { event, error, isParked: failures >= mostAttempts, waitMs: backOffMs(failures) };
    });
    await markFailed(tx, judged);
    return { kind: 'published', readCount: rows.length, publishedCount: taken.length, failed: judged };
  });
}

interface HandedOver {
  readonly taken: readonly OutboxEvent[];
  readonly failed: readonly FailedEvent[];
}

/** Passes events to all targets or to none; on an error it retries each half, until only the failing events remain. */
async function handOver(
  tx: Transactional,
  targets: readonly EventTarget[],
  events: readonly OutboxEvent[],
): Promise<HandedOver> {
  await tx.query('SAVEPOINT portion');
  try {
    for (const target of targets) await target.publish(tx, events);
    await tx.query('RELEASE SAVEPOINT portion');
    return { taken: events, failed: [] };
  } catch (error) {
    if (isConnectionFailure(error) || !isOfTheEvent(sqlStateOf(error))) throw error;
    await tx.query('ROLLBACK TO SAVEPOINT portion');
    await tx.query('RELEASE SAVEPOINT portion');
    const [first] = events;
    if (first === undefined) return { taken: [], failed: [] };
    if (events.length === 1) return { taken: [], failed: [{ event: first, error: asError(error) }] };
  }
  const middle = Math.ceil(events.length / 2);
  const before = await handOver(tx, targets, events.slice(0, middle));
  const held = new Set(before.failed.map(({ event }) => event.aggregateId));
  // Only the second half needs this: within the first, the recursion has already held later events back.
  const rest = events.slice(middle).filter(({ aggregateId }) => !held.has(aggregateId));
  const after = rest.length === 0 ? { taken: [], failed: [] } : await handOver(tx, targets, rest);
  return { taken: [...before.taken, ...after.taken], failed: [...before.failed, ...after.failed] };
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

// A plan from when the table was empty must not scan it once it is large: enable_seqscan is off.
const TAKE_TURN = `
  SELECT pg_try_advisory_xact_lock(hashtext('family-hub-jobs outbox')) AS "isOurs",
         set_config('enable_seqscan', 'off', true)`;

const NEXT = `
  WITH held AS MATERIALIZED (
    SELECT aggregate_id, min(sequence) AS since FROM auth.outbox_events
    WHERE next_attempt_at > now() AND processed_at IS NULL AND parked_at IS NULL GROUP BY aggregate_id
  )
  SELECT event_id AS "eventId", event_type AS "eventType", event_version AS "eventVersion", aggregate_type AS "aggregateType",
         aggregate_id AS "aggregateId", family_id AS "familyId", payload, sequence::text AS sequence, created_at AS "createdAt",
         redelivered_at IS NOT NULL AS "isRedelivery", retry_count AS "retryCount"
  FROM auth.outbox_events e
  WHERE processed_at IS NULL AND parked_at IS NULL
    AND NOT EXISTS (SELECT FROM held WHERE held.aggregate_id = e.aggregate_id AND held.since <= e.sequence)
  ORDER BY e.sequence LIMIT $1`;

const MARK_PROCESSED = `
  UPDATE auth.outbox_events SET processed_at = now(), updated_at = now(), next_attempt_at = NULL, error_message = NULL
  WHERE event_id = ANY($1::uuid[])`;

const MARK_FAILED = `
  UPDATE auth.outbox_events e
  SET retry_count = retry_count + 1, error_message = f.message, updated_at = now(),
      next_attempt_at = CASE WHEN NOT f.parked THEN now() + f.wait_ms * interval '1 millisecond' END,
      parked_at = CASE WHEN f.parked THEN now() END
  FROM jsonb_to_recordset($1::jsonb) AS f(id uuid, message text, parked boolean, wait_ms int)
  WHERE e.event_id = f.id`;

async function markFailed(
  tx: Queryable,
  failed: readonly (FailedEvent & { readonly isParked: boolean; readonly waitMs: number })[],
): Promise<void> {
  if (failed.length === 0) return;
  const rows = failed.map(({ event, error, isParked, waitMs }) => ({
    id: event.eventId,
    message: error.message.slice(0, 500).replaceAll('\0', ''),
    parked: isParked,
    wait_ms: waitMs,
  }));
  await tx.query(MARK_FAILED, [JSON.stringify(rows)]);
}
