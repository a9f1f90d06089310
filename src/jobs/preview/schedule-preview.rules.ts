/** What a preview is about: the schedule as it would be, as it is, and those of the other jobs. */
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { InvalidInputError } from '../../refusals.ts';
import { isCount, type Recurrence } from '../calendar/due.rules.ts';
import { readTimeZone } from '../calendar/time-zone.rules.ts';
import { timingIssues, timingProblem } from '../schedules/reschedule.rules.ts';
import type { NamedRecurrence } from './due-comparison.rules.ts';

export interface ScheduleInForce extends NamedRecurrence {
  readonly misfirePolicy: MisfirePolicy;
  readonly isPaused: boolean;
}

export interface PlanInput {
  /** Null: of no job that there is. */
  readonly jobName: string | null;
  readonly cron: string;
  /** Null: the job's; UTC without one. */
  readonly timeZone: string | null;
  /** Null: the job's; `run_once` without one. */
  readonly misfirePolicy: MisfirePolicy | null;
  /** How many fire times are asked for. */
  readonly first: number;
}

export interface Plan {
  readonly planned: Recurrence & { readonly misfirePolicy: MisfirePolicy };
  /** Null without a job, and for one whose schedule was made unreadable with SQL: it never fires. */
  readonly inForce: ScheduleInForce | null;
  /** What is wrong with the schedule in force, when something is. */
  readonly inForceProblem: string | null;
  readonly others: readonly ScheduleInForce[];
}

/** Refuses with InvalidInputError, every problem at once; `refusal` says what of a job that there is not. */
export function planOf(
  input: PlanInput,
  schedules: readonly ScheduleInForce[],
  refusal: (jobName: string) => string,
): Plan {
  const { jobName, cron, first } = input;
  const named = schedules.find(({ name }) => name === jobName) ?? null;
  const written = input.timeZone ?? named?.timeZone ?? 'UTC';
  const zone = readTimeZone(written);
  const timeZone = zone.ok ? zone.timeZone : written;
  const issues = [
    ...(jobName === null || named !== null
      ? []
      : [{ path: ['jobName'], message: refusal(jobName), code: 'NOT_FOUND' }]),
    ...timingIssues({ cron, timeZone }),
    ...(isCount(first) ? [] : [{ path: ['first'], message: 'is from 1 to 100.', code: 'INVALID_VALUE' }]),
  ];
  if (issues.length > 0) throw new InvalidInputError(issues);
  const inForceProblem = named === null ? null : timingProblem(named);
  return {
    planned: { cron, timeZone, misfirePolicy: input.misfirePolicy ?? named?.misfirePolicy ?? 'run_once' },
    inForce: inForceProblem === null ? named : null,
    inForceProblem,
    others: schedules.filter((schedule) => schedule !== named && timingProblem(schedule) === null),
  };
}

/** What changes beside the instants, in words. */
export function changesOf({ planned, inForce, inForceProblem }: Plan): string[] {
  if (inForceProblem !== null) {
    return [`The schedule in force cannot be read, so that nothing can be compared with it: ${inForceProblem}`];
  }
  if (inForce === null) return [];
  const [was, becomes] = [inForce.misfirePolicy.toUpperCase(), planned.misfirePolicy.toUpperCase()];
  return [
    ...(was === becomes ? [] : [`The misfire policy changes from ${was} to ${becomes}.`]),
    ...(inForce.isPaused ? ['The job is paused: whatever its schedule says, nothing fires until that ends.'] : []),
  ];
}
