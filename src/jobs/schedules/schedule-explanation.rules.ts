/**
 * Why a job did not run last time, what keeps it from running next, what an operator can do about
 * each, and when something changes by itself. A property test holds it against the function that
 * really settles fires.
 */
import type { FireOutcome, MisfirePolicy, RunStatus } from '../../database/generated/prisma/enums.ts';
import type { BlockerOf, Cure, ExplanationOf } from '../../diagnosis/cure.ts';
import { nextDue } from '../calendar/due.rules.ts';
import { isPausedAt } from '../ledger/settle.rules.ts';
import { timingProblem } from './reschedule.rules.ts';

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
  /** Since when its node has been gone or silent; null while that one lives. */
  readonly silentSince: Date | null;
  /** The run is closed after this instant unless its node renews it. */
  readonly leaseEndsAt: Date;
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

export type ScheduleBlocker =
  | (BlockerOf<'SchedulePaused'> & {
      readonly pausedBy: string;
      readonly reason: string;
      readonly endsAt: Date | null;
    })
  | (BlockerOf<'RunGoingOn'> & {
      readonly runId: string;
      readonly startedAt: Date;
      readonly node: string | null;
      readonly closesAt: Date | null;
    })
  | BlockerOf<'NoLiveNode'>
  | BlockerOf<'UnknownJob'>
  | BlockerOf<'NeverFiresAgain'>
  | BlockerOf<'ScheduleUnreadable'>;

/** `nextChangeAt`: when it next fires, its pause ends or a lost run is closed; null when none will be, or nobody is there to do it. */
export type ScheduleExplanation = ExplanationOf<ScheduleBlocker>;

/** Explains a schedule. Neither `nextChangeAt` nor the end of a pause lies in the past. */
export function explainSchedule(schedule: ExplainedSchedule, conditions: ScheduleConditions): ScheduleExplanation {
  const { now, lastFire, run, liveNodeCount, isKnown } = conditions;
  const problem = timingProblem(schedule);
  // What is settled is not fired again, also when the clock was put back.
  const after = new Date(Math.max(schedule.settledThrough.getTime(), now.getTime()));
  const next = problem === null ? (nextDue(schedule, after, 1)[0]?.at ?? null) : null;
  const blockers: ScheduleBlocker[] = [
    ...(problem === null ? [] : [unreadable(schedule, problem)]),
    ...(problem === null && next === null ? [never(schedule)] : []),
    ...(isPausedAt(schedule, now) ? [paused(schedule, next)] : []),
    ...(run === null ? [] : [run.silentSince === null ? goingOn(run, next) : lost(run, conditions, next)]),
    ...(isKnown ? [] : [unknown(schedule)]),
    ...(liveNodeCount > 0 ? [] : [NO_LIVE_NODE]),
  ];
  const isPaused = blockers.some(({ kind }) => kind === 'SchedulePaused');
  const isFired = liveNodeCount > 0 && isKnown;
  const closesAt = run !== null && liveNodeCount > 0 ? closingOf(run, now) : null;
  const upcoming =
    blockers.length > 0
      ? blockers.map(({ message }) => message)
      : [next === null ? '' : `It fires next at ${next.toISOString()}.`];
  return {
    summary: [lastFire === null ? 'It has not been due yet.' : aboutLast(lastFire), ...upcoming].join(' '),
    blockers,
    nextChangeAt: soonest(isPaused ? schedule.pausedUntil : isFired ? next : null, closesAt),
  };
}

function aboutLast({ at, outcome, reason, actor, isStarted, run }: LastFire): string {
  const when = `Last due at ${at.toISOString()}:`;
  const why = reason === null ? '' : ` ${sentence(reason)}`;
  switch (outcome) {
    case 'on_time':
      return `${when} it ran on time${endOf(run)}`;
    case 'late':
      return `${when} it ran late${endOf(run)}${why}`;
    case 'caught_up':
      return isStarted ? `${when} it ran afterwards${endOf(run)}${why}` : `${when} it is still to be run.${why}`;
    case 'skipped_paused':
      return `${when} it did not run, because ${actor ?? 'somebody'} had paused it${reason === null ? '.' : `: ${sentence(reason)}`}`;
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
  const { pauseReason, pausedUntil: endsAt } = schedule;
  // Not known where SQL by hand paused it.
  const pausedBy = schedule.pausedBy ?? 'somebody';
  const until = endsAt === null ? 'until somebody resumes it' : `until ${endsAt.toISOString()}`;
  const isHarmless = endsAt !== null && next !== null && endsAt <= next;
  const what = isHarmless ? `, before it is due again at ${next.toISOString()}` : '';
  const why = pauseReason === null ? '.' : `: ${sentence(pauseReason)}`;
  return {
    kind: 'SchedulePaused',
    pausedBy,
    reason: pauseReason ?? 'No reason was given.',
    endsAt,
    message: `Paused by ${pausedBy} ${until}${what}${why}`,
    cure: { label: 'Resume', mutation: 'resumeJob', input: { jobName: schedule.name } },
  };
}

const isoOf = (at: Date): string => at.toISOString();

/** People's reasons end as they please. */
const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

function soonest(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/** When a run whose node has fallen silent is closed; null while that one lives, and when it is closed any moment. */
const closingOf = ({ silentSince, leaseEndsAt }: RunGoingOn, now: Date): Date | null =>
  silentSince !== null && leaseEndsAt > now ? leaseEndsAt : null;

/** A run whose node has fallen silent: it is not going on, but holds the job up until its lease ends. */
function lost(run: RunGoingOn, { now, liveNodeCount }: ScheduleConditions, next: Date | null): ScheduleBlocker {
  const { runId, startedAt, nodeName, silentSince, leaseEndsAt } = run;
  const who = nodeName ?? 'The node';
  const since = silentSince === null ? '' : ` since ${isoOf(silentSince)}`;
  const closing =
    leaseEndsAt > now ? `its lease ends at ${isoOf(leaseEndsAt)}` : 'the next check finds its lease ended';
  // Where nobody is there, nothing is skipped: what was due is settled by whoever starts.
  const isSkipping = next !== null && next <= leaseEndsAt && liveNodeCount > 0;
  const then = isSkipping ? ` A fire until then, as at ${isoOf(next)}, is skipped.` : '';
  return {
    kind: 'RunGoingOn',
    runId,
    startedAt,
    node: nodeName,
    closesAt: leaseEndsAt,
    message: `${who}, which began a run at ${isoOf(startedAt)}, has been silent${since}: unless it comes back, the run is closed when ${closing}.${then}`,
    cure: null,
  };
}

function goingOn({ runId, startedAt, nodeName, interruptedBy }: RunGoingOn, next: Date | null): ScheduleBlocker {
  const where = nodeName === null ? '' : ` on ${nodeName}`;
  const then = next === null ? '' : ` Should it still be running at ${next.toISOString()}, that fire is skipped.`;
  const asked = interruptedBy === null ? '' : ` ${interruptedBy} has asked it to end.`;
  return {
    kind: 'RunGoingOn',
    runId,
    startedAt,
    node: nodeName,
    closesAt: null,
    message: `It is running${where} since ${startedAt.toISOString()}.${asked}${then}`,
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
