/** The queries for jobs with late or missed fires, and for jobs that fail repeatedly. */
import type { Thresholds } from '../../config/alerts.ts';
import { FIRE_WINDOW_MS } from '../../diagnosis/work-conditions.ts';
import { LIMIT, type Readings } from '../alert-rule.ts';

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

export const jobReadings = ({ FIRE_MISSED }: Thresholds): Readings<'FIRE_MISSED' | 'JOB_FAILING'> => ({
  FIRE_MISSED: (db) => db.query(MISSED, [FIRE_WINDOW_MS, FIRE_MISSED]),
  JOB_FAILING: (db) => db.query(FAILING),
});
