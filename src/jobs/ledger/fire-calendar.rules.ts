/** From counts and gaps to days: what each day of a calendar has of each outcome. */
import type { FireOutcome } from '../../database/generated/prisma/enums.ts';
import type { CalendarDay } from './calendar-days.rules.ts';
import { countInSpan, type LedgerGap } from './fire-page.rules.ts';

/** So many instants with an outcome on a day; days are numbered from 1. */
export interface OutcomeOfDay {
  readonly day: number;
  readonly outcome: FireOutcome;
  readonly count: number;
}

/** A gap that does not lie within one day. */
export interface LongGap extends LedgerGap {
  readonly outcome: FireOutcome;
}

export interface FireDay extends CalendarDay {
  readonly counts: readonly { readonly outcome: FireOutcome; readonly count: number }[];
}

/** In the order in which people are told of them. */
const ORDER: readonly FireOutcome[] = [
  'on_time',
  'late',
  'caught_up',
  'skipped_overlap',
  'skipped_paused',
  'skipped_policy',
  'missed',
];

/** Every day with its counts, zeros left out; each gap is split over the days that it covers. */
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
    // A gap whose rule nobody knows any more stands where it begins, as `fires` lists it.
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
