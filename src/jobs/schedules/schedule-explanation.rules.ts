/**
 * Why a job did not run last time, what blocks its next fire, what an operator can do about each, and when
 * something changes automatically. A property test checks it against the function that resolves fires.
 */
import type { FireOutcome, MisfirePolicy, RunStatus } from '../../database/generated/prisma/enums.ts';
import { type ConditionCode, type FactsOf, said } from '../../diagnosis/conditions.ts';
import type { BlockerOf, ExplanationOf } from '../../diagnosis/cure.ts';
import { nextDue } from '../calendar/due.rules.ts';
import { isPausedAt } from '../ledger/resolve.rules.ts';
import { timingProblem } from './reschedule.rules.ts';

/** The parts of a schedule that its explanation depends on. */
export interface ExplainedSchedule {
  readonly name: string;
  readonly cron: string;
  readonly timeZone: string;
  readonly misfirePolicy: MisfirePolicy;
  readonly resolvedThrough: Date;
  readonly pausedAt: Date | null;
  readonly pausedUntil: Date | null;
  readonly pausedBy: string | null;
  readonly pauseReason: string | null;
}

export interface LastFire {
  /** The newest instant of its row. */
  readonly at: Date;
  readonly outcome: FireOutcome;
  readonly reason: string | null;
  readonly actor: string | null;
  /** False while it waits to be caught up. */
  readonly isStarted: boolean;
  /** The result of its newest run; null when it did not run, or its run was deleted. */
  readonly run: { readonly status: RunStatus; readonly errorMessage: string | null } | null;
}

export interface RunGoingOn {
  readonly runId: string;
  readonly startedAt: Date;
  readonly nodeName: string | null;
  /** Since when its node has been gone or silent; null while it is live. */
  readonly silentSince: Date | null;
  /** The run is closed after this instant unless its node renews the lease. */
  readonly leaseEndsAt: Date;
  /** Who asked it to end; null if no one did. */
  readonly interruptedBy: string | null;
}

