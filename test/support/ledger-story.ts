/**
 * A schedule's random history: running, down, paused, rescheduled, its clock set forward and back. Tests replay it
 * with the pure rules and with the statements that the scheduler runs.
 */
import fc from 'fast-check';
import type { MisfirePolicy } from '../../src/database/generated/prisma/enums.ts';
import { nextDue } from '../../src/jobs/calendar/due.rules.ts';
import { type Resolution, type ResolveInput, resolveFires } from '../../src/jobs/ledger/resolve.rules.ts';

export type Step =
  | { readonly kind: 'run' | 'down' | 'busy' | 'jump'; readonly minutes: number }
  | { readonly kind: 'pause'; readonly minutes: number | null }
  | { readonly kind: 'resume' }
  | {
      readonly kind: 'reschedule';
      readonly cron: string;
      readonly timeZone: string;
      readonly misfirePolicy: MisfirePolicy;
    };

export const CRONS = ['*/7 * * * *', '0 * * * *', '30 2 * * *', '*/20 1,2,3 * * *', '0 30 */6 * * *', '17 3 * * SUN'];
export const ZONES = ['UTC', 'Europe/Berlin', 'Africa/Cairo', 'Australia/Lord_Howe'];
const timing = {
  cron: fc.constantFrom(...CRONS),
  timeZone: fc.constantFrom(...ZONES),
  misfirePolicy: fc.constantFrom<MisfirePolicy>('run_once', 'skip', 'run_all'),
};
const minutes = (max: number) => fc.integer({ min: 1, max });

/** Up to `maxLength` steps, most of them minutes to half a day long. */
export const stories = (maxLength: number): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: minutes(600).map((some): Step => ({ kind: 'run', minutes: some })) },
      { weight: 2, arbitrary: minutes(2000).map((some): Step => ({ kind: 'down', minutes: some })) },
      { weight: 1, arbitrary: minutes(200).map((some): Step => ({ kind: 'busy', minutes: some })) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(-60, -61, -5, 60, 7).map((some): Step => ({ kind: 'jump', minutes: some })),
      },
      { weight: 1, arbitrary: fc.option(minutes(500)).map((some): Step => ({ kind: 'pause', minutes: some })) },
      { weight: 1, arbitrary: fc.constant<Step>({ kind: 'resume' }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('reschedule' as const), ...timing }) },
    ),
    { minLength: 1, maxLength },
  );

export type StorySchedule = ResolveInput['schedule'];
type Pause = Pick<StorySchedule, 'pausedAt' | 'pausedUntil' | 'pausedBy' | 'pauseReason'>;
const NO_PAUSE: Pause = { pausedAt: null, pausedUntil: null, pausedBy: null, pauseReason: null };
const MINUTE = 60_000;

/** Receives what a story writes. */
export interface Ledger {
  /** Writes the rows of a resolution, as `claimFires` does. */
  claim(resolution: Resolution): Promise<void> | void;
  /** Stores a new version of the schedule, effective after `resolvedThrough`. */
  change(schedule: StorySchedule): Promise<void> | void;
}

/** Replays a story from `start` and returns the schedule at its end. Stops before a step that ends after `notAfter`. */
export async function tell(
  steps: readonly Step[],
  { start, ledger, notAfter }: { start: number; ledger: Ledger; notAfter?: number },
): Promise<StorySchedule> {
  let now = start;
  let upSince = start;
  let runningSince: Date | null = null;
  let schedule: StorySchedule = {
    cron: '*/20 1,2,3 * * *',
    timeZone: 'Europe/Berlin',
    misfirePolicy: 'run_once',
    resolvedThrough: new Date(start),
    ...NO_PAUSE,
  };
  await ledger.change(schedule);

  const resolveAt = async (at: number, toleranceMs?: number) => {
    now = at;
    const input = { schedule, now: new Date(at), upSince: new Date(upSince), runningSince, toleranceMs };
    const resolution = resolveFires(input);
    if (resolution === null) return;
    await ledger.claim(resolution);
    schedule = { ...schedule, resolvedThrough: resolution.through };
  };
  /** Resolves fires as the timers do: shortly after each instant, and once more at the end. */
  const runUntil = async (end: number) => {
    for (const { at } of nextDue(schedule, new Date(Math.max(schedule.resolvedThrough.getTime(), now)), 100)) {
      if (at.getTime() + 20 > end) break;
      await resolveAt(Math.max(now, at.getTime() + 20));
    }
    await resolveAt(end);
  };
  const change = async (part: Partial<StorySchedule>) => {
    // While a schedule changes no fire is on time: those due under the old version are resolved, and owed.
    await resolveAt(now, -1);
    const resolvedThrough = new Date(Math.max(schedule.resolvedThrough.getTime(), now));
    schedule = { ...schedule, ...part, resolvedThrough };
    await ledger.change(schedule);
  };

  for (const step of steps) {
    const end = 'minutes' in step && step.minutes !== null ? now + step.minutes * MINUTE : now;
    if (notAfter !== undefined && end > notAfter) break;
    if (step.kind === 'run') await runUntil(end);
    if (step.kind === 'down') {
      upSince = end;
      runningSince = null;
      await resolveAt(end);
    }
    if (step.kind === 'busy') {
      runningSince = new Date(now);
      await runUntil(end);
      runningSince = null;
    }
    if (step.kind === 'jump') await resolveAt(end);
    if (step.kind === 'pause') {
      const pausedUntil = step.minutes === null ? null : new Date(end);
      await change({ pausedAt: new Date(now), pausedUntil, pausedBy: 'ann', pauseReason: 'Quiet, please.' });
    }
    if (step.kind === 'resume') await change(NO_PAUSE);
    if (step.kind === 'reschedule') {
      const { cron, timeZone, misfirePolicy } = step;
      await change({ cron, timeZone, misfirePolicy });
    }
  }
  return schedule;
}
