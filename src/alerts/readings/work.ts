/** The queries for alerts about work: the queue, the circuit that stops it, and the jobs. */
import { IS_IN_FORCE } from '../../accounts/lease.ts';
import type { Thresholds } from '../../config/alerts.ts';
import { FIRE_WINDOW_MS } from '../../diagnosis/work-conditions.ts';
import { LIMIT, type Readings } from '../alert-rule.ts';

/**
 * Only providers that a live node uses: after a change of provider the former one keeps its row, but no node
 * probes it. During a rolling restart both are in use.
 */
const IN_USE = `provider IN (SELECT node.provider FROM auth.server_nodes AS node WHERE node.state <> 'gone')`;

// A circuit that was opened manually has no cause; the threshold of a pause applies to it.
const OPEN = `
  SELECT provider AS key, provider, state = 'half_open' AS "isHalfOpen", cause, coalesce(opened_at, updated_at) AS since
  FROM auth.identity_circuits
  WHERE state <> 'closed' AND ${IN_USE}
    AND coalesce(opened_at, updated_at) < now() - CASE WHEN cause IS NULL THEN $2::float8 ELSE $1::float8 END * interval '1 millisecond'
  ORDER BY provider ${LIMIT}`;

/** How many failures one query counts at most: about 20 ms, from an index alone. */
const MOST_FAILED = 100_000;
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

// Uses job_fires_job_name_outcome_idx for the newest fires of each job and outcome. created_at dates also a row
// of several fires: only rows of skipped fires grow later.
const MISSED = `
  SELECT schedule.name AS key, schedule.name AS "jobName", sum(fire.count)::int AS count, min(fire.created_at) AS since,
         coalesce(sum(fire.count) FILTER (WHERE fire.outcome = 'missed'), 0)::int AS missed
  FROM auth.job_schedules AS schedule
  CROSS JOIN unnest('{late,caught_up,missed}'::auth.fire_outcome[]) AS kind
  CROSS JOIN LATERAL (
    SELECT outcome, count, fired_at, through_at, started_at, created_at FROM auth.job_fires
    WHERE job_name = schedule.name AND outcome = kind ORDER BY fired_at DESC LIMIT 100
  ) AS fire
  WHERE fire.created_at > now() - $1 * interval '1 millisecond'
    AND (fire.outcome = 'missed'
         OR coalesce(fire.started_at, now()) - fire.fired_at > $2 * interval '1 millisecond')
  GROUP BY schedule.name ORDER BY schedule.name ${LIMIT}`;

// Uses job_runs_job_name_started_at_idx for the newest runs that ended. Interrupted runs say nothing about
// the job.
const FAILING = `
  SELECT schedule.name AS key, schedule.name AS "jobName", failing.count, failing.since
  FROM auth.job_schedules AS schedule
  CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE successes = 0)::int AS count,
           min(coalesce(finished_at, started_at)) FILTER (WHERE successes = 0) AS since
    FROM (SELECT finished_at, started_at,
                 count(*) FILTER (WHERE status = 'succeeded') OVER (ORDER BY started_at DESC, id DESC) AS successes
          FROM (SELECT id, status, started_at, finished_at FROM auth.job_runs
                WHERE job_name = schedule.name ORDER BY started_at DESC, id DESC LIMIT 50) AS newest
          WHERE status IN ('succeeded', 'failed')) AS ended
  ) AS failing
  WHERE failing.count >= 2 ORDER BY schedule.name ${LIMIT}`;

export type WorkCode =
  | 'ENTRY_FAILED'
  | 'ENTRY_OVERDUE'
  | 'QUEUE_PAUSED'
  | 'CIRCUIT_OPEN'
  | 'FIRE_MISSED'
  | 'JOB_FAILING';

export const workReadings = (after: Thresholds): Readings<WorkCode> => ({
  ENTRY_FAILED: (db) => db.query(FAILED, [after.ENTRY_FAILED, MOST_FAILED]),
  ENTRY_OVERDUE: (db) => db.query(OVERDUE, [after.ENTRY_OVERDUE, MOST_OVERDUE]),
  QUEUE_PAUSED: (db) => db.query(PAUSED, [after.QUEUE_PAUSED]),
  CIRCUIT_OPEN: (db) => db.query(OPEN, [after.CIRCUIT_OPEN, after.QUEUE_PAUSED]),
  FIRE_MISSED: (db) => db.query(MISSED, [FIRE_WINDOW_MS, after.FIRE_MISSED]),
  JOB_FAILING: (db) => db.query(FAILING),
});
