/** `previewSchedule` and `simulateDowntime`: apply the preview rules to the stored schedules. */
import { setImmediate } from 'node:timers/promises';
import type { Queryable } from '../../database/database.ts';
import { InvalidStateError } from '../../refusals.ts';
import { cronDescription } from '../calendar/cron.rules.ts';
import { type DueInstant, nextDue } from '../calendar/due.rules.ts';
import { checkSpan, DAY_MS } from '../ledger/ledger-rows.rules.ts';
import { isPausedAt } from '../ledger/resolve.rules.ts';
import { loadJobNames, unknownJob } from '../runs/known-job.ts';
import { timingProblem } from '../schedules/reschedule.rules.ts';
import { loadSchedules, type Schedule } from '../schedules/schedules.ts';
import { type DowntimeSimulation, simulateDowntime } from './downtime.rules.ts';
import { type Comparison, comparing, type Intervals, intervalsOf } from './due-comparison.rules.ts';
import { changesOf, type Plan, type PlanInput, planOf, type ScheduleInForce } from './schedule-preview.rules.ts';
import { warningsOf } from './schedule-warnings.rules.ts';

export interface PreviewInput extends PlanInput {
  /** Null: now, by the database's clock. */
  readonly after: Date | null;
}

export interface SchedulePreview extends Plan, Comparison, Intervals {
  readonly cronDescription: string;
  readonly fireTimes: readonly DueInstant[];
  /** The compared 30 days are those after this instant, up to and including `comparedThrough`. */
  readonly after: Date;
  readonly comparedThrough: Date;
  readonly warnings: readonly string[];
}

const COMPARED_MS = 30 * DAY_MS;
const LONGEST_DOWNTIME_MS = 366 * DAY_MS;
/** The last instant that the API can represent. */
const LAST_INSTANT = Date.UTC(10_000, 0, 1) - 1;

/** Previews a schedule; changes nothing. Throws InvalidInputError, also for an unknown job. */
export async function previewSchedule(db: Queryable, input: PreviewInput, windowMs: number): Promise<SchedulePreview> {
  const { now, schedules } = await loadSchedules(db, await loadJobNames(db));
  return inTurn(() => previewOf(input, { now, schedules }, windowMs));
}

/** One preview at a time: a dozen interleaved previews would slow down all other requests too. */
let last: Promise<unknown> = Promise.resolve();
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const turn = last.then(work);
  last = turn.catch(() => undefined);
  return turn;
}

async function previewOf(
  input: PreviewInput,
  { now, schedules }: Awaited<ReturnType<typeof loadSchedules>>,
  windowMs: number,
): Promise<SchedulePreview> {
  const plan = planOf(
    input,
    schedules.map((schedule) => inForceAt(schedule, now)),
    (jobName) =>
      unknownJob(
        jobName,
        schedules.map(({ name }) => name),
      ).message,
  );
  const { planned } = plan;
  const after = input.after ?? now;
  const comparedThrough = new Date(Math.min(after.getTime() + COMPARED_MS, LAST_INSTANT));
  const intervals = intervalsOf(planned, after);
  return {
    ...plan,
    ...intervals,
    ...(await compared(plan, after, comparedThrough)),
    after,
    comparedThrough,
    cronDescription: cronDescription(planned.cron),
    fireTimes: nextDue(planned, after, input.first).filter(({ at }) => at.getTime() <= LAST_INSTANT),
    warnings: [...changesOf(plan), ...warningsOf({ ...planned, after, intervals, windowMs })],
  };
}

/** Lets other work run between the parts of the comparison. */
async function compared(plan: Plan, after: Date, through: Date): Promise<Comparison> {
  const comparison = comparing({ ...plan, after, through });
  for (;;) {
    const step = comparison.next();
    if (step.done) return step.value;
    await setImmediate();
  }
}

function inForceAt(schedule: Schedule, now: Date): ScheduleInForce {
  return { ...schedule, isPaused: isPausedAt(schedule, now) };
}

export interface DowntimeQuery {
  readonly jobName: string;
  readonly from: Date;
  readonly to: Date;
}

/**
 * What each policy would do if no node ran from `from` on and one started at `to`, with the job's current schedule
 * and pause. Throws NotFoundError, InvalidStateError for a schedule that SQL made invalid, and InvalidInputError
 * for a span that is empty or longer than 366 days.
 */
export async function simulateDowntimeOf(
  db: Queryable,
  { jobName, from, to }: DowntimeQuery,
  limits: { toleranceMs: number; windowMs: number },
): Promise<DowntimeSimulation[]> {
  checkSpan(from, to, LONGEST_DOWNTIME_MS);
  const { schedules } = await loadSchedules(db, [jobName]);
  const [schedule] = schedules;
  if (schedule === undefined) throw unknownJob(jobName, await loadJobNames(db));
  const problem = timingProblem(schedule);
  if (problem !== null) {
    throw new InvalidStateError(
      `The schedule of ${jobName} cannot be read, so that it never fires: ${problem} Fix it with rescheduleJob: pass the wrong field, or reset: true.`,
    );
  }
  return simulateDowntime({ schedule, from, to, ...limits });
}