/** What applies to a schedule at one instant. */
export interface ScheduleConditions {
  readonly now: Date;
  readonly lastFire: LastFire | null;
  readonly run: RunGoingOn | null;
  readonly liveNodeCount: number;
  /** Whether this server knows the job and can run it. */
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

/** `nextChangeAt`: when it next fires, its pause ends or a lost run is closed; null when none of these will happen. */
export interface ScheduleExplanation extends ExplanationOf<ScheduleBlocker> {
  /** What became of the last fire, in a sentence. */
  readonly lastFire: string;
}

/** Explains a schedule. `nextChangeAt` and the end of a pause are never in the past. */
export function explainSchedule(schedule: ExplainedSchedule, conditions: ScheduleConditions): ScheduleExplanation {
  const { name: jobName, cron, pausedUntil } = schedule;
  const { now, run, liveNodeCount, isKnown } = conditions;
  const problem = timingProblem(schedule);
  // A resolved fire does not fire again, even when the clock was set back.
  const after = new Date(Math.max(schedule.resolvedThrough.getTime(), now.getTime()));
  const next = problem === null ? (nextDue(schedule, after, 1)[0]?.at ?? null) : null;
  const isPaused = isPausedAt(schedule, now);
  const blockers: ScheduleBlocker[] = [
    ...(problem === null
      ? []
      : [{ kind: 'ScheduleUnreadable', ...saying('SCHEDULE_UNREADABLE', { jobName, problem }) } as const]),
    ...(problem === null && next === null
      ? [{ kind: 'NeverFiresAgain', ...saying('NEVER_FIRES_AGAIN', { jobName, cron }) } as const]
      : []),
    ...(isPaused ? [paused(schedule, next)] : []),
    ...(run === null ? [] : [running(run, conditions, next)]),
    ...(isKnown ? [] : [{ kind: 'UnknownJob', ...saying('UNKNOWN_JOB', { jobName }) } as const]),
    ...(liveNodeCount > 0 ? [] : [{ kind: 'NoLiveNode', ...saying('NO_LIVE_NODE', {}) } as const]),
  ];
  const lastFire = aboutLast(conditions.lastFire);
  const isFired = liveNodeCount > 0 && isKnown;
  const closesAt = run !== null && liveNodeCount > 0 ? closingOf(run, now) : null;
  const upcoming = blockers.length === 0 ? ['Nothing blocks the next fire.'] : blockers.map(({ message }) => message);
  return {
    summary: [lastFire, ...upcoming].join(' '),
    lastFire,
    blockers: blockers.map((blocker) => ({ subject: jobName, ...blocker })),
    nextChangeAt: soonest(isPaused ? pausedUntil : isFired ? next : null, closesAt),
  };
}

function aboutLast(last: LastFire | null): string {
  if (last === null) return 'It has not been due yet.';
  const { outcome, reason, actor, isStarted, run } = last;
  const why = reason === null ? '' : ` ${sentence(reason)}`;
  switch (outcome) {
    case 'on_time':
      return `The last fire ran on time${endOf(run)}`;
    case 'late':
      return `The last fire ran late${endOf(run)}${why}`;
    case 'caught_up':
      return isStarted
        ? `The last fire was caught up${endOf(run)}${why}`
        : `The last fire is still to be caught up.${why}`;
    case 'skipped_paused':
      return `The last fire was skipped: paused by ${actor ?? 'an operator'}${reason === null ? '.' : `: ${sentence(reason)}`}`;
    case 'skipped_overlap':
      return 'The last fire was skipped: another run was in progress.';
    case 'skipped_policy':
      return `The last fire was skipped.${why}`;
    case 'missed':
      return `The last fire was missed.${why}`;
  }
}

function endOf(run: LastFire['run']): string {
  if (run === null || run.status === 'succeeded' || run.status === 'running') return '.';
  const how = run.status === 'failed' ? 'failed' : 'was interrupted';
  return run.errorMessage === null ? ` and ${how}.` : ` and ${how} (${run.errorMessage}).`;
}

/** The blocker's text, from the shared list of conditions. */
function saying<Code extends ConditionCode>(code: Code, facts: FactsOf<Code>) {
  const { message, advice, cure } = said(code, facts);
  return { code, message: `${message} ${advice}`, cure };
}

function paused(schedule: ExplainedSchedule, next: Date | null): ScheduleBlocker {
  const { name: jobName, pausedBy, pauseReason: reason, pausedUntil: endsAt } = schedule;
  // A pause that was set with SQL may name no actor.
  const by = pausedBy ?? 'an operator';
  const isSkipping = endsAt === null || next === null || endsAt > next;
  return {
    kind: 'SchedulePaused',
    pausedBy: by,
    reason: reason ?? 'No reason was given.',
    endsAt,
    at: endsAt,
    ...saying('SCHEDULE_PAUSED', { jobName, by, reason, isSkipping }),
  };
}

function running(run: RunGoingOn, { now, liveNodeCount }: ScheduleConditions, next: Date | null): ScheduleBlocker {
  const { runId, startedAt, nodeName: node, silentSince, leaseEndsAt, interruptedBy } = run;
  const about = { kind: 'RunGoingOn', runId, startedAt, node } as const;
  if (silentSince === null)
    return { ...about, closesAt: null, ...saying('RUN_GOING_ON', { runId, node, interruptedBy }) };
  // Without a live node nothing is skipped: the next node that starts resolves what was due.
  const isSkipping = next !== null && next <= leaseEndsAt && liveNodeCount > 0;
  const facts = { node, isLeaseOver: leaseEndsAt <= now, isSkipping };
  return { ...about, closesAt: leaseEndsAt, at: leaseEndsAt, ...saying('RUN_LOST', facts) };
}

/** A reason that an operator wrote may lack its full stop. */
const sentence = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

function soonest(one: Date | null, other: Date | null): Date | null {
  if (one === null || other === null) return one ?? other;
  return one < other ? one : other;
}

/** When a run that lost its node is closed; null while its node is live, or when it may be closed at any moment. */
const closingOf = ({ silentSince, leaseEndsAt }: RunGoingOn, now: Date): Date | null =>
  silentSince !== null && leaseEndsAt > now ? leaseEndsAt : null;
