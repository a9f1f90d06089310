/**
 * Why a job did not run last time, what keeps it from running next, what an operator can do about
 * each, and when something changes by itself. A property test holds it against the function that
 * really settles fires.
 */
import type { FireOutcome, MisfirePolicy, RunStatus } from '../../database/generated/prisma/enums.ts';
import { nextDue } from '../calendar/due.rules.ts';
import { isPausedAt } from '../ledger/settle.rules.ts';
import { timingProblem } from './timing.rules.ts';

/** What of a schedule an explanation depends on. */
export interface ExplainedSchedule {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly misfirePolicy: MisfirePolicy;
  readonly settledThrough: Date;
  readonly pausedAt: Date | null;
  readonly pausedUntil: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

export interface LastFire {
  /** The newest instant of the row. */
  readonly at: Date;
  readonly outcome: FireOutcome;
  readonly reason: string | null;
  readonly actor: string | null;
  /** False for one that is caught up with and still waits to be. */
  readonly isStarted: boolean;
  /** What came of its newest run; null when it did not run, or its run is kept no more. */
  readonly run: { readonly status: RunStatus; readonly errorMessage: string | null } | null;
}

export interface RunGoingOn {
  readonly runId: string;
  readonly startedAt: Date;
  readonly nodeName: string | null;
  /** Who asked it to end; null if nobody has. */
  readonly interruptedBy: string | null;
}

/** What a schedule is subject to, at one instant. */
export interface ScheduleConditions {
  readonly now: Date;
  readonly lastFire: LastFire | null;
  readonly run: RunGoingOn | null;
  readonly liveNodeCount: number;
  /** Whether this server knows the job, and could run it. */
  readonly isKnown: boolean;
}

interface Cure {
  readonly label: string;
  readonly mutation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface BlockerOf<K extends string> {
  readonly kind: K;
  readonly message: string;
  readonly cure: Cure | null;
}

export type ScheduleBlocker =
  | (BlockerOf<'SchedulePaused'> & {
      readonly pausedBy: string | null;
      readonly reason: string | null;
      readonly endsAt: Date | null;
    })
  | (BlockerOf<'RunGoingOn'> & { readonly runId: string; readonly startedAt: Date; readonly node: string | null })
  | BlockerOf<'NoLiveNode'>
  | BlockerOf<'UnknownJob'>
  | BlockerOf<'NeverFiresAgain'>
  | BlockerOf<'ScheduleUnreadable'>;

export interface ScheduleExplanation {
  readonly summary: string;
  readonly blockers: readonly ScheduleBlocker[];
  /** When it next fires, or its pause ends; null when neither will be, or nobody is there to fire it. */
  readonly nextChangeAt: Date | null;
}

/** Explains a schedule. Neither `nextChangeAt` nor the end of a pause lies in the past. */
export function explainSchedule(schedule: ExplainedSchedule, conditions: ScheduleConditions): ScheduleExplanation {
  const { now, lastFire, liveNodeCount, isKnown } = conditions;
  const problem = timingProblem(schedule);
  // What is settled is not fired again, also when the clock was put back.
  const after = new Date(Math.max(schedule.settledThrough.getTime(), now.getTime()));
  const next = problem === null ? (nextDue(schedule, after, 1)[0]?.at ?? null) : null;
  const blockers: ScheduleBlocker[] = [
    ...(problem === null ? [] : [unreadable(schedule, problem)]),
    ...(problem === null && next === null ? [never(schedule)] : []),
    ...(isPausedAt(schedule, now) ? [paused(schedule, next)] : []),
    ...(conditions.run === null ? [] : [goingOn(conditions.run, next)]),
    ...(isKnown ? [] : [unknown(schedule)]),
    ...(liveNodeCount > 0 ? [] : [NO_LIVE_NODE]),
  ];
  const isPaused = blockers.some(({ kind }) => kind === 'SchedulePaused');
  const isFired = liveNodeCount > 0 && isKnown;
  const upcoming =
    blockers.length > 0
      ? blockers.map(({ message }) => message)
      : [next === null ? '' : `It fires next at ${next.toISOString()}.`];
  return {
    summary: [lastFire === null ? 'It has not been due yet.' : aboutLast(lastFire), ...upcoming].join(' '),
    blockers,
    nextChangeAt: isPaused ? schedule.pausedUntil : isFired ? next : null,
  };
}

function aboutLast({ at, outcome, reason, actor, isStarted, run }: LastFire): string {
  const when = `Last due at ${at.toISOString()}:`;
  const why = reason === null ? '' : ` ${reason}`;
  switch (outcome) {
    case 'on_time':
      return `${when} it ran on time${endOf(run)}`;
    case 'late':
      return `${when} it ran late${endOf(run)}${why}`;
    case 'caught_up':
      return isStarted ? `${when} it ran afterwards${endOf(run)}${why}` : `${when} it is still to be run.${why}`;
    case 'skipped_paused':
      return `${when} it did not run, because ${actor ?? 'somebody'} had paused it${reason === null ? '.' : `: ${reason}`}`;
    case 'skipped_overlap':
    case 'skipped_policy':
    case 'missed':
      return `${when} it did not run.${why}`;
  }
}

function endOf(run: LastFire['run']): string {
  if (run === null || run.status === 'succeeded' || run.status === 'running') return '.';
  const how = run.status === 'failed' ? 'failed' : 'was interrupted';
  return run.errorMessage === null ? ` and ${how}.` : ` and ${how} (${run.errorMessage}).`;
}

const resetOf = ({ name }: ExplainedSchedule): Cure => ({
  label: 'Reset to the default',
  mutation: 'rescheduleJob',
  input: { jobName: name, reset: true },
});

const unreadable = (schedule: ExplainedSchedule, problem: string): ScheduleBlocker => ({
  kind: 'ScheduleUnreadable',
  message: `No node can read the schedule. ${problem}`,
  cure: resetOf(schedule),
});

const never = (schedule: ExplainedSchedule): ScheduleBlocker => ({
  kind: 'NeverFiresAgain',
  message: `"${schedule.cron}" comes to no instant any more.`,
  cure: resetOf(schedule),
});

function paused(schedule: ExplainedSchedule, next: Date | null): ScheduleBlocker {
  const { pausedBy, pauseReason, pausedUntil: endsAt } = schedule;
  const until = endsAt === null ? 'until somebody resumes it' : `until ${endsAt.toISOString()}`;
  const isHarmless = endsAt !== null && next !== null && endsAt <= next;
  const what = isHarmless ? `, before it is due again at ${next.toISOString()}` : '';
  const why = pauseReason === null ? '.' : `: ${pauseReason}`;
  return {
    kind: 'SchedulePaused',
    pausedBy,
    reason: pauseReason,
    endsAt,
    message: `Paused by ${pausedBy ?? 'somebody'} ${until}${what}${why}`,
    cure: { label: 'Resume', mutation: 'resumeJob', input: { jobName: schedule.name } },
  };
}

function goingOn({ runId, startedAt, nodeName, interruptedBy }: RunGoingOn, next: Date | null): ScheduleBlocker {
  const where = nodeName === null ? '' : ` on node ${nodeName}`;
  const then = next === null ? '' : ` Should it still go on at ${next.toISOString()}, that fire is skipped.`;
  const asked = interruptedBy === null ? '' : ` ${interruptedBy} has asked it to end.`;
  return {
    kind: 'RunGoingOn',
    runId,
    startedAt,
    node: nodeName,
    message: `A run goes on${where} since ${startedAt.toISOString()}.${asked}${then}`,
    cure: interruptedBy === null ? { label: 'Interrupt the run', mutation: 'interruptRun', input: { runId } } : null,
  };
}

const unknown = ({ name }: ExplainedSchedule): ScheduleBlocker => ({
  kind: 'UnknownJob',
  message: `This server does not know ${name}: only a node of the version that registered it would run it.`,
  cure: null,
});

const NO_LIVE_NODE: ScheduleBlocker = {
  kind: 'NoLiveNode',
  message: 'No node is running that could run it. Start one.',
  cure: null,
};
