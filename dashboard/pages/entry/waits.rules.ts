/** When an entry waited to be made, and what held it then: what befell the queue at other times was not its concern. */
import type { Act, Attempt, Entry } from './entry-query.ts';

/** In milliseconds since 1970; `to` is infinite while it still waits. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Lived {
  readonly entry: Pick<Entry, 'createdAt' | 'completedAt' | 'failedAt' | 'cancelledAt'>;
  readonly attempts: readonly Attempt[];
  readonly acts: readonly Act[];
}

/** From its enqueuing to its end, without the time between a failure or a cancel and the retry that took it back. */
export function waitsOf({ entry, attempts, acts }: Lived): readonly Span[] {
  const { createdAt, completedAt, failedAt, cancelledAt } = entry;
  const retries = acts.filter((act) => isDone(act, 'retryEntry') && wasOne(act, 'failed', 'cancelled'));
  const begun = [createdAt, ...retries.map(({ at }) => at)].map((at) => Date.parse(at)).toSorted((a, b) => a - b);
  // One that had failed waited for nothing any more when it was cancelled.
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

/** Whether the entry was in one of these states when somebody did this to it. */
const wasOne = ({ before }: Act, ...states: readonly string[]): boolean =>
  states.includes(textIn(before, 'status')?.toLowerCase() ?? '');

/** Something that holds up the queue, or lets it go on. */
export interface Change<What> {
  readonly at: string;
  readonly isHold: boolean;
  readonly what: What;
}

export interface Felt<What> extends Change<What> {
  /** It held already when the entry began to wait, which is when it is told. */
  readonly wasAlready: boolean;
}

/** Of all changes, those that an entry felt that waited in these spans. */
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
  /** Of the entry's family alone. */
  readonly isOfFamily: boolean;
  /** When it was to end by itself. */
  readonly until: string | undefined;
  /** Undefined where it ended by itself. */
  readonly actor: string | undefined;
  readonly reason: string | null;
}

/** The pauses of the queue and of one family, told from what people did; one with an end may have ended by itself. */
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

/** A text inside of what an act changed. */
export function textIn(value: unknown, name: string): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const found = (value as Record<string, unknown>)[name];
  return typeof found === 'string' ? found : undefined;
}
