/**
 * The one way to change what a schedule says. What was due under the old version is settled
 * first, so that no instant is judged by a rule that was not in force; then the row gets its new
 * version, and the version its row, all in one transaction. A claim that read the old version
 * is refused by the new number.
 */
import type { Queryable } from '../../database/database.ts';
import { aggregateIdOf } from '../../events/outbox/aggregate-id.rules.ts';
import type { Context } from '../../work/context.ts';
import { type UnitTransaction, unit } from '../../work/unit.ts';
import { claimFires, type RunLease } from '../ledger/fires.ts';
import { ON_TIME_TOLERANCE_MS, settle } from '../ledger/settle.rules.ts';
import { loadJobNames, unknownJob } from '../runs/known-job.ts';
import { timingProblem } from './reschedule.rules.ts';
import { loadSchedules, type Schedule, type ScheduleInUse, type Timing } from './schedules.ts';

/** What a version holds. */
type ScheduleState = Timing & Pick<Schedule, 'isOverridden' | 'pausedAt' | 'pausedUntil' | 'pausedBy' | 'pauseReason'>;

export interface ChangeRequest {
  readonly jobName: string;
  readonly reason: string | null;
}

export interface ChangedSchedule {
  readonly jobName: string;
  /** False: it was so already. */
  readonly isChanged: boolean;
}

export interface ScheduleChange {
  /** What it said before, of what a change can change. */
  readonly before: Readonly<Record<string, unknown>>;
  readonly state: ScheduleState;
  /** Was due in this moment and has begun: the caller must execute it once the transaction has committed. */
  readonly run: RunLease | null;
}

interface ChangeMoment {
  /** The database's time when the transaction began. */
  readonly now: Date;
  /**
   * From when on the change holds. Later than `now` where more is settled already: by a change
   * that began after us and was quicker, or before the clock was put back.
   */
  readonly at: Date;
}

/** What to change of a schedule, which is locked; null: nothing. Throws to refuse. */
export type Decide = (schedule: ScheduleInUse, moment: ChangeMoment) => Partial<ScheduleState> | null;

/**
 * Changes a schedule as `decide` says, in the name of the context's caller; `tell` names the fact. All
 * nodes' timers and runs follow, and what is due at this moment starts here. Throws NotFoundError.
 */
export async function changeAsAsked(
  ctx: Context,
  { jobName, reason }: ChangeRequest,
  decide: Decide,
  tell: (tx: UnitTransaction, change: ScheduleChange, of: ReturnType<typeof detailsOf>) => void,
): Promise<ChangedSchedule> {
  const change = await unit(ctx, async (tx) => {
    // A node that does not know the job could not execute what starts.
    const isKnown = ctx.jobs.some(({ name }) => name === jobName);
    const made = await changeSchedule(tx, ctx, { jobName, reason, startsRuns: isKnown }, decide);
    if (made === undefined) throw unknownJob(jobName, await loadJobNames(tx));
    if (made !== null) tell(tx, made, detailsOf(jobName, reason, made));
    return made;
  });
  if (change?.run) ctx.scheduler.launch(change.run);
  // A node whose notice was lost gets it now.
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
 * Changes a schedule within the caller's transaction; null when nothing changes, undefined when there is no
 * such schedule. Unless `startsRuns`, what is due at this very moment is owed instead of started.
 */
export async function changeSchedule(
  tx: Queryable,
  { nodeId, config, caller }: Pick<Context, 'nodeId' | 'config' | 'caller'>,
  { jobName: name, reason, startsRuns }: ChangeRequest & { readonly startsRuns: boolean },
  decide: Decide,
): Promise<ScheduleChange | null | undefined> {
  // The lock keeps claims of this schedule out until we commit.
  await tx.query('SELECT FROM auth.job_schedules WHERE name = $1 FOR NO KEY UPDATE', [name]);
  const { now, schedules } = await loadSchedules(tx, [name], config.MISFIRE_WINDOW);
  const [schedule] = schedules;
  if (schedule === undefined) return undefined;
  const at = new Date(Math.max(now.getTime(), schedule.settledThrough.getTime()));
  const changes = decide(schedule, { now, at });
  if (changes === null) return null;

  const run = await settleBefore(tx, schedule, now, { nodeId, config, startsRuns });
  const state: ScheduleState = { ...schedule, ...changes };
  await tx.query(
    `UPDATE auth.job_schedules
        SET cron = $2, time_zone = $3, misfire_policy = $4::auth.misfire_policy, is_overridden = $5,
            paused_at = $6, paused_until = $7, paused_by = $8, pause_reason = $9, version = version + 1,
            settled_through = $10, updated_at = now()
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
 * Writes the versions that these schedules are at, where they are not written yet: in force for
 * the instants after the watermark. Call it in the transaction that made or changed them.
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
     SELECT name, version, settled_through, cron, time_zone, misfire_policy, is_overridden,
            paused_at, paused_by, pause_reason, paused_until, $2, $3
       FROM auth.job_schedules
      WHERE name = ANY ($1)
     ON CONFLICT (job_name, version) DO NOTHING`,
    [names, changedBy, changeReason],
  );
}

async function settleBefore(
  tx: Queryable,
  schedule: ScheduleInUse,
  now: Date,
  { nodeId, config, startsRuns }: Pick<Context, 'nodeId' | 'config'> & { readonly startsRuns: boolean },
): Promise<RunLease | null> {
  // Made unreadable with SQL: nothing was due by it that anybody could name.
  if (timingProblem(schedule) !== null) return null;
  const { runningSince } = schedule;
  // A tolerance below zero: nothing is on time, so nothing starts within this transaction.
  const toleranceMs = startsRuns ? ON_TIME_TOLERANCE_MS : -1;
  const due = settle({ schedule, now, upSince: now, runningSince, toleranceMs, windowMs: config.MISFIRE_WINDOW });
  if (due === null) return null;
  const settlement = { ...due, fires: due.fires.map((fire) => ({ ...fire, starts: startsRuns && fire.starts })) };
  const leaseMs = config.LEASE_DURATION;
  const claim = await claimFires(tx, { schedule, settlement, nodeId, leaseMs, toleranceMs });
  // Under the lock nothing can have come between; going on would lose what was due.
  if (!claim?.isClaimed) throw new Error(`What was due of ${schedule.name} could not be settled before its change.`);
  return claim.run;
}
