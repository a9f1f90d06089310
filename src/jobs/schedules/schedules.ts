/**
 * Schedules as rows, and as the scheduler reads them. The row is the source of truth; only change-schedule.ts
 * creates and changes it.
 */
import type { Queryable } from '../../database/database.ts';
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { MISFIRE_WINDOW_MS } from '../ledger/resolve.rules.ts';
import type { Interruption } from '../runs/runs.ts';

export interface Schedule {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly misfirePolicy: MisfirePolicy;
  readonly isOverridden: boolean;
  readonly version: number;
  readonly resolvedThrough: Date;
  readonly pausedAt: Date | null;
  readonly pausedUntil: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

export interface ScheduleInUse extends Schedule {
  /** When the run in progress started, on any node. */
  readonly runningSince: Date | null;
  /** Set when an operator has asked that run to end. */
  readonly interruption: (Interruption & { readonly runId: string }) | null;
  /** True when a fire waits to be caught up, so that startOwedFire has work. */
  readonly isFireOwed: boolean;
}

/** When a job fires next, with the cron and time zone it follows from. */
export interface NextFire extends Pick<Schedule, 'cron' | 'timeZone'> {
  readonly jobName: string;
  readonly at: Date;
}

export type Timing = Pick<Schedule, 'cron' | 'timeZone' | 'misfirePolicy'>;

/** Reads the schedules of these jobs and the database's time in one statement. */
export async function loadSchedules(
  db: Queryable,
  names: readonly string[],
  windowMs: number = MISFIRE_WINDOW_MS,
): Promise<{ now: Date; schedules: ScheduleInUse[] }> {
  const rows = await db.query<ScheduleInUse & { now: Date }>(
    `SELECT schedule.name, schedule.cron, schedule.time_zone AS "timeZone",
            schedule.misfire_policy AS "misfirePolicy", schedule.is_overridden AS "isOverridden", schedule.version,
            schedule.resolved_through AS "resolvedThrough", schedule.paused_at AS "pausedAt",
            schedule.paused_until AS "pausedUntil", schedule.paused_by AS "pausedBy",
            schedule.pause_reason AS "pauseReason", run.started_at AS "runningSince",
            CASE WHEN run.interrupted_at IS NOT NULL
                 THEN jsonb_build_object('runId', run.id, 'by', run.interrupted_by, 'reason', run.interrupt_reason)
                 END AS interruption,
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

export const timingOf = ({ cron, timeZone, misfirePolicy }: Timing): Timing => ({ cron, timeZone, misfirePolicy });

export function isSameTiming(one: Timing, other: Timing): boolean {
  return one.cron === other.cron && one.timeZone === other.timeZone && one.misfirePolicy === other.misfirePolicy;
}
