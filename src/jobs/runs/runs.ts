/**
 * Runs: each is one execution of a job. Their time is not bounded, so they hold a lease that is renewed; every
 * statement that writes a result names the lease's token, so that a node that lost its run cannot write one. At
 * most one run of a job is `running`: the index job_runs_one_running_key ensures it.
 */
import { sinceBoot } from '../../clock.ts';
import type { Queryable } from '../../database/database.ts';
import type { FireOutcome } from '../../database/generated/prisma/enums.ts';
import { namedAggregateId } from '../../events/outbox/aggregate-id.rules.ts';
import { JobAlreadyRunningError } from '../job.errors.ts';
import type { RunCounts, RunProgress } from '../job.ts';
import type { RunLease } from '../ledger/fires.ts';
import { IS_PAUSED, MISFIRE_WINDOW_MS } from '../ledger/resolve.rules.ts';
import { unknownJob } from './known-job.ts';

/**
 * Starts a manual run. A pause does not prevent it, but is mentioned in its reason. Throws
 * JobAlreadyRunningError, or NotFoundError, which lists the jobs.
 */
export async function startManualRun(
  db: Queryable,
  input: { jobName: string; nodeId: string; leaseMs: number; actor: string | null; reason: string | null },
): Promise<RunLease> {
  const { jobName, nodeId, leaseMs, actor, reason } = input;
  const heldSince = sinceBoot();
  const [run] = await db.query<Omit<RunLease, 'heldSince'>>(
    `WITH held AS MATERIALIZED (
       SELECT * FROM auth.job_schedules WHERE name = $1 FOR NO KEY UPDATE
     )
     INSERT INTO auth.job_runs (job_name, trigger, started_at, node_id, actor, reason, lease_token, lease_expires_at)
     SELECT name, 'manual', clock_timestamp(), $2, $3,
            CASE WHEN ${IS_PAUSED} THEN coalesce($4::text || ' (' || pause.note || ')', pause.note)
                 ELSE $4::text END,
            gen_random_uuid(), now() + $5 * interval '1 millisecond'
       FROM held AS schedule
      CROSS JOIN LATERAL (
        SELECT regexp_replace('By hand while ' || coalesce(paused_by, 'somebody') || ' had paused the schedule'
                              || coalesce(': ' || pause_reason, ''), '[^.!?]$', '\\&.') AS note) AS pause
     ON CONFLICT DO NOTHING
     RETURNING id AS "runId", job_name AS "jobName", trigger, lease_token AS "leaseToken",
               scheduled_for AS "scheduledFor", actor`,
    [jobName, nodeId, actor, reason, leaseMs],
  );
  return run === undefined ? refuseManualRun(db, jobName) : { ...run, heldSince };
}

async function refuseManualRun(db: Queryable, jobName: string): Promise<never> {
  const known = await db.query<{ name: string; runId: string | null; startedAt: Date; nodeName: string | null }>(
    `SELECT schedule.name, run.id AS "runId", run.started_at AS "startedAt", node.name AS "nodeName"
       FROM auth.job_schedules AS schedule
       LEFT JOIN auth.job_runs AS run ON run.job_name = schedule.name AND run.status = 'running'
       LEFT JOIN auth.server_nodes AS node ON node.id = run.node_id
      ORDER BY schedule.name`,
  );
  const job = known.find(({ name }) => name === jobName);
  if (job === undefined)
    throw unknownJob(
      jobName,
      known.map(({ name }) => name),
    );
  const { runId, startedAt, nodeName } = job;
  throw new JobAlreadyRunningError(jobName, runId === null ? null : { runId, startedAt, nodeName });
}

/** The counts and progress that a run reports. */
export interface RunReport {
  readonly counts: RunCounts;
  /** Left out or null: the last progress stays. */
  readonly progress?: RunProgress | null;
}

const progressColumns = (done: string, total: string, label: string): string => `
            progress_done_count = coalesce(${done}::int, progress_done_count),
            progress_total_count = CASE WHEN ${done}::int IS NULL THEN progress_total_count ELSE ${total}::int END,
            progress_label = coalesce(${label}::text, progress_label),
            progress_at = CASE WHEN ${done}::int IS NULL THEN progress_at ELSE now() END`;

