/** The ledger's state in the address: months, day, outcomes, and the position in the list. */

import { useSearchParams } from 'wouter';
import { serverNow } from '../graphql/client.ts';
import { graphql, type ResultOf } from '../graphql/graphql.ts';
import { instantIn } from '../ui/list-address.rules.ts';
import { isMonth, monthOf, monthsLater } from './calendar.rules.ts';
import { type FireOutcome, OUTCOMES } from './fire.rules.ts';

export interface LedgerAddress {
  /** The shown months, in order. */
  readonly months: readonly string[];
  readonly size: 1 | 3;
  readonly day: string | undefined;
  /** Empty: all. */
  readonly outcomes: readonly FireOutcome[];
  /** The list ends before this timestamp; undefined: it starts with the newest fire. */
  readonly until: string | undefined;
  readonly set: (change: Readonly<Record<string, string | undefined>>) => void;
}

/** Changing one of these returns the list to its first page. */
const OF_LIST = ['month', 'months', 'day', 'outcome'];

/** Three months do not fit side by side there. */
const IS_NARROW = window.matchMedia('(width < 64rem)');

export function useLedgerAddress(zone: string): LedgerAddress {
  const [params, setParams] = useSearchParams();
  const asked = params.get('month') ?? '';
  const months = params.get('months') ?? (IS_NARROW.matches ? '1' : '3');
  const size = months === '1' ? 1 : 3;
  const last = isMonth(asked) ? asked : monthOf(serverNow(), zone);
  const outcomes = (params.get('outcome') ?? '').split(',');
  return {
    months: Array.from({ length: size }, (_, index) => monthsLater(last, index + 1 - size)),
    size,
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

/* The days of a ledger with the number of fires per outcome. */

export const FireCalendar = graphql(`
  query FireCalendar($jobName: String!, $from: DateTime!, $to: DateTime!, $timeZone: TimeZone) {
    fireCalendar(jobName: $jobName, from: $from, to: $to, timeZone: $timeZone) {
      date startsAt endsAt dueCount
      counts { outcome count }
    }
  }
`);
export type Day = NonNullable<ResultOf<typeof FireCalendar>['fireCalendar']>[number];
