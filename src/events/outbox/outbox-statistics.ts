/** Statistics of the outbox: pending and parked events, the age of the oldest, and the rate of publishing. */
import type { Queryable } from '../../database/database.ts';

/** The period over which the rate of publishing is measured. */
const SPAN_SECONDS = 60;

export interface OutboxStatistics {
  readonly pendingCount: number;
  readonly waitingCount: number;
  readonly parkedCount: number;
  /** In milliseconds, by the database's clock; null when nothing waits. */
  readonly oldestPendingAgeMs: number | null;
  readonly publishedPerSecond: number;
  readonly lastPublishedAt: Date | null;
}

// greatest() ignores null: without the CASE an empty outbox would have an oldest event of age 0.
/** Served by outbox_events_pending_idx, _waiting_idx, _parked_idx and _processed_idx. */
const LOAD = `
  SELECT pending.count::float8 AS "pendingCount", waiting.count::float8 AS "waitingCount", parked.count::float8 AS "parkedCount",
         CASE WHEN oldest.created_at IS NOT NULL
              THEN greatest(0, extract(epoch FROM clock_timestamp() - oldest.created_at) * 1000)::float8 END AS "oldestPendingAgeMs",
         recent.count::float8 / ${SPAN_SECONDS} AS "publishedPerSecond", last.processed_at AS "lastPublishedAt"
  FROM (SELECT count(*) FROM auth.outbox_events WHERE processed_at IS NULL AND parked_at IS NULL) AS pending
  CROSS JOIN (SELECT count(*) FROM auth.outbox_events
              WHERE next_attempt_at IS NOT NULL AND processed_at IS NULL AND parked_at IS NULL) AS waiting
  CROSS JOIN (SELECT count(*) FROM auth.outbox_events WHERE parked_at IS NOT NULL) AS parked
  CROSS JOIN (SELECT count(*) FROM auth.outbox_events WHERE processed_at > now() - ${SPAN_SECONDS} * interval '1 second') AS recent
  LEFT JOIN LATERAL (SELECT created_at FROM auth.outbox_events
                     WHERE processed_at IS NULL AND parked_at IS NULL ORDER BY sequence LIMIT 1) AS oldest ON true
  LEFT JOIN LATERAL (SELECT processed_at FROM auth.outbox_events
                     WHERE processed_at IS NOT NULL ORDER BY processed_at DESC LIMIT 1) AS last ON true`;

/** Returns the statistics of the outbox; `pendingCount` includes events that wait after a failure. */
export async function loadOutboxStatistics(db: Queryable): Promise<OutboxStatistics> {
  const [statistics] = await db.query<OutboxStatistics>(LOAD);
  if (statistics === undefined) throw new Error('The statistics of the outbox have no row.');
  return statistics;
}
