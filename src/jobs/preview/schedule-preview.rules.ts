/** What a preview compares: the planned schedule, the current one, and those of the other jobs. */
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
  /** Null: no existing job. */
  readonly jobName: string | null;
  readonly cron: string;
  /** Null: the job's; UTC without a job. */
  readonly timeZone: string | null;
  /** Null: the job's; `run_once` without a job. */
  readonly misfirePolicy: MisfirePolicy | null;
  /** The number of fire times to return. */
  readonly first: number;
}

export interface Plan {
  readonly planned: Recurrence & { readonly misfirePolicy: MisfirePolicy };
  /** Null without a job, and for a job whose schedule SQL made invalid: it never fires. */
  readonly inForce: ScheduleInForce | null;
  /** The problem with an invalid current schedule; null when it is valid. */
  readonly inForceProblem: string | null;
  readonly others: readonly ScheduleInForce[];
}

/** Throws InvalidInputError with every problem at once; `refusal` returns the message for an unknown job. */
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

/** What changes apart from the instants, as sentences. */
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
