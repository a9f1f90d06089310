/**
 * Which cron and time zone applied when: the versions of a schedule as spans of time, and what was due in them.
 * Adjacent versions with the same cron and time zone (a pause changes neither) are one span.
 */
import { countDue, dueInstants, type Recurrence } from '../calendar/due.rules.ts';
import { timingProblem } from '../schedules/reschedule.rules.ts';

export interface ScheduleVersion extends Recurrence {
  readonly version: number;
  /** This version applies to the instants after this one, up to and including the next version's. */
  readonly inForceAfter: Date;
}

/** (after, through] in epoch milliseconds. */
export interface Span {
  readonly after: number;
  readonly through: number;
}

export interface ScheduleSpan extends Recurrence, Span {}

/**
 * The spans of the versions (ascending), up to and including `through`; leaves out
 * times without a known valid version.
 */
export function historyOf(versions: readonly ScheduleVersion[], through: Date): ScheduleSpan[] {
  const spans: ScheduleSpan[] = [];
  for (const [index, { cron, timeZone, inForceAfter }] of versions.entries()) {
    const after = inForceAfter.getTime();
    const end = Math.min(versions[index + 1]?.inForceAfter.getTime() ?? Number.POSITIVE_INFINITY, through.getTime());
    // A schedule that SQL made invalid had no due instants that could be computed.
    if (end <= after || timingProblem({ cron, timeZone }) !== null) continue;
    const last = spans.at(-1);
    if (last?.through === after && last.cron === cron && last.timeZone === timeZone) {
      spans[spans.length - 1] = { ...last, through: end };
    } else {
      spans.push({ cron, timeZone, after, through: end });
    }
  }
  return spans;
}

/** Every due instant of the history in a span, ascending, lazily, in epoch milliseconds. */
export function* dueOver(history: readonly ScheduleSpan[], span: Span): Generator<number> {
  for (const part of within(history, span)) {
    for (const { at } of dueInstants(part, new Date(part.after), new Date(part.through))) yield at.getTime();
  }
}

/** Counts the due instants in a span without iterating over them. */
export function countDueOver(history: readonly ScheduleSpan[], span: Span): number {
  let count = 0;
  for (const part of within(history, span)) count += countDue(part, new Date(part.after), new Date(part.through));
  return count;
}

/** Whether the history covers the whole of a span. */
export function covers(history: readonly ScheduleSpan[], { after, through }: Span): boolean {
  const first = history[0];
  const last = history.at(-1);
  return first !== undefined && last !== undefined && first.after <= after && through <= last.through;
}

function* within(history: readonly ScheduleSpan[], { after, through }: Span): Generator<ScheduleSpan> {
  for (const span of history) {
    const clipped = { ...span, after: Math.max(span.after, after), through: Math.min(span.through, through) };
    if (clipped.after < clipped.through) yield clipped;
  }
}
