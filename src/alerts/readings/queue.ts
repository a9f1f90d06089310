/** The queries for entries that failed permanently or are overdue, and for a queue that has been paused for long. */
import { IS_IN_FORCE } from '../../accounts/lease.ts';
import type { Thresholds } from '../../config/alerts.ts';
import { LIMIT, type Readings } from '../alert-rule.ts';
import { IN_USE } from './circuit.ts';

/** How many failures one query counts at most: about 20 ms, from an index alone. */
const MOST_COUNTED = 100_000;
/** How many overdue entries are checked for one that is not paused. */
const MOST_OVERDUE = 1_000;

// An index-only scan of queued_managed_account_creations_failed_at_idx.
const FAILED = `
  SELECT coalesce(failure_group, last_error_code, '') AS key, max(failure_group) AS "failureGroup", max(failure_group) AS "subjectKey",
         max(last_error_code) AS code, count(*)::int AS count, min(failed_at) AS since,
         sum(count(*)) OVER () >= $2 AS "isPartial"
  FROM (SELECT failure_group, last_error_code, failed_at FROM auth.queued_managed_account_creations
        WHERE status = 'failed' AND failed_at > now() - $1 * interval '1 millisecond'
        ORDER BY failed_at DESC LIMIT $2) AS failed
  GROUP BY 1 ORDER BY count(*) DESC, 1 ${LIMIT}`;

// Uses queued_managed_account_creations_due_idx.
const OVERDUE = `
  WITH due AS (
    SELECT family_id, next_retry_at AS due_at FROM auth.queued_managed_account_creations
    WHERE status = 'pending' AND NOT is_held AND next_retry_at < now() - $1 * interval '1 millisecond'
    ORDER BY next_retry_at LIMIT $2
  ), waiting AS (
    SELECT due_at FROM due
    WHERE NOT EXISTS (SELECT FROM auth.queue_pauses p
                      WHERE (p.family_id IS NULL OR p.family_id = due.family_id) AND ${IS_IN_FORCE})
  )
  SELECT count(*)::int AS count, min(due_at) AS since,
         (SELECT count(*) FROM due) = $2 AS "isCut",
         EXISTS (SELECT FROM auth.identity_circuits WHERE state <> 'closed' AND ${IN_USE}) AS "isCircuitOpen",
         EXISTS (SELECT FROM auth.queue_limits WHERE starts_per_second IS NOT NULL OR concurrency IS NOT NULL) AS "isLimited"
  FROM waiting HAVING count(*) > 0`;

const PAUSED = `
  SELECT paused_at AS since FROM auth.queue_pauses p
  WHERE family_id IS NULL AND paused_at < now() - $1 * interval '1 millisecond' AND ${IS_IN_FORCE}`;

export const queueReadings = ({
  ENTRY_FAILED,
  ENTRY_OVERDUE,
  QUEUE_PAUSED,
}: Thresholds): Readings<'ENTRY_FAILED' | 'ENTRY_OVERDUE' | 'QUEUE_PAUSED'> => ({
  ENTRY_FAILED: (db) => db.query(FAILED, [ENTRY_FAILED, MOST_COUNTED]),
  ENTRY_OVERDUE: (db) => db.query(OVERDUE, [ENTRY_OVERDUE, MOST_OVERDUE]),
  QUEUE_PAUSED: (db) => db.query(PAUSED, [QUEUE_PAUSED]),
});
