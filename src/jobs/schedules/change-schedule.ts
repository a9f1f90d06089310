/**
 * The only way to change a schedule. Fires that were due under the old version are resolved first, so that each
 * instant follows the rule that was in force at that time; then the row gets its new version and the version is
 * stored, all in one transaction. The new version number makes a claim that read the old version fail.
 *
 * Creates schedule rows from the defaults in the code. The default applies when a node first registers a job;
 * from then on the row is the source of truth, and a changed default reaches it only while no operator has
 * overridden the schedule.
 */
import type { Queryable } from '../../database/database.ts';
import { aggregateIdOf } from '../../events/outbox/aggregate-id.rules.ts';
import { asSystem, type Context, type Services } from '../../work/context.ts';
import { type UnitTransaction, unit } from '../../work/unit.ts';
import { claimFires, type RunLease } from '../ledger/fires.ts';
import { ON_TIME_TOLERANCE_MS, resolveFires } from '../ledger/resolve.rules.ts';
import { loadJobNames, unknownJob } from '../runs/known-job.ts';
import { timingProblem } from './reschedule.rules.ts';
import { isSameTiming, loadSchedules, type Schedule, type ScheduleInUse, type Timing, timingOf } from './schedules.ts';

/** The fields that a version stores. */
type ScheduleState = Timing & Pick<Schedule, 'isOverridden' | 'pausedAt' | 'pausedUntil' | 'pausedBy' | 'pauseReason'>;

export interface ChangeRequest {
  readonly jobName: string;
  readonly reason: string | null;
}

export interface ChangedSchedule {
  readonly jobName: string;
  /** False when the schedule already had these values. */
  readonly isChanged: boolean;
}

export interface ScheduleChange {
  /** The previous values of the fields that a change can set. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly state: ScheduleState;
  /** The run of a fire that was due at this moment: the caller must execute it after the transaction has committed. */
  readonly run: RunLease | null;
}

interface ChangeMoment {
  /** The database's time when the transaction began. */
  readonly now: Date;
  /**
   * The instant after which the change applies. Later than `now` when instants after it are already resolved: by a
   * change that began after this one and committed first, or before the clock was set back.
   */
  readonly at: Date;
}

/** Decides what to change in the locked schedule; null changes nothing. Throws to refuse. */
export type Decide = (schedule: ScheduleInUse, moment: ChangeMoment) => Partial<ScheduleState> | null;

/**
 * Changes a schedule as `decide` says, with the context's caller as the actor; `tell` writes the
 * audit entry and event. Timers and runs on all nodes follow, and a fire that is due at this moment
 * starts on this node. Throws NotFoundError.
 */
export async function changeAsAsked(
  ctx: Context,
  { jobName, reason }: ChangeRequest,
  decide: Decide,
  tell: (tx: UnitTransaction, change: ScheduleChange, of: ReturnType<typeof detailsOf>) => void,
): Promise<ChangedSchedule> {
  const change = await unit(ctx, async (tx) => {
    // A node that does not know the job could not execute the run.
    const isKnown = ctx.jobs.some(({ name }) => name === jobName);
    const made = await changeSchedule(tx, ctx, { jobName, reason, startsRuns: isKnown }, decide);
    if (made === undefined) throw unknownJob(jobName, await loadJobNames(tx));
    if (made !== null) tell(tx, made, detailsOf(jobName, reason, made));
    return made;
  });
  if (change?.run) ctx.scheduler.launch(change.run);
  // A node that lost its notification gets another one.
  if (change === null) ctx.notices.notify('schedules', 'changes');
  return { jobName, isChanged: change !== null };
}

const detailsOf = (jobName: string, reason: string | null, { before }: ScheduleChange) => ({
  id: jobName,
  aggregateId: aggregateIdOf('JobSchedule', jobName),
  reason,
  before,
});

/**
 * Changes a schedule within the caller's transaction. Returns null when nothing changes, undefined when there is
 * no schedule of that name. Without `startsRuns`, a fire that is due at this moment is owed instead of started.
 */