const progressValues = (progress: RunProgress | null): [number | null, number | null, string | null] => [
  progress?.done ?? null,
  progress?.total ?? null,
  progress?.label ?? null,
];

/** Who asked a run to end, and why if a reason was given. */
export interface Interruption {
  readonly by: string;
  readonly reason: string | null;
}

export const interruptionMessage = ({ by, reason }: Interruption): string =>
  reason === null ? `Interrupted by ${by}.` : `Interrupted by ${by}: ${reason}`;

/** The result of a renewal. */
export interface Renewal {
  /** False: the lease is lost, and with it the run. */
  readonly isHeld: boolean;
  /** Set once an operator has asked the run to end. */
  readonly interruption: Interruption | null;
}

/** Extends the lease and writes the counts so far, and the progress if there is any. */
export async function renewRun(
  db: Queryable,
  run: RunLease,
  leaseMs: number,
  { counts, progress = null }: RunReport,
): Promise<Renewal> {
  const [renewed] = await db.query<{ by: string | null; reason: string | null }>(
    `UPDATE auth.job_runs
        SET lease_expires_at = now() + $3 * interval '1 millisecond', counts = $4::jsonb, updated_at = now(),
            ${progressColumns('$5', '$6', '$7')}
      WHERE id = $1 AND lease_token = $2 AND status = 'running'
     RETURNING interrupted_by AS by, interrupt_reason AS reason`,
    [run.runId, run.leaseToken, leaseMs, JSON.stringify(counts), ...progressValues(progress)],
  );
  if (renewed === undefined) return { isHeld: false, interruption: null };
  const { by, reason } = renewed;
  return { isHeld: true, interruption: by === null ? null : { by, reason } };
}

/** How a run ended, for the metrics. */
export interface EndedRun {
  readonly outcome: FireOutcome | 'manual';
  readonly seconds: number;
}

/**
 * The columns of EndedRun. A statement does not see its own update of the fire, so
 * `owed` says which fires became `caught_up`.
 */
const endedColumns = (run: string): string => `
            CASE WHEN ${run}.fire_id IN (SELECT id FROM owed) THEN 'caught_up'
                 ELSE coalesce((SELECT outcome::text FROM auth.job_fires WHERE id = ${run}.fire_id), 'manual') END AS outcome,
            extract(epoch FROM ${run}.finished_at - ${run}.started_at)::float8 AS seconds`;

export interface RunResult extends RunReport {
  readonly status: 'succeeded' | 'failed' | 'interrupted';
  readonly errorMessage: string | null;
}

/**
 * Closes a run. The fire of an interrupted run is owed once more, unless the policy is `skip` or an operator
 * interrupted the run, and would hardly want it to start again at once. `ended` is null when the lease was lost;
 * `isFireOwed` says that startOwedFire has work.
 */
