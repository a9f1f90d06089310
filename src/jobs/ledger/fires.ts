/**
 * Writes the fire ledger. One statement makes a claim: it moves the schedule's watermark, writes the outcomes and
 * starts the run, or does nothing at all. So exactly one of any number of nodes wins, whatever their clocks say,
 * and no leader is needed. A run starts and ends under the lock on the schedule's row, with timestamps taken under
 * that lock: so the times of two runs never overlap either.
 */
import { randomUUID } from 'node:crypto';
import { sinceBoot } from '../../clock.ts';
import type { Queryable } from '../../database/database.ts';
import type { FireOutcome, RunTrigger } from '../../database/generated/prisma/enums.ts';
import { IS_PAUSED, MISFIRE_WINDOW_MS, ON_TIME_TOLERANCE_MS, type Resolution } from './resolve.rules.ts';

/** A run that this node holds: only a statement with its token may write its result. */
export interface RunLease {
  readonly runId: string;
  readonly jobName: string;
  readonly trigger: RunTrigger;
  readonly leaseToken: string;
  /** When its fire was due; null for a manual run. */
  readonly scheduledFor: Date | null;
  /** Who started it; null for a fire. */
  readonly actor: string | null;
  /** By sinceBoot(), taken before the lease was requested: the response may be late. */
  readonly heldSince: number;
}

/** What was written for one instant, or for the `count` instants of a gap. */
export interface RecordedFire {
  readonly outcome: FireOutcome;
  readonly count: number;
  /** From the instant to the start of its run; null when no run started. */
  readonly lagSeconds: number | null;
}

export interface Claim {
  /** False: another node resolved these instants, the schedule changed, or they are in the database's future. */
  readonly isClaimed: boolean;
  /** The run to execute; null when nothing starts (skipped, owed, or another run is in progress). */
  readonly run: RunLease | null;
  readonly fires: readonly RecordedFire[];
  /** The database's time, and the schedule as the statement read it. */
  readonly now: Date;
  readonly resolvedThrough: Date;
  readonly version: number;
}

export interface ClaimInput {
  /** As it was read: the claim fails when any of it has changed. */
  readonly schedule: { readonly name: string; readonly resolvedThrough: Date; readonly version: number };
  readonly resolution: Resolution;
  readonly nodeId: string;
  readonly leaseMs: number;
  readonly toleranceMs?: number;
}

/** Whether a fire that `resolveFires` called on time was claimed too late for that: $8 is the tolerance. */
const IS_LATE = `input.outcome = 'on_time' AND coalesce(run.started_at, now()) > input."firedAt" + $8 * interval '1 millisecond'`;

/**
 * Claims what `resolveFires` decided. The database has the last word on overlap and punctuality: a fire that
 * finds another run in progress becomes `skipped_overlap` (a `caught_up` one stays owed), and one whose
 * claim took too long becomes `late`. A gap that continues (a pause, a long run) extends its last row.
 * Returns null when there is no schedule of that name.
 */
