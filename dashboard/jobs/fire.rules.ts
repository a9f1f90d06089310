/** Rules for showing fires: the worst outcome of several, and the instants of a gap folded into one row. */

import type { EnumOf } from '../graphql/graphql.ts';

export type FireOutcome = EnumOf<'FireOutcome'>;

/** From the most urgent to the least. */
export const OUTCOMES: readonly FireOutcome[] = [
  'MISSED',
  'LATE',
  'SKIPPED_OVERLAP',
  'SKIPPED_POLICY',
  'SKIPPED_PAUSED',
  'CAUGHT_UP',
  'ON_TIME',
];

/** The outcome that represents a day; undefined when it has none. */
export const worstOf = (counts: readonly { readonly outcome: FireOutcome }[]): FireOutcome | undefined =>
  OUTCOMES.find((outcome) => counts.some((one) => one.outcome === outcome));

interface FoldableFire {
  readonly at: string;
  readonly gap: { readonly firstAt: string; readonly lastAt: string; readonly count: number } | null;
}

/** Consecutive instants of one gap as one row; `size` is how many of them the list contains. */
export interface FireRow<Fire> {
  readonly fire: Fire;
  readonly size: number;
}

/** Takes fires in either order: the first of each gap represents those of the same gap that follow it. */
export function foldGaps<Fire extends FoldableFire>(fires: readonly Fire[]): FireRow<Fire>[] {
  const rows: { fire: Fire; size: number }[] = [];
  for (const fire of fires) {
    const last = rows.at(-1);
    const isSameGap = fire.gap !== null && last?.fire.gap?.firstAt === fire.gap.firstAt;
    if (last !== undefined && isSameGap) last.size += 1;
    else rows.push({ fire, size: 1 });
  }
  return rows;
}

/**
 * The end of the next page of a ledger that is listed newest first, chosen so that a gap is one row instead of page
 * after page of its instants; undefined when nothing in [from, …) can follow.
 */
export function olderThan(fires: readonly FoldableFire[], from: string, hasMore: boolean): string | undefined {
  const last = fires.at(-1);
  if (last === undefined || !hasMore) return undefined;
  const edge = last.gap === null ? last.at : earlier(last.gap.firstAt, last.at);
  return Date.parse(edge) > Date.parse(from) ? edge : undefined;
}

const earlier = (one: string, other: string): string => (Date.parse(one) < Date.parse(other) ? one : other);

/**
 * "Sun, 28 Mar, 03:30 GMT+2": formats the API's local time with its offset; includes the year unless it is the current
 * one.
 */
export function wallTime(localTime: string, now: number, locale?: string): string {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(localTime);
  if (match === null) return localTime;
  const [, wall = '', offset = ''] = match;
  const words = new Intl.DateTimeFormat(locale, {
    timeZone: 'UTC',
    weekday: 'short',
    day: '2-digit',
    month: 'short',
    year: wall.startsWith(`${new Date(now).getUTCFullYear()}-`) ? undefined : 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    second: wall.endsWith(':00') ? undefined : '2-digit',
    hourCycle: 'h23',
  }).format(Date.parse(`${wall}Z`));
  return `${words} ${zoneName(offset)}`;
}

/** "GMT+1", as in the other times on the page, or "GMT+5:30". */
const zoneName = (offset: string): string =>
  offset === 'Z' || offset === '+00:00' ? 'UTC' : `GMT${offset.replace(/^([+-])0/, '$1').replace(':00', '')}`;

/** Whether a job fires at least every hour. */
export const isFrequent = ([first, second]: readonly { readonly at: string }[]): boolean =>
  first !== undefined && second !== undefined && Date.parse(second.at) - Date.parse(first.at) <= 3_600_000;

/** Whether a pause is still in force when a fire is due; `until` null: until it is resumed. */
export const isSkipped = (at: string, pause: { readonly until: string | null } | null): boolean =>
  pause !== null && (pause.until === null || Date.parse(at) < Date.parse(pause.until));

/** "Paused by Mia: the disk is full". */
export const pausedBy = ({ by, reason }: { readonly by: string | null; readonly reason: string | null }): string =>
  `Paused${by === null ? '' : ` by ${by}`}${reason === null ? '' : `: ${reason}`}`;

/** Consecutive fires of one job, with no other job's fire in between. */
interface FireSeries<Fire> {
  readonly first: Fire;
  readonly last: Fire;
  readonly count: number;
}

/**
 * The merged fires of several jobs, soonest first, folded so that a job that fires each minute does not hide the
 * others.
 */
export function foldSeries<Fire extends { readonly jobName: string }>(fires: readonly Fire[]): FireSeries<Fire>[] {
  const series: FireSeries<Fire>[] = [];
  for (const fire of fires) {
    const open = series.at(-1);
    if (open?.first.jobName === fire.jobName)
      series[series.length - 1] = { ...open, last: fire, count: open.count + 1 };
    else series.push({ first: fire, last: fire, count: 1 });
  }
  return series;
}

/** Capitalizes the first letter, for the beginning of a line. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The name of a count in words: "passwordsDestroyed" as "passwords destroyed". */
export const wordsOf = (name: string): string => name.replaceAll(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();

/* What a version of a schedule changed. Pure. */

export interface Versioned {
  readonly cron: string;
  readonly timeZone: string;
  readonly misfirePolicy: EnumOf<'MisfirePolicy'>;
  readonly pause: { readonly pausedAt: string; readonly until: string | null } | null;
}

export type Change =
  | { readonly what: 'cron' | 'timeZone' | 'misfirePolicy'; readonly from: string; readonly to: string }
  | { readonly what: 'paused' }
  | { readonly what: 'resumed' };

/** `before`: the previous version; undefined for the first known one. */
export function changesOf(version: Versioned, before: Versioned | undefined): Change[] {
  if (before === undefined) return [];
  const fields = (['cron', 'timeZone', 'misfirePolicy'] as const).flatMap((what): Change[] =>
    version[what] === before[what] ? [] : [{ what, from: before[what], to: version[what] }],
  );
  const isSamePause =
    version.pause?.pausedAt === before.pause?.pausedAt && version.pause?.until === before.pause?.until;
  if (isSamePause) return fields;
  return [...fields, version.pause === null ? { what: 'resumed' } : { what: 'paused' }];
}
