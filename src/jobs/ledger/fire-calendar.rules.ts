/** Turns counts and gaps into calendar days: how many instants of each outcome each day has. */
import type { FireOutcome } from '../../database/generated/prisma/enums.ts';
import { stretches } from '../calendar/time-zone.rules.ts';
import { countInSpan, type LedgerGap } from './fire-page.rules.ts';
import { DAY_MS } from './ledger-rows.rules.ts';

/** The number of instants with an outcome on a day; days are numbered from 1. */
export interface OutcomeOfDay {
  readonly day: number;
  readonly outcome: FireOutcome;
  readonly count: number;
}

/** A gap that extends beyond one day. */
export interface LongGap extends LedgerGap {
  readonly outcome: FireOutcome;
}

export interface FireDay extends CalendarDay {
  readonly counts: readonly { readonly outcome: FireOutcome; readonly count: number }[];
}

/** The order in which outcomes are listed. */
const ORDER: readonly FireOutcome[] = [
  'on_time',
  'late',
  'caught_up',
  'skipped_overlap',
  'skipped_paused',
  'skipped_policy',
  'missed',
];

/** Every day with its nonzero counts; each gap is split over the days that it covers. */
export function fireDays(
  days: readonly CalendarDay[],
  counts: readonly OutcomeOfDay[],
  gaps: readonly LongGap[],
): FireDay[] {
  const tallies = days.map(() => new Map<FireOutcome, number>());
  const add = (index: number, outcome: FireOutcome, count: number) => {
    const tally = tallies[index];
    if (count > 0) tally?.set(outcome, (tally.get(outcome) ?? 0) + count);
  };
  for (const { day, outcome, count } of counts) add(day - 1, outcome, count);
  for (const gap of gaps) {
    const parts = days.map((day) => countInSpan(gap, spanOf(day)));
    // A gap whose cron is no longer known counts on the day on which it begins, as in `fires`.
    const isSplit = parts.some((count) => count > 0);
    for (const [index, day] of days.entries()) {
      const begins = gap.firedAt.getTime() >= day.startsAt && gap.firedAt.getTime() < day.endsAt;
      add(index, gap.outcome, isSplit ? (parts[index] ?? 0) : begins ? gap.count : 0);
    }
  }
  return days.map((day, index) => ({
    ...day,
    counts: ORDER.flatMap((outcome) => {
      const count = tallies[index]?.get(outcome);
      return count === undefined ? [] : [{ outcome, count }];
    }),
  }));
}

const spanOf = ({ startsAt, endsAt }: CalendarDay) => ({ from: new Date(startsAt), to: new Date(endsAt) });

export interface CalendarDay {
  /** The date in the zone: `2027-03-28`. */
  readonly date: string;
  /** Epoch milliseconds, [startsAt, endsAt). */
  readonly startsAt: number;
  readonly endsAt: number;
}

const HOUR_MS = 3_600_000;

/** The hours of a day from its first instant on, each with the day's date; where a clock change is not whole hours, the last is shorter. */
export const hoursOf = ({ date, startsAt, endsAt }: CalendarDay): CalendarDay[] =>
  Array.from({ length: Math.ceil((endsAt - startsAt) / HOUR_MS) }, (_, hour) => ({
    date,
    startsAt: startsAt + hour * HOUR_MS,
    endsAt: Math.min(startsAt + (hour + 1) * HOUR_MS, endsAt),
  }));

/** Longer than a 25-hour day plus a skipped date. */
const REACH = 3 * DAY_MS;

/** Every day that has an instant in [from, to), ascending. Throws a RangeError for a zone that does not exist. */
export function calendarDays(timeZone: string, from: Date, to: Date): CalendarDay[] {
  const starts = [...dayStarts(timeZone, from.getTime() - REACH, to.getTime() + REACH)];
  return starts
    .map(({ day, at }, index) => ({ date: dateOf(day), startsAt: at, endsAt: starts[index + 1]?.at ?? at }))
    .filter(({ startsAt, endsAt }) => startsAt < to.getTime() && endsAt > from.getTime());
}

/** Days as local midnights read as UTC; the first one begins before `from` and is clipped there. */
function* dayStarts(timeZone: string, from: number, to: number): Generator<{ day: number; at: number }> {
  let newest = Number.NEGATIVE_INFINITY;
  for (const { start, end, offset } of stretches(timeZone, from, to)) {
    const first = Math.max(start, from);
    const lastLocal = Math.min(end, to) + offset;
    for (let day = Math.floor((first + offset) / DAY_MS) * DAY_MS; day < lastLocal; day += DAY_MS) {
      if (day <= newest) continue;
      newest = day;
      yield { day, at: Math.max(day - offset, first) };
    }
  }
}

const dateOf = (day: number): string => new Date(day).toISOString().slice(0, 10);
