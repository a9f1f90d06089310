/** What a preview is about: the schedule as it would be, as it is, and those of the other jobs. */
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { InvalidInputError } from '../../refusals.ts';
import { parseCron } from '../calendar/cron.rules.ts';
import type { Recurrence } from '../calendar/due.rules.ts';
import { readTimeZone } from '../calendar/time-zone.rules.ts';
import { timingProblem } from '../schedules/timing.rules.ts';
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
}

export interface Plan {
  readonly planned: Recurrence & { readonly misfirePolicy: MisfirePolicy };
  readonly inForce: ScheduleInForce | null;
  readonly others: readonly ScheduleInForce[];
}

/** Refuses with InvalidInputError, every problem at once. That a named job exists is for the caller to see to. */
export function planOf(input: PlanInput, schedules: readonly ScheduleInForce[]): Plan {
  const inForce = schedules.find(({ name }) => name === input.jobName) ?? null;
  const cron = parseCron(input.cron);
  const zone = readTimeZone(input.timeZone ?? inForce?.timeZone ?? 'UTC');
  if (!cron.ok || !zone.ok) {
    throw new InvalidInputError([
      ...(cron.ok ? [] : [{ path: ['cron'], message: cron.problem, code: cron.code }]),
      ...(zone.ok ? [] : [{ path: ['timeZone'], message: zone.problem, code: 'UNKNOWN_TIME_ZONE' }]),
    ]);
  }
  const misfirePolicy = input.misfirePolicy ?? inForce?.misfirePolicy ?? 'run_once';
  return {
    planned: { cron: input.cron, timeZone: zone.timeZone, misfirePolicy },
    // One made unreadable with SQL fires never.
    inForce: inForce !== null && timingProblem(inForce) === null ? inForce : null,
    others: schedules.filter((schedule) => schedule !== inForce && timingProblem(schedule) === null),
  };
}

/** What changes beside the instants, in words. */
export function changesOf({ planned, inForce }: Plan): string[] {
  if (inForce === null) return [];
  const [was, becomes] = [inForce.misfirePolicy.toUpperCase(), planned.misfirePolicy.toUpperCase()];
  return [
    ...(was === becomes ? [] : [`The misfire policy changes from ${was} to ${becomes}.`]),
    ...(inForce.isPaused ? ['The job is paused: whatever its schedule says, nothing fires until that ends.'] : []),
  ];
}
