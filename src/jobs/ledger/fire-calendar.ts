/**
 * The fire ledger as a calendar: how many instants of each outcome each day or hour has. The database counts the rows
 * that lie within one of them. A gap over several is read separately (there are fewer gaps than days) and split by
 * the cron that was in force, as `fires` does.
 */
import type { Queryable } from '../../database/database.ts';
import { InvalidInputError } from '../../refusals.ts';
import { readTimeZone } from '../calendar/time-zone.rules.ts';
import { loadJobNames, unknownJob } from '../runs/known-job.ts';
import {
  calendarDays,
  type FireDay,
  fireDays,
  hoursOf,
  type LongGap,
  type OutcomeOfDay,
} from './fire-calendar.rules.ts';
import { checkSpan, DAY_MS } from './ledger-rows.rules.ts';

export interface CalendarRequest {
  readonly jobName: string;
  /** Returns every day that has an instant in [from, to), as a whole day. */
  readonly from: Date;
  readonly to: Date;
  /** Null: the schedule's time zone. */
  readonly timeZone: string | null;
  /** Counts per hour of these days instead. */
  readonly isHourly?: boolean;
}

export const MOST_DAYS = 400;
export const MOST_DAYS_OF_HOURS = 31;

/**
 * Counts the resolved instants per day or hour. Throws NotFoundError, or InvalidInputError for a span that is empty
 * or longer than 400 days (31 by the hour), and for an unknown time zone.
 */
export async function loadFireCalendar(db: Queryable, request: CalendarRequest): Promise<FireDay[]> {
  const { jobName, from, to, isHourly = false } = request;
  checkSpan(from, to, (isHourly ? MOST_DAYS_OF_HOURS : MOST_DAYS) * DAY_MS);
  const [schedule] = await db.query<{ timeZone: string }>(
    'SELECT time_zone AS "timeZone" FROM auth.job_schedules WHERE name = $1',
    [jobName],
  );
  if (schedule === undefined) throw unknownJob(jobName, await loadJobNames(db));
  const zone = readTimeZone(request.timeZone ?? schedule.timeZone);
  // Only SQL can make the schedule's own time zone invalid; the caller can pass another.
  if (!zone.ok) throw new InvalidInputError([{ path: ['timeZone'], message: zone.problem, code: 'UNKNOWN_TIME_ZONE' }]);
  const wholeDays = calendarDays(zone.timeZone, from, to);
  const days = isHourly ? wholeDays.flatMap(hoursOf) : wholeDays;
  // The days' starts and the end of the last one: one more edge than days.
  const edges = [...days.map(({ startsAt }) => startsAt), days.at(-1)?.endsAt ?? 0].map((at) => new Date(at));
  const [counts, gaps] = await Promise.all([countWithinDays(db, jobName, edges), loadLongGaps(db, jobName, edges)]);
  return fireDays(days, counts, gaps);
}

/** Counts the rows that lie within one day; days are numbered from 1. */
const countWithinDays = (db: Queryable, jobName: string, edges: readonly Date[]): Promise<OutcomeOfDay[]> =>
  db.query(
    `SELECT width_bucket(fired_at, $2::timestamptz[]) AS day, outcome, sum(count)::float8 AS count
       FROM auth.job_fires
      WHERE job_name = $1 AND fired_at >= $3 AND fired_at < $4
        AND (through_at = fired_at OR width_bucket(through_at, $2::timestamptz[]) = width_bucket(fired_at, $2::timestamptz[]))
      GROUP BY 1, 2`,
    [jobName, edges, edges[0], edges.at(-1)],
  );

/**
 * The other rows: at most one across each day boundary. The newest row that begins
 * before the span may reach into it.
 */
const loadLongGaps = (db: Queryable, jobName: string, edges: readonly Date[]): Promise<LongGap[]> =>
  db.query(
    `SELECT fire.fired_at AS "firedAt", fire.through_at AS "throughAt", fire.count, fire.outcome,
            COALESCE(version.cron, schedule.cron) AS cron, COALESCE(version.time_zone, schedule.time_zone) AS "timeZone"
       FROM auth.job_fires AS fire
       JOIN auth.job_schedules AS schedule ON schedule.name = fire.job_name
       LEFT JOIN auth.job_schedule_versions AS version
              ON version.job_name = fire.job_name AND version.version = fire.schedule_version
      WHERE fire.job_name = $1 AND fire.fired_at < $4 AND fire.through_at >= $3 AND fire.through_at > fire.fired_at
        AND fire.fired_at >= COALESCE((SELECT max(fired_at) FROM auth.job_fires WHERE job_name = $1 AND fired_at <= $3), $3)
        AND width_bucket(fire.through_at, $2::timestamptz[]) <> width_bucket(fire.fired_at, $2::timestamptz[])`,
    [jobName, edges, edges[0], edges.at(-1)],
  );