export async function changeSchedule(
  tx: Queryable,
  { nodeId, config, caller }: Pick<Context, 'nodeId' | 'config' | 'caller'>,
  { jobName: name, reason, startsRuns }: ChangeRequest & { readonly startsRuns: boolean },
  decide: Decide,
): Promise<ScheduleChange | null | undefined> {
  // The lock blocks claims of this schedule until the transaction commits.
  await tx.query('SELECT FROM auth.job_schedules WHERE name = $1 FOR NO KEY UPDATE', [name]);
  const { now, schedules } = await loadSchedules(tx, [name], config.MISFIRE_WINDOW);
  const [schedule] = schedules;
  if (schedule === undefined) return undefined;
  const at = new Date(Math.max(now.getTime(), schedule.resolvedThrough.getTime()));
  const changes = decide(schedule, { now, at });
  if (changes === null) return null;

  const run = await resolveBefore(tx, schedule, now, { nodeId, config, startsRuns });
  const state: ScheduleState = { ...schedule, ...changes };
  await tx.query(
    `UPDATE auth.job_schedules
        SET cron = $2, time_zone = $3, misfire_policy = $4::auth.misfire_policy, is_overridden = $5,
            paused_at = $6, paused_until = $7, paused_by = $8, pause_reason = $9, version = version + 1,
            resolved_through = $10, updated_at = now()
      WHERE name = $1`,
    [
      name,
      state.cron,
      state.timeZone,
      state.misfirePolicy,
      state.isOverridden,
      state.pausedAt,
      state.pausedUntil,
      state.pausedBy,
      state.pauseReason,
      at,
    ],
  );
  await recordVersions(tx, [name], caller.kind === 'system' ? null : caller.name, reason);
  const { cron, timeZone, misfirePolicy, pausedAt } = schedule;
  return { before: { cron, timeZone, misfirePolicy, isPaused: pausedAt !== null }, state, run };
}

/**
 * Stores the current versions of these schedules if they are not stored yet; a version applies to the instants
 * after the watermark. Call it in the transaction that created or changed the schedules.
 */
export async function recordVersions(
  tx: Queryable,
  names: readonly string[],
  changedBy: string | null,
  changeReason: string | null,
): Promise<void> {
  await tx.query(
    `INSERT INTO auth.job_schedule_versions
       (job_name, version, in_force_after, cron, time_zone, misfire_policy, is_overridden,
        paused_at, paused_by, pause_reason, paused_until, changed_by, change_reason)
     SELECT name, version, resolved_through, cron, time_zone, misfire_policy, is_overridden,
            paused_at, paused_by, pause_reason, paused_until, $2, $3
       FROM auth.job_schedules
      WHERE name = ANY ($1)
     ON CONFLICT (job_name, version) DO NOTHING`,
    [names, changedBy, changeReason],
  );
}

async function resolveBefore(
  tx: Queryable,
  schedule: ScheduleInUse,
  now: Date,
  { nodeId, config, startsRuns }: Pick<Context, 'nodeId' | 'config'> & { readonly startsRuns: boolean },
): Promise<RunLease | null> {
  // A schedule that SQL made invalid had no due instants that could be computed.
  if (timingProblem(schedule) !== null) return null;
  const { runningSince } = schedule;
  // With a tolerance below zero nothing is on time, so nothing starts within this transaction.
  const toleranceMs = startsRuns ? ON_TIME_TOLERANCE_MS : -1;
  const due = resolveFires({ schedule, now, upSince: now, runningSince, toleranceMs, windowMs: config.MISFIRE_WINDOW });
  if (due === null) return null;
  const resolution = { ...due, fires: due.fires.map((fire) => ({ ...fire, starts: startsRuns && fire.starts })) };
  const leaseMs = config.LEASE_DURATION;
  const claim = await claimFires(tx, { schedule, resolution, nodeId, leaseMs, toleranceMs });
  // The lock rules out a concurrent change; continuing would lose the due fires.
  if (!claim?.isClaimed) throw new Error(`What was due of ${schedule.name} could not be resolved before its change.`);
  return claim.run;
}

/**
 * Creates the missing rows, with everything up to now resolved, and applies changed defaults to schedules that
 * are not overridden, as a new version. Throws an Error that names the job when a default has an invalid cron
 * or time zone: that is a bug in the code.
 */
export async function registerSchedules(services: Services): Promise<void> {
  const { db, jobs } = services;
  for (const job of jobs) {
    const problem = timingProblem(job);
    if (problem !== null) throw new Error(`The default schedule of ${job.name} is wrong. ${problem}`);
  }
  const defaults = jobs.map((job) => ({ name: job.name, ...timingOf(job) }));
  await db.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
       SELECT name, cron, "timeZone", "misfirePolicy", date_trunc('milliseconds', now())
         FROM jsonb_to_recordset($1::jsonb) AS job (
           name text, cron text, "timeZone" text, "misfirePolicy" auth.misfire_policy)
        ORDER BY name
       ON CONFLICT (name) DO NOTHING`,
      [JSON.stringify(defaults)],
    );
    const names = jobs.map(({ name }) => name);
    await recordVersions(tx, names, null, null);
  });
  const ctx = asSystem(services, 'start');
  for (const job of jobs) {
    // No run can be executed before the scheduler has started.
    const request = { jobName: job.name, reason: 'The default has changed.', startsRuns: false };
    await unit(ctx, async (tx) => {
      const change = await changeSchedule(tx, ctx, request, (schedule) =>
        schedule.isOverridden || isSameTiming(schedule, job) ? null : timingOf(job),
      );
      if (!change) return;
      tx.happened('scheduleDefaultChanged', { id: job.name, before: change.before, after: { ...timingOf(job) } });
    });
  }
}
