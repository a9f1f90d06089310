/**
 * Resolves the due instants since a schedule's watermark: returns the fire ledger's rows and which fire starts
 * now. Every due instant gets exactly one outcome here, whatever happened in between; a long gap becomes one row
 * with a count, and is never iterated instant by instant.
 */
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { dueInstants, previousDue, type Recurrence } from '../calendar/due.rules.ts';
import { chosenAndGaps, gap, type ResolvedFire, type Verdict, withStart } from './ledger-rows.rules.ts';

/** A fire that starts at most this long after its instant is on time: far above the delay of a timer and a claim. */
export const ON_TIME_TOLERANCE_MS = 5_000;
/** Instants older than this are not caught up. */
export const MISFIRE_WINDOW_MS = 24 * 3_600_000;
/** How many fires `run_all` catches up after one gap. */
export const RUN_ALL_LIMIT = 100;

export interface ResolveInput {
  readonly schedule: Recurrence & {
    readonly misfirePolicy: MisfirePolicy;
    readonly resolvedThrough: Date;
    readonly pausedAt: Date | null;
    /** Null for a pause without an end. */
    readonly pausedUntil: Date | null;
    readonly pausedBy: string | null;
    readonly pauseReason: string | null;
  };
  /** The database's time. */
  readonly now: Date;
  /** Since when this node has been up; an instant before it is never `late`. */
  readonly upSince: Date;
  /** When the run in progress started; null when none is known. */
  readonly runningSince: Date | null;
  readonly toleranceMs?: number;
  readonly windowMs?: number;
  readonly runAllLimit?: number;
}

export interface Resolution {
  /** The newest instant that was due: the new watermark. */
  readonly through: Date;
  /** Ascending, without overlap. */
  readonly fires: readonly ResolvedFire[];
}

/** A part of the span, [from, to) in epoch milliseconds; without a verdict, the misfire policy decides. */
interface Part {
  readonly from: number;
  readonly to: number;
  readonly verdict: Verdict | null;
}

/**
 * Resolves the instants in (resolvedThrough, now]; returns null when nothing was due. A pause or a run in progress
 * decides first, then the window, then punctuality (`on_time`, `late`), then the misfire policy. When the newest
 * instant starts anyway, `run_once` owes nothing: that run covers the gap.
 */
export function resolveFires(input: ResolveInput): Resolution | null {
  const { schedule, now } = input;
  const through = previousDue(schedule, after(now), after(schedule.resolvedThrough));
  if (through === null) return null;

  const parts = partsOf(input);
  const open = parts.filter((part) => part.verdict === null);
  const newest = newestOf(schedule, open);
  const punctual = newest === null ? null : punctuality(input, newest);
  const chosen = chosenBy(input, open, newest, punctual !== null);
  if (newest !== null && punctual !== null) chosen.set(newest.getTime(), punctual);

  const fires = parts.flatMap((part) =>
    part.verdict === null
      ? chosenAndGaps(schedule, part, chosen, restOf(input, punctual !== null))
      : gap(schedule, part.from, part.to, part.verdict),
  );
  return { through, fires: withStart(fires, isBlocked(input) ? null : (punctual?.outcome ?? 'caught_up')) };
}

/** Whether a schedule is paused at an instant; a pause with an end ends automatically. */
export function isPausedAt(schedule: Pick<ResolveInput['schedule'], 'pausedAt' | 'pausedUntil'>, at: Date): boolean {
  const { pausedAt, pausedUntil } = schedule;
  return pausedAt !== null && pausedAt <= at && (pausedUntil === null || at < pausedUntil);
}

/** The same in SQL, for a row `schedule` of auth.job_schedules at the time of the transaction. */
export const IS_PAUSED =
  '(schedule.paused_at <= now() AND (schedule.paused_until IS NULL OR schedule.paused_until > now()))';

