/**
 * The days of a span in a time zone, as a calendar shows them: whole, and of whatever length clock
 * changes give them. A day begins with the first instant that has its date. So midnight may be left
 * out (the day begins later), come twice (its first time counts), or a whole date may not exist.
 */
import { stretches } from '../calendar/time-zone.rules.ts';
import { DAY_MS } from './span.rules.ts';

export interface CalendarDay {
  /** In the zone: `2027-03-28`. */
  readonly date: string;
  /** Epoch milliseconds, [startsAt, endsAt). */
  readonly startsAt: number;
  readonly endsAt: number;
}

/** More than a day of 25 hours and a date that was left out. */
const REACH = 3 * DAY_MS;

/** Every day that has an instant in [from, to), ascending. Throws a RangeError for a zone that does not exist. */
export function calendarDays(timeZone: string, from: Date, to: Date): CalendarDay[] {
  const starts = [...dayStarts(timeZone, from.getTime() - REACH, to.getTime() + REACH)];
  return starts
    .map(({ day, at }, index) => ({ date: dateOf(day), startsAt: at, endsAt: starts[index + 1]?.at ?? at }))
    .filter(({ startsAt, endsAt }) => startsAt < to.getTime() && endsAt > from.getTime());
}

/** Days as local midnights read as UTC; the first one begins before `from`, and is cut there. */
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
