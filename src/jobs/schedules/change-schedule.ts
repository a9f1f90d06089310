/**
 * The one way to change what a schedule says. What was due under the old version is settled
 * first, so that no instant is judged by a rule that was not in force; then the row gets its new
 * version, and the version its row, all in one transaction. A claim that read the old version
 * is refused by the new number.
 */
import type { Queryable } from '../../database/database.ts';
import { claimFires, type RunLease } from '../ledger/fires.ts';
import { settle } from '../ledger/settle.rules.ts';
import { loadSchedules, type Schedule, type ScheduleInUse, type Timing } from './schedules.ts';
import { timingProblem } from './timing.rules.ts';

/** What a version holds. */
export type ScheduleState = Timing &
  Pick<Schedule, 'isOverridden' | 'pausedAt' | 'pausedUntil' | 'pausedBy' | 'pauseReason'>;

export interface ChangeInput {
  readonly name: string;
  readonly nodeId: string;
  /** How what is due at this very moment is started; null: nothing starts, and what would is owed. */
  readonly starting: { readonly leaseMs: number; readonly toleranceMs: number } | null;
  readonly windowMs: number;
  /** Null: the server itself. */
  readonly actor: string | null;
  readonly reason: string | null;
}

export interface ScheduleChange {
  readonly isChanged: boolean;
  /** What it said before, of what a change can change. */
  readonly before?: Readonly<Record<string, unknown>>;
  /** What it says now; not there when nothing changed. */
  readonly state?: ScheduleState;
  /** Was due in this moment and has begun: the caller must execute it once the transaction has committed. */
  readonly run: RunLease | null;
}

export interface ChangeMoment {
  /** The database's time when the transaction began. */
  readonly now: Date;
  /**
   * From when on the change holds. Later than `now` where more is settled already: by a change
   * that began after us and was quicker, or before the clock was put back.
   */
  readonly at: Date;
}

const UNCHANGED: ScheduleChange = { isChanged: false, run: null };

/**
 * Changes a schedule as `decide` says, within the caller's transaction; null from it changes
 * nothing. `decide` gets the schedule under lock, and may refuse by throwing. Null when there is
 * no such schedule.
 */
export async function changeSchedule(
  tx: Queryable,
  { name, nodeId, starting, windowMs, actor, reason }: ChangeInput,
  decide: (schedule: ScheduleInUse, moment: ChangeMoment) => Partial<ScheduleState> | null,
): Promise<ScheduleChange | null> {
  // The lock keeps claims of this schedule out until we commit.
  await tx.query('SELECT FROM auth.job_schedules WHERE name = $1 FOR NO KEY UPDATE', [name]);
  const { now, schedules } = await loadSchedules(tx, [name], windowMs);
  const [schedule] = schedules;
  if (schedule === undefined) return null;
  const at = new Date(Math.max(now.getTime(), schedule.settledThrough.getTime()));
  const changes = decide(schedule, { now, at });
  if (changes === null) return UNCHANGED;

  const run = await settleBefore(tx, schedule, now, { nodeId, starting, windowMs });
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
  await recordVersions(tx, [name], actor, reason);
  const { cron, timeZone, misfirePolicy, pausedAt } = schedule;
  return { isChanged: true, before: { cron, timeZone, misfirePolicy, isPaused: pausedAt !== null }, state, run };
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
  { nodeId, starting, windowMs }: Pick<ChangeInput, 'nodeId' | 'starting' | 'windowMs'>,
): Promise<RunLease | null> {
  // Made unreadable with SQL: nothing was due by it that anybody could name.
  if (timingProblem(schedule) !== null) return null;
  const { runningSince } = schedule;
  // A tolerance below zero: nothing is on time, so nothing starts within this transaction.
  const toleranceMs = starting?.toleranceMs ?? -1;
  const settlement = settle({ schedule, now, upSince: now, runningSince, toleranceMs, windowMs });
  if (settlement === null) return null;
  const fires = starting === null ? settlement.fires.map((fire) => ({ ...fire, starts: false })) : settlement.fires;
  const leaseMs = starting?.leaseMs ?? 0;
  const claim = await claimFires(tx, { schedule, settlement: { ...settlement, fires }, nodeId, leaseMs, toleranceMs });
  // Under the lock nothing can have come between; going on would lose what was due.
  if (!claim?.isClaimed) throw new Error(`What was due of ${schedule.name} could not be settled before its change.`);
  return claim.run;
}
