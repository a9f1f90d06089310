/** What the clock changes of the next year do to a schedule, in words. */
import { cronOf } from '../calendar/cron.rules.ts';
import { type DstNote, dueInstants, type Recurrence } from '../calendar/due.rules.ts';
import { type Stretch, stretches } from '../calendar/time-zone.rules.ts';

const YEAR = 366 * 86_400_000;

/** A sentence for the first change that moves, and one for the first that doubles, a local time which the schedule names. */
export function clockChangeWarnings(recurrence: Recurrence, after: Date): string[] {
  if (cronOf(recurrence.cron).followsElapsedTime) return [];
  const from = after.getTime();
  const changes = [...stretches(recurrence.timeZone, from, from + YEAR)].filter(({ start }) => start > from);
  const isForward = ({ offset, offsetBefore }: Stretch) => offset > offsetBefore;
  return [true, false]
    .map((forward) =>
      changes.filter((change) => isForward(change) === forward).flatMap((change) => warningOf(recurrence, change)),
    )
    .flatMap((warnings) => warnings.slice(0, 1));
}

function warningOf(recurrence: Recurrence, { start, offset, offsetBefore }: Stretch): string[] {
  const gap = offset - offsetBefore;
  const { timeZone } = recurrence;
  if (gap > 0) {
    const { first, count } = noted(recurrence, start, start + gap, 'shifted_by_gap');
    if (first === null) return [];
    const [day, time] = wordsOf(first + offsetBefore);
    const [dayThen, timeThen] = wordsOf(first + offset);
    const then = dayThen === day ? timeThen : `${timeThen} on ${dayThen}`;
    return [`${time} does not exist on ${day} in ${timeZone}: it fires at ${then} instead${andMore(count)}.`];
  }
  const { first, count } = noted(recurrence, start + gap, start, 'first_of_repeated');
  if (first === null) return [];
  const [day, time] = wordsOf(first + offsetBefore);
  return [`${time} occurs twice on ${day} in ${timeZone}: it fires at the first${andMore(count)}.`];
}

/** The first instant in [from, to) with a note, and how many there are. */
function noted(recurrence: Recurrence, from: number, to: number, note: DstNote) {
  let first: number | null = null;
  let count = 0;
  for (const { at, dst } of dueInstants(recurrence, new Date(from - 1), new Date(to - 1))) {
    if (dst !== note) continue;
    first ??= at.getTime();
    count++;
  }
  return { first, count };
}

/** A local time, written as if it were UTC: day, and hours with minutes (seconds where there are any). */
function wordsOf(local: number): [day: string, time: string] {
  const text = new Date(local).toISOString();
  return [text.slice(0, 10), text.slice(11, text.slice(17, 19) === '00' ? 16 : 19)];
}

const andMore = (count: number) =>
  count < 2 ? '' : `, and ${(count - 1).toLocaleString('en-US')} more likewise that night`;