export async function claimFires(db: Queryable, input: ClaimInput): Promise<Claim | null> {
  const { schedule, resolution, nodeId, leaseMs, toleranceMs = ON_TIME_TOLERANCE_MS } = input;
  const heldSince = sinceBoot();
  const fires = resolution.fires.map((fire) => ({ ...fire, id: randomUUID() }));
  const [row] = await db.query<
    Omit<Claim, 'run'> & { [K in keyof Omit<RunLease, 'actor' | 'heldSince'>]: RunLease[K] | null }
  >(
    `WITH input AS (
       SELECT *
         FROM jsonb_to_recordset($5::jsonb) AS fire (
           id uuid, "firedAt" timestamptz, "throughAt" timestamptz, count int,
           outcome auth.fire_outcome, reason text, actor text, starts boolean)
     ), claimed AS (
       UPDATE auth.job_schedules
          SET resolved_through = $3, updated_at = now()
        WHERE name = $1 AND resolved_through = $2 AND version = $4 AND $3::timestamptz <= now()
       RETURNING name, version
     ), run AS (
       INSERT INTO auth.job_runs (job_name, trigger, started_at, scheduled_for, fire_id, node_id, lease_token, lease_expires_at)
       -- Once the schedule's row is held: the statement may have waited for the end of another run.
       SELECT claimed.name,
              CASE input.outcome WHEN 'caught_up' THEN 'catch_up' ELSE 'schedule' END::auth.run_trigger, clock_timestamp(),
              input."firedAt", input.id, $6, gen_random_uuid(), now() + $7 * interval '1 millisecond'
         FROM claimed CROSS JOIN input
        WHERE input.starts
       ON CONFLICT DO NOTHING
       RETURNING id, job_name, trigger, started_at, fire_id, lease_token, scheduled_for
     ), lengthened AS (
       UPDATE auth.job_fires AS last
          SET through_at = input."throughAt", count = last.count + input.count
         FROM claimed CROSS JOIN input
        WHERE last.id = (SELECT id FROM auth.job_fires WHERE job_name = $1 ORDER BY fired_at DESC LIMIT 1)
          AND input."firedAt" = (SELECT min("firedAt") FROM input)
          AND input.outcome IN ('skipped_paused', 'skipped_overlap')
          AND last.outcome = input.outcome
          AND last.schedule_version = claimed.version
          AND last.reason IS NOT DISTINCT FROM input.reason
          AND last.actor IS NOT DISTINCT FROM input.actor
       RETURNING input.id, input.outcome, input.count
     ), recorded AS (
       INSERT INTO auth.job_fires (id, job_name, fired_at, through_at, count, outcome, reason, actor, node_id,
                                   schedule_version, started_at)
       SELECT input.id, claimed.name, input."firedAt", input."throughAt", input.count,
              CASE WHEN input.starts AND run.id IS NULL AND input.outcome <> 'caught_up' THEN 'skipped_overlap'
                   WHEN ${IS_LATE} THEN 'late'
                   ELSE input.outcome END::auth.fire_outcome,
              CASE WHEN input.starts AND run.id IS NULL AND input.outcome <> 'caught_up'
                   THEN coalesce((SELECT 'The run that began at '
                                         || to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
                                         || ' was going on.'
                                    FROM auth.job_runs WHERE job_name = $1 AND status = 'running'),
                                 'A run that began or ended at that very moment was going on.')
                   WHEN ${IS_LATE}
                   THEN 'Claimed ' || trim_scale(round(extract(epoch FROM coalesce(run.started_at, now()) - input."firedAt"), 3))
                        || ' s after it was due.'
                   ELSE input.reason END,
              input.actor, $6, claimed.version, run.started_at
         FROM claimed CROSS JOIN input LEFT JOIN run ON run.fire_id = input.id
        WHERE input.id NOT IN (SELECT id FROM lengthened)
       RETURNING outcome, count, extract(epoch FROM started_at - fired_at)::float8 AS lag
     )
     SELECT now() AS now, schedule.resolved_through AS "resolvedThrough", schedule.version,
            EXISTS (SELECT FROM claimed) AS "isClaimed",
            (SELECT coalesce(json_agg(json_build_object('outcome', outcome, 'count', count, 'lagSeconds', lag)), '[]')
               FROM (SELECT outcome, count, lag FROM recorded
                     UNION ALL SELECT outcome, count, NULL FROM lengthened) AS fire) AS fires,
            run.id AS "runId", run.job_name AS "jobName", run.trigger, run.lease_token AS "leaseToken",
            run.scheduled_for AS "scheduledFor"
       FROM auth.job_schedules AS schedule LEFT JOIN run ON true
      WHERE schedule.name = $1`,
    [
      schedule.name,
      schedule.resolvedThrough,
      resolution.through,
      schedule.version,
      JSON.stringify(fires),
      nodeId,
      leaseMs,
      toleranceMs,
    ],
  );
  if (row === undefined) return null;
  const { runId, jobName, trigger, leaseToken, scheduledFor, ...claim } = row;
  const isRun = runId !== null && jobName !== null && trigger !== null && leaseToken !== null;
  return {
    ...claim,
    run: isRun ? { runId, jobName, trigger, leaseToken, scheduledFor, actor: null, heldSince } : null,
  };
}

/**
 * Starts the oldest owed fire of a job (`caught_up`, not started), unless a run is in progress or the schedule is
 * paused. A fire that has waited longer than the window becomes `missed`.
 */
export async function startOwedFire(
  db: Queryable,
  {
    jobName,
    nodeId,
    leaseMs,
    windowMs = MISFIRE_WINDOW_MS,
  }: { jobName: string; nodeId: string; leaseMs: number; windowMs?: number },
): Promise<RunLease | null> {
  const heldSince = sinceBoot();
  const [run] = await db.query<Omit<RunLease, 'heldSince'>>(
    `WITH held AS MATERIALIZED (
       SELECT name FROM auth.job_schedules WHERE name = $1 FOR NO KEY UPDATE
     ), expired AS (
       UPDATE auth.job_fires
          SET outcome = 'missed', reason = 'It was to be caught up with, but nothing could run it within the window.'
        WHERE job_name = $1 AND outcome = 'caught_up' AND started_at IS NULL
          AND fired_at < now() - $4 * interval '1 millisecond'
     ), owed AS (
       SELECT fire.id, fire.fired_at
         FROM held JOIN auth.job_fires AS fire ON fire.job_name = held.name
        WHERE outcome = 'caught_up' AND started_at IS NULL
          AND fired_at >= now() - $4 * interval '1 millisecond'
          AND NOT EXISTS (SELECT FROM auth.job_runs WHERE job_name = $1 AND status = 'running')
          AND NOT EXISTS (SELECT FROM auth.job_schedules schedule WHERE name = $1 AND ${IS_PAUSED})
        ORDER BY fired_at
        LIMIT 1
          FOR UPDATE OF fire SKIP LOCKED
     ), run AS (
       INSERT INTO auth.job_runs (job_name, trigger, started_at, scheduled_for, fire_id, node_id, lease_token, lease_expires_at)
       SELECT $1, 'catch_up', clock_timestamp(), owed.fired_at, owed.id, $2, gen_random_uuid(), now() + $3 * interval '1 millisecond'
         FROM owed
       ON CONFLICT DO NOTHING
       RETURNING id, job_name, trigger, started_at, fire_id, lease_token, scheduled_for
     ), started AS (
       UPDATE auth.job_fires AS fire SET started_at = run.started_at, node_id = $2
         FROM run WHERE fire.id = run.fire_id
     )
     SELECT id AS "runId", job_name AS "jobName", trigger, lease_token AS "leaseToken",
            scheduled_for AS "scheduledFor", NULL AS actor
       FROM run`,
    [jobName, nodeId, leaseMs, windowMs],
  );
  return run === undefined ? null : { ...run, heldSince };
}