function partsOf({ schedule, now, runningSince, windowMs = MISFIRE_WINDOW_MS }: ResolveInput): Part[] {
  const [start, end] = [schedule.resolvedThrough.getTime() + 1, now.getTime() + 1];
  const oldest = now.getTime() - windowMs;
  const cuts = [schedule.pausedAt?.getTime(), schedule.pausedUntil?.getTime(), runningSince?.getTime(), oldest]
    .filter((cut) => cut !== undefined)
    .filter((cut) => cut > start && cut < end);
  const edges = [...new Set([start, ...cuts, end])].sort((a, b) => a - b);
  const verdict = (from: number): Verdict | null => {
    if (isPausedAt(schedule, new Date(from))) {
      return { outcome: 'skipped_paused', reason: schedule.pauseReason, actor: schedule.pausedBy };
    }
    if (runningSince !== null && from >= runningSince.getTime()) return overlap(runningSince);
    if (from < oldest) return { outcome: 'missed', reason: `Noticed more than ${inWords(windowMs)} after it was due.` };
    return null;
  };
  const parts: Part[] = [];
  for (const [index, to] of edges.slice(1).entries()) {
    const part = { from: edges[index] ?? start, to, verdict: verdict(edges[index] ?? start) };
    const last = parts.at(-1);
    // A pause that began before the window is still one gap.
    const isOneGap = part.verdict !== null && last?.verdict?.outcome === part.verdict.outcome;
    if (isOneGap) parts[parts.length - 1] = { ...part, from: last.from };
    else parts.push(part);
  }
  return parts;
}

function inWords(ms: number): string {
  for (const [unit, length] of [
    ['h', 3_600_000],
    ['min', 60_000],
  ] as const) {
    if (ms >= length && ms % length === 0) return `${ms / length} ${unit}`;
  }
  return `${ms / 1000} s`;
}

function overlap(runningSince: Date): Verdict {
  return { outcome: 'skipped_overlap', reason: `The run that began at ${runningSince.toISOString()} was going on.` };
}

/** Nothing may start now: fires that should start are owed. */
function isBlocked({ schedule, now, runningSince }: ResolveInput): boolean {
  return runningSince !== null || isPausedAt(schedule, now);
}

function newestOf(schedule: Recurrence, open: readonly Part[]): Date | null {
  for (const part of open.toReversed()) {
    const newest = previousDue(schedule, new Date(part.to), new Date(part.from));
    if (newest !== null) return newest;
  }
  return null;
}

function punctuality(input: ResolveInput, newest: Date): Verdict | null {
  const lag = input.now.getTime() - newest.getTime();
  if (isBlocked(input)) return null;
  if (lag <= (input.toleranceMs ?? ON_TIME_TOLERANCE_MS)) return { outcome: 'on_time', reason: null };
  return input.upSince <= newest ? { outcome: 'late', reason: `Claimed ${lag / 1000} s after it was due.` } : null;
}

/** The missed instants that the policy still runs. */
function chosenBy(
  { schedule, runAllLimit = RUN_ALL_LIMIT }: ResolveInput,
  open: readonly Part[],
  newest: Date | null,
  startsAnyhow: boolean,
): Map<number, Verdict> {
  const caughtUp = (reason: string): Verdict => ({ outcome: 'caught_up', reason });
  const chosen = new Map<number, Verdict>();
  if (newest === null) return chosen;
  if (schedule.misfirePolicy === 'run_once' && !startsAnyhow) {
    chosen.set(newest.getTime(), caughtUp('The newest that was missed: run once, late.'));
  }
  if (schedule.misfirePolicy === 'run_all') {
    for (const part of open) {
      for (const { at } of dueInstants(schedule, before(part.from), before(part.to))) {
        if (chosen.size >= runAllLimit) return chosen;
        if (!startsAnyhow || at < newest) chosen.set(at.getTime(), caughtUp('Missed: run late, oldest first.'));
      }
    }
  }
  return chosen;
}

function restOf({ schedule, runAllLimit = RUN_ALL_LIMIT }: ResolveInput, startsAnyhow: boolean): Verdict {
  switch (schedule.misfirePolicy) {
    case 'run_all':
      return { outcome: 'missed', reason: `Beyond the ${runAllLimit} that are caught up with after a gap.` };
    case 'skip':
      return { outcome: 'skipped_policy', reason: 'Missed, and the misfire policy is to skip.' };
    case 'run_once':
      return {
        outcome: 'skipped_policy',
        reason: startsAnyhow
          ? 'Missed; the newest instant ran, and stands for it.'
          : 'Missed; the newest one that was missed is run once for all.',
      };
  }
}

const after = (at: Date) => new Date(at.getTime() + 1);
const before = (epoch: number) => new Date(epoch - 1);
