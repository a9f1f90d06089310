/** The ledger's state in the address: what the calendar shows, the day or hour, outcomes, and the position in the list. */

import { useSearchParams } from 'wouter';
import { serverNow } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { instantIn } from '../ui/list-address.rules.ts';
import { dayOf, daysLater, isDay, isMonth, monthOf, monthsLater, spanOfDays, spanOfMonths } from './calendar.rules.ts';
import { type FireOutcome, OUTCOMES } from './fire.rules.ts';

/** What the calendar shows: the hours of seven days, or the days of one or three months. */
export const VIEWS = [
  ['hours', 'Hours of seven days'],
  ['1', 'One month'],
  ['3', 'Three months'],
] as const;
export type View = (typeof VIEWS)[number][0];

export interface LedgerAddress {
  readonly view: View;
  /** The shown months, in order; of the hours, their last day. */
  readonly periods: readonly string[];
  /** The month that is now, or the day. */
  readonly present: string;
  /** Both ends of what is shown, for the query. */
  readonly span: { readonly from: string; readonly to: string };
  /** The period that ends what is shown after so many steps; negative ones go back. */
  readonly stepped: (by: number) => string;
  /** The selected day by its date, or the hour by its beginning. */
  readonly day: string | undefined;
  /** Empty: all. */
  readonly outcomes: readonly FireOutcome[];
  /** The list ends before this timestamp; undefined: it starts with the newest fire. */
  readonly until: string | undefined;
  readonly set: (change: Readonly<Record<string, string | undefined>>) => void;
}

/** Changing one of these returns the list to its first page. */
const OF_LIST = ['end', 'view', 'day', 'outcome'];
const DAYS_OF_HOURS = 7;

/** Three months do not fit side by side there. */
const IS_NARROW = window.matchMedia('(width < 64rem)');

/** `isFrequent`: the job fires at least every hour, so that a day's only cell would say little. */
export function useLedgerAddress(zone: string, isFrequent: boolean): LedgerAddress {
  const [params, setParams] = useSearchParams();
  const chosen = VIEWS.find(([one]) => one === params.get('view'))?.[0];
  const view = chosen ?? (isFrequent ? 'hours' : IS_NARROW.matches ? '1' : '3');
  const isHourly = view === 'hours';
  const size = isHourly ? 1 : Number(view);
  const asked = params.get('end') ?? '';
  const present = isHourly ? dayOf(serverNow(), zone) : monthOf(serverNow(), zone);
  const last = (isHourly ? isDay : isMonth)(asked) ? asked : present;
  const periods = Array.from({ length: size }, (_, index) => monthsLater(last, index + 1 - size));
  const outcomes = (params.get('outcome') ?? '').split(',');
  return {
    view,
    periods: isHourly ? [last] : periods,
    present,
    span: isHourly
      ? spanOfDays(daysLater(last, 1 - DAYS_OF_HOURS), last, zone)
      : spanOfMonths(periods[0] ?? last, last, zone),
    stepped: (by) => (isHourly ? daysLater(last, by * DAYS_OF_HOURS) : monthsLater(last, by * size)),
    day: params.get('day') ?? undefined,
    outcomes: OUTCOMES.filter((one) => outcomes.includes(one)),
    until: instantIn(params.get('until')),
    set: (change) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before);
          if (Object.keys(change).some((name) => OF_LIST.includes(name))) next.delete('until');
          for (const [name, value] of Object.entries(change)) {
            if (value === undefined || value === '') next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: !('until' in change) },
      ),
  };
}

/* The days or hours of a ledger with the number of fires per outcome. */

export const FireCalendar = graphql(`
  query FireCalendar($jobName: String!, $from: DateTime!, $to: DateTime!, $timeZone: TimeZone, $isHourly: Boolean) {
    fireCalendar(jobName: $jobName, from: $from, to: $to, timeZone: $timeZone, isHourly: $isHourly) {
      date startsAt endsAt dueCount
      counts { outcome count }
    }
  }
`);
export type Day = NonNullable<ResultOf<typeof FireCalendar>['fireCalendar']>[number];

/** Days are told apart by their date, hours by their beginning. */
export const keyOf = (view: View, { date, startsAt }: Day): string => (view === 'hours' ? startsAt : date);
