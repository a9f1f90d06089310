/** How far apart a schedule's fires are. */
import { countDue, firstDue, nextDue, previousDue, type Recurrence } from '../calendar/due.rules.ts';

export interface Intervals {
  /** Milliseconds; null when it fires only once more. */
  readonly shortest: number | null;
  readonly average: number | null;
  /** Within the next 366 days. */
  readonly countInYear: number;
}

const YEAR = 366 * 86_400_000;
/** More than a day of seconds: whatever a day holds, and where it meets the next, is among them. */
const MOST_WALKED = 100_000;
/** Of those that are rarer than yearly. */
const FEW = 10;

/** Over the next 366 days, the shortest among their first 100,000 fires; over the next 10 fires where a year has fewer than two. */
export function intervalsOf(recurrence: Recurrence, after: Date): Intervals {
  const through = new Date(after.getTime() + YEAR);
  const countInYear = countDue(recurrence, after, through);
  const first = firstDue(recurrence, after, through);
  const last = previousDue(recurrence, new Date(through.getTime() + 1), new Date(after.getTime() + 1));
  if (countInYear < 2 || first === null || last === null) {
    const few = nextDue(recurrence, after, FEW).map(({ at }) => at.getTime());
    return { ...ofList(few), countInYear };
  }
  const average = (last.getTime() - first.getTime()) / (countInYear - 1);
  const walked = nextDue(recurrence, after, Math.min(countInYear, MOST_WALKED)).map(({ at }) => at.getTime());
  return { shortest: ofList(walked).shortest, average, countInYear };
}

function ofList(instants: readonly number[]): Pick<Intervals, 'shortest' | 'average'> {
  const [first, second] = instants;
  const last = instants.at(-1);
  if (first === undefined || second === undefined || last === undefined) return { shortest: null, average: null };
  let shortest = Number.POSITIVE_INFINITY;
  for (let index = 1; index < instants.length; index++) {
    shortest = Math.min(shortest, (instants[index] ?? last) - (instants[index - 1] ?? first));
  }
  return { shortest, average: (last - first) / (instants.length - 1) };
}