export async function finishRun(
  db: Queryable,
  run: RunLease,
  { status, counts, progress = null, errorMessage }: RunResult,
  windowMs: number = MISFIRE_WINDOW_MS,
): Promise<{ ended: EndedRun | null; isFireOwed: boolean }> {
  const [row] = await db.query<{ ended: EndedRun | null; isFireOwed: boolean }>(
    `WITH held AS MATERIALIZED (
       SELECT name FROM auth.job_schedules WHERE name = $6 FOR NO KEY UPDATE
     ), finished AS (
       UPDATE auth.job_runs
          SET status = $3::auth.run_status, finished_at = clock_timestamp(), counts = $4::jsonb, error_message = $5,
              is_empty = trigger = 'schedule' AND $3 = 'succeeded' AND NOT jsonb_path_exists($4::jsonb, '$.* ? (@ != 0)'),
              lease_token = NULL, lease_expires_at = NULL, updated_at = now(),
              ${progressColumns('$8', '$9', '$10')}
         FROM held
        WHERE job_name = held.name AND id = $1 AND lease_token = $2 AND status = 'running'
       RETURNING id, fire_id, job_name, trigger, status, scheduled_for, started_at, finished_at, counts, interrupted_at
     ), owed AS (
       UPDATE auth.job_fires AS fire
          SET outcome = 'caught_up', started_at = NULL, reason = 'Its run was interrupted: run once more.'
         FROM finished JOIN auth.job_schedules AS schedule ON schedule.name = finished.job_name
        WHERE fire.id = finished.fire_id AND finished.status = 'interrupted' AND finished.interrupted_at IS NULL
          AND schedule.misfire_policy <> 'skip'
          AND NOT EXISTS (SELECT FROM auth.job_runs AS other
                           WHERE other.fire_id = finished.fire_id AND other.id <> finished.id)
       RETURNING fire.id
     ), event AS (
       ${finishedEvent('finished')}
     )
     SELECT (SELECT to_jsonb(ended) FROM (SELECT ${endedColumns('finished')} FROM finished) AS ended) AS ended,
            EXISTS (SELECT FROM owed) OR EXISTS (
              SELECT FROM auth.job_fires
               WHERE job_name = $6 AND outcome = 'caught_up' AND started_at IS NULL
                 AND fired_at >= now() - $7 * interval '1 millisecond') AS "isFireOwed"`,
    [
      run.runId,
      run.leaseToken,
      status,
      JSON.stringify(counts),
      errorMessage,
      run.jobName,
      windowMs,
      ...progressValues(progress),
    ],
  );
  return row ?? { ended: null, isFireOwed: false };
}

/** Writes the JobRunFinished event of each run that the CTE `runs` has closed. */
const finishedEvent = (runs: string): string =>
  `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload)
       SELECT 'JobRunFinished', 'Job', ${namedAggregateId('Job', 'job_name')},
              jsonb_build_object('jobName', job_name, 'runId', id, 'trigger', trigger, 'status', status, 'scheduledFor', scheduled_for,
                                 'startedAt', started_at, 'finishedAt', finished_at, 'counts', counts)
       FROM ${runs}`;

/**
 * Closes as `interrupted` every run whose lease ended `graceMs` ago, and owes its fire once more, unless the
 * policy is `skip`, the fire has already run twice, or an operator interrupted the run. Any node may call it at
 * any time. The grace period is for a job that is being asked to end because its node cannot renew the lease, and
 * for clocks that differ a little after a failover.
 */
export function closeCrashedRuns(
  db: Queryable,
  graceMs = 0,
): Promise<(EndedRun & { runId: string; jobName: string })[]> {
  return db.query(
    `WITH held AS MATERIALIZED (
       SELECT name FROM auth.job_schedules
        WHERE name IN (SELECT job_name FROM auth.job_runs
                        WHERE status = 'running' AND lease_expires_at < now() - $1 * interval '1 millisecond')
        ORDER BY name FOR NO KEY UPDATE
     ), crashed AS (
       UPDATE auth.job_runs AS run
          SET status = 'interrupted', finished_at = clock_timestamp(), lease_token = NULL, lease_expires_at = NULL,
              updated_at = now(),
              error_message = 'The node that ran it stopped renewing its lease: it was killed, or lost the database.'
         FROM held
        WHERE run.job_name = held.name AND run.status = 'running'
          AND run.lease_expires_at < now() - $1 * interval '1 millisecond'
       RETURNING run.*
     ), owed AS (
       UPDATE auth.job_fires AS fire
          SET outcome = 'caught_up', started_at = NULL, reason = 'The node that ran it was lost: run once more.'
         FROM crashed JOIN auth.job_schedules AS schedule ON schedule.name = crashed.job_name
        WHERE fire.id = crashed.fire_id AND crashed.interrupted_at IS NULL AND schedule.misfire_policy <> 'skip'
          AND NOT EXISTS (SELECT FROM auth.job_runs AS other
                           WHERE other.fire_id = crashed.fire_id AND other.id <> crashed.id)
       RETURNING fire.id
     ), event AS (
       ${finishedEvent('crashed')}
     ), line AS (
       INSERT INTO auth.job_run_log_lines (run_id, at, level, message)
       SELECT id, finished_at, 'error', error_message FROM crashed
     )
     SELECT id AS "runId", job_name AS "jobName", ${endedColumns('crashed')} FROM crashed`,
    [graceMs],
  );
}
