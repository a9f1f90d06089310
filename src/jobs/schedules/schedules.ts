/**
 * Schedules as rows. The code's defaults make a row when a node first knows a job; afterwards
 * the row is the truth, and a changed default reaches it only while nobody has overridden it.
 * Before anything about a schedule changes, what was due under the old one is settled.
 */
import type { Database, Queryable } from '../../database/database.ts';
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { parseCron } from '../calendar/cron.rules.ts';
import { readTimeZone } from '../calendar/time-zone.rules.ts';
import type { Job } from '../job.ts';
import { claimFires } from '../ledger/fires.ts';
import { MISFIRE_WINDOW_MS, settle } from '../ledger/settle.rules.ts';

export interface Schedule {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly misfirePolicy: MisfirePolicy;
  readonly isOverridden: boolean;
  readonly version: number;
  readonly settledThrough: Date;
  readonly pausedAt: Date | null;
  readonly pausedUntil: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

export interface ScheduleInUse extends Schedule {
  /** When the run that is going on began, on whichever node. */
  readonly runningSince: Date | null;
  /** A fire waits to be run late: startOwedFire has work. */
  readonly isFireOwed: boolean;
}

/** What a schedule's timing is made of. */
export type Timing = Pick<Schedule, 'cron' | 'timeZone' | 'misfirePolicy'>;

/** Reads the schedules of these jobs, with the database's time. One statement. */
export async function loadSchedules(
  db: Queryable,
  names: readonly string[],
  windowMs: number = MISFIRE_WINDOW_MS,
): Promise<{ now: Date; schedules: ScheduleInUse[] }> {
  const rows = await db.query<ScheduleInUse & { now: Date }>(
    `SELECT schedule.name, schedule.cron, schedule.time_zone AS "timeZone",
            schedule.misfire_policy AS "misfirePolicy", schedule.is_overridden AS "isOverridden", schedule.version,
            schedule.settled_through AS "settledThrough", schedule.paused_at AS "pausedAt",
            schedule.paused_until AS "pausedUntil", schedule.paused_by AS "pausedBy",
            schedule.pause_reason AS "pauseReason", run.started_at AS "runningSince",
            EXISTS (SELECT FROM auth.job_fires AS fire
                     WHERE fire.job_name = schedule.name AND fire.outcome = 'caught_up' AND fire.started_at IS NULL
                       AND fire.fired_at >= now() - $2 * interval '1 millisecond') AS "isFireOwed",
            now() AS now
       FROM auth.job_schedules AS schedule
       LEFT JOIN auth.job_runs AS run ON run.job_name = schedule.name AND run.status = 'running'
      WHERE schedule.name = ANY ($1)
      ORDER BY schedule.name`,
    [names, windowMs],
  );
  return { now: rows[0]?.now ?? new Date(0), schedules: rows.map(({ now: _, ...schedule }) => schedule) };
}

/**
 * Makes the row of every job that has none, settled through now, and brings changed defaults to
 * schedules that are not overridden, as a new version. Throws an Error that names the job whose
 * default is not a cron or not a zone: that is a fault of the code.
 */
export async function registerSchedules(db: Database, jobs: readonly Job[], nodeId: string): Promise<void> {
  for (const job of jobs) {
    for (const reading of [parseCron(job.cron), readTimeZone(job.timeZone)]) {
      if (!reading.ok) throw new Error(`The default schedule of ${job.name} is wrong. ${reading.problem}`);
    }
  }
  const defaults = jobs.map(({ name, cron, timeZone, misfirePolicy }) => ({ name, cron, timeZone, misfirePolicy }));
  await db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, settled_through)
     SELECT name, cron, "timeZone", "misfirePolicy", now()
       FROM jsonb_to_recordset($1::jsonb) AS job (
         name text, cron text, "timeZone" text, "misfirePolicy" auth.misfire_policy)
     ON CONFLICT (name) DO NOTHING`,
    [JSON.stringify(defaults)],
  );
  const { schedules } = await loadSchedules(
    db,
    jobs.map(({ name }) => name),
  );
  for (const job of jobs) {
    const schedule = schedules.find(({ name }) => name === job.name);
    if (schedule !== undefined && !schedule.isOverridden && !isSameTiming(schedule, job)) {
      await db.transaction((tx) => changeTiming(tx, { name: job.name, nodeId, timing: job, isOverridden: false }));
    }
  }
}

/**
 * Gives a schedule another timing, as a new version, after settling what was due under the old
 * one; what would have started is owed. Call it within a transaction. False when the schedule
 * does not exist or has that timing already.
 */
export async function changeTiming(
  tx: Queryable,
  { name, nodeId, timing, isOverridden }: { name: string; nodeId: string; timing: Timing; isOverridden: boolean },
): Promise<boolean> {
  // The lock keeps claims of this schedule out until we commit.
  await tx.query('SELECT FROM auth.job_schedules WHERE name = $1 FOR NO KEY UPDATE', [name]);
  const { now, schedules } = await loadSchedules(tx, [name]);
  const [schedule] = schedules;
  if (schedule === undefined || (isSameTiming(schedule, timing) && schedule.isOverridden === isOverridden)) {
    return false;
  }
  // A tolerance below zero: nothing is on time here, so nothing starts within this transaction.
  const settlement = settle({ schedule, now, upSince: now, runningSince: schedule.runningSince, toleranceMs: -1 });
  if (settlement !== null) {
    const fires = settlement.fires.map((fire) => ({ ...fire, starts: false }));
    await claimFires(tx, { schedule, settlement: { ...settlement, fires }, nodeId, leaseMs: 0 });
  }
  await tx.query(
    `UPDATE auth.job_schedules
        SET cron = $2, time_zone = $3, misfire_policy = $4::auth.misfire_policy, is_overridden = $5,
            version = version + 1, settled_through = GREATEST(settled_through, now()), updated_at = now()
      WHERE name = $1`,
    [name, timing.cron, timing.timeZone, timing.misfirePolicy, isOverridden],
  );
  return true;
}

function isSameTiming(one: Timing, other: Timing): boolean {
  return one.cron === other.cron && one.timeZone === other.timeZone && one.misfirePolicy === other.misfirePolicy;
}
