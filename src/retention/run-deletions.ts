/** Runs, fires and former versions of schedules beyond their time. */
import { type Delete, keys } from './deletion.ts';

/** Of each job, so many runs and fires stay, however old they are. */
export const NEWEST_KEPT = 100;

/** Served by job_runs_job_name_started_at_idx, job by job (by job_runs_started_at_idx where one job has nearly all). */
export const deleteRuns: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.job_runs WHERE ctid = ANY (ARRAY(
         SELECT old.place
         FROM auth.job_schedules AS schedule
         CROSS JOIN LATERAL (
           SELECT started_at, id FROM auth.job_runs WHERE job_name = schedule.name
           ORDER BY started_at DESC, id DESC OFFSET $3 LIMIT 1
         ) AS newest
         CROSS JOIN LATERAL (
           SELECT ctid AS place FROM auth.job_runs
           WHERE job_name = schedule.name AND (started_at, id) <= (newest.started_at, newest.id)
             AND started_at < now() - $1 * interval '1 millisecond' AND status <> 'running'
           ORDER BY started_at, id LIMIT $2
         ) AS old
         LIMIT $2
       )) RETURNING id AS key`,
      [keepMs, limit, NEWEST_KEPT],
    ),
  );

/**
 * Served by job_fires_job_name_fired_at_key, job by job. A fire stays as long as its run, whose
 * outcome it holds (job_runs_fire_id_idx).
 */
export const deleteFires: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.job_fires WHERE ctid = ANY (ARRAY(
         SELECT old.place
         FROM auth.job_schedules AS schedule
         CROSS JOIN LATERAL (
           SELECT fired_at FROM auth.job_fires WHERE job_name = schedule.name
           ORDER BY fired_at DESC OFFSET $3 LIMIT 1
         ) AS newest
         CROSS JOIN LATERAL (
           SELECT ctid AS place FROM auth.job_fires AS fire
           WHERE job_name = schedule.name AND fired_at <= newest.fired_at
             AND fired_at < now() - $1 * interval '1 millisecond' AND through_at < now() - $1 * interval '1 millisecond'
             AND NOT EXISTS (SELECT FROM auth.job_runs WHERE fire_id = fire.id)
           ORDER BY fired_at LIMIT $2
         ) AS old
         LIMIT $2
       )) RETURNING id AS key`,
      [keepMs, limit, NEWEST_KEPT],
    ),
  );

/**
 * Former versions of schedules, by which nothing is due or was written any more: those beyond their
 * successor's beginning, once the fires of their time are gone. There are few.
 */
export const deleteScheduleVersions: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.job_schedule_versions WHERE ctid = ANY (ARRAY(
         SELECT former.ctid
         FROM auth.job_schedule_versions AS former
         CROSS JOIN LATERAL (
           SELECT in_force_after FROM auth.job_schedule_versions
           WHERE job_name = former.job_name AND version > former.version ORDER BY version LIMIT 1
         ) AS next
         WHERE next.in_force_after < now() - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM auth.job_fires AS fire
                           WHERE fire.job_name = former.job_name AND fired_at > former.in_force_after
                             AND fired_at <= next.in_force_after)
         LIMIT $2
       )) RETURNING job_name || '/' || version AS key`,
      [keepMs, limit],
    ),
  );
