/** When an entry waited to be attempted, and what held it back then. Changes at other times did not affect it. */

import type { Act, Attempt, Entry } from './entry-query.ts';

/** Milliseconds since 1970; `to` is infinite while the entry still waits. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Lived {
  readonly entry: Pick<Entry, 'createdAt' | 'completedAt' | 'failedAt' | 'cancelledAt'>;
  readonly attempts: readonly Attempt[];
  readonly acts: readonly Act[];
}

/** The time from enqueue to end, without the gaps between a failure or cancel and the retry that followed. */
export function waitsOf({ entry, attempts, acts }: Lived): readonly Span[] {
  const { createdAt, completedAt, failedAt, cancelledAt } = entry;
  const retries = acts.filter((act) => isDone(act, 'retryEntry') && wasOne(act, 'failed', 'cancelled'));
  const begun = [createdAt, ...retries.map(({ at }) => at)].map((at) => Date.parse(at)).toSorted((a, b) => a - b);
  // Cancelling a failed entry ends no wait: it was not waiting.
  const cancels = acts.filter((act) => isDone(act, 'cancelEntry') && !wasOne(act, 'failed')).map(({ at }) => at);
  const stops = [...attempts.map(({ finishedAt }) => finishedAt), ...cancels].flatMap((at) =>
    at === null ? [] : [Date.parse(at)],
  );
  const ended = completedAt ?? failedAt ?? cancelledAt;
  return begun.map((from, index) => {
    const next = begun[index + 1];
    if (next === undefined) return { from, to: ended === null ? Number.POSITIVE_INFINITY : Date.parse(ended) };
    return { from, to: Math.max(from, ...stops.filter((at) => at < next)) };
  });
}

const isDone = ({ action, outcome }: Act, wanted: string): boolean => action === wanted && outcome === 'DONE';

/** Whether the entry was in one of these states before this action. */
const wasOne = ({ before }: Act, ...states: readonly string[]): boolean =>
  states.includes(textIn(before, 'status')?.toLowerCase() ?? '');

/** A change that holds the queue back or releases it. */
export interface Change<What> {
  readonly at: string;
  readonly isHold: boolean;
  readonly what: What;
}

export interface Felt<What> extends Change<What> {
  /** The hold was already active when the entry began to wait; `at` is then the start of the wait. */
  readonly wasAlready: boolean;
}

/** The changes that affected an entry that waited during these spans. */
export function feltIn<What>(spans: readonly Span[], changes: readonly Change<What>[]): Felt<What>[] {
  const byTime = changes.toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
  return spans.flatMap(({ from, to }, index) => {
    const within = byTime.filter(({ at }) => Date.parse(at) > from && Date.parse(at) <= to);
    const before = byTime.findLast(({ at }) => Date.parse(at) <= from);
    const isNews = before !== undefined && Date.parse(before.at) > (spans[index - 1]?.to ?? Number.NEGATIVE_INFINITY);
    const already = isNews && before.isHold ? [{ ...before, at: new Date(from).toISOString(), wasAlready: true }] : [];
    return [...already, ...within.map((change) => ({ ...change, wasAlready: false }))];
  });
}

export interface Pausing {
  readonly kind: 'paused' | 'changed' | 'resumed' | 'ran out';
  /** The pause applies to the entry's family only. */
  readonly isOfFamily: boolean;
  /** When the pause was set to end automatically. */
  readonly until: string | undefined;
  /** Undefined when the pause ended automatically. */
  readonly actor: string | undefined;
  readonly reason: string | null;
}

/**
 * Pauses of the queue and of one family, derived from audit entries. A pause with an end may have ended
 * automatically, without an audit entry.
 */
export function pausesOf(
  acts: readonly Act[],
  familyId: string | undefined,
  now: number,
): readonly Change<Pausing>[][] {
  return [false, true].map((isOfFamily) => {
    const its = acts
      .filter(({ action, outcome }) => outcome === 'DONE' && (action === 'pauseQueue' || action === 'resumeQueue'))
      .filter((act) =>
        isOfFamily ? act.targetType === 'Family' && act.targetId === familyId : act.targetType === 'Queue',
      )
      .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at));
    let ends: number | undefined;
    let isHeld = false;
    return its.flatMap(({ action, actor, reason, at, after }, index): Change<Pausing>[] => {
      if (ends !== undefined && ends <= Date.parse(at)) isHeld = false;
      const isHold = action === 'pauseQueue';
      const until = isHold ? textIn(after, 'until') : undefined;
      const kind = !isHold ? 'resumed' : isHeld ? 'changed' : 'paused';
      isHeld = isHold;
      ends = until === undefined ? undefined : Date.parse(until);
      const next = its[index + 1];
      const told = { at, isHold, what: { kind, isOfFamily, until, actor, reason } as const };
      if (until === undefined || Date.parse(until) > Math.min(now, next === undefined ? now : Date.parse(next.at)))
        return [told];
      const end: Pausing = { kind: 'ran out', isOfFamily, until: undefined, actor: undefined, reason: null };
      return [told, { at: until, isHold: false, what: end }];
    });
  });
}

/** Reads a text from the `before` or `after` state of an audit entry. */
export function textIn(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === 'string' ? found : undefined;
}
