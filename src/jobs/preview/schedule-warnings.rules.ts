/** Warnings about what people overlook in a cron expression and a time zone, as sentences. */
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { cronOf, fieldsOf, weekdayReadings } from '../calendar/cron.rules.ts';
import { type DstNote, dueInstants, nextDue, type Recurrence } from '../calendar/due.rules.ts';
import { type Stretch, stretches } from '../calendar/time-zone.rules.ts';
import { RUN_ALL_LIMIT } from '../ledger/resolve.rules.ts';
import type { Intervals } from './due-comparison.rules.ts';

export interface WarningInput extends Recurrence {
  readonly misfirePolicy: MisfirePolicy;
  readonly after: Date;
  readonly intervals: Intervals;
  /** How far back the policy applies to missed fires. */
  readonly windowMs: number;
}

/** How many fires ahead to check the intervals between them. */
const FEW = 10;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DAYS_OF_MONTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const NUMBERS = 'no one two three four five six seven'.split(' ');

/** Sentences, the most surprising first; empty for a schedule that does what it seems to do. */
export function warningsOf(input: WarningInput): string[] {
  const written = fieldsOf(input.cron);
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] =
    written.length === 5 ? ['0', ...written] : written;
  return [
    ...rate(input),
    ...rarity(input),
    ...shortMonths(input, day, month, weekday),
    ...eitherDay(day, weekday),
    // A nickname has no numbers that its author wrote; with 6 fields, numbers are refused.
    ...(written.length === 5 && !input.cron.trim().startsWith('@') ? numberedDays(weekday) : []),
    ...unevenSteps([second, minute, hour, day, month, weekday]),
    ...clockChangeWarnings(input, input.after),
    ...misfires(input),
  ];
}

function rate({ cron }: WarningInput): string[] {
  const { seconds, minutes, hours } = cronOf(cron);
  const perDay = seconds.length * minutes.length * hours.length;
  if (perDay <= 1440) return [];
  return [`It fires ${grouped(perDay)} times a day, more often than once a minute.`];
}

function rarity(input: WarningInput): string[] {
  if (input.intervals.countInYear > 0) return [];
  const [next] = nextDue(input, input.after, 1);
  if (next === undefined) return ['It does not fire in the next 60 years.'];
  return [`It does not fire within a year: the next time is ${next.at.toISOString()}.`];
}

/** The 29th, 30th and 31st are not in every month. */
function shortMonths({ cron }: WarningInput, day: string, month: string, weekday: string): string[] {
  if (weekday !== '*' || !/^[\d,-]+$/.test(day)) return [];
  const smallest = Math.min(...day.split(/[,-]/).map(Number));
  const { months } = cronOf(cron);
  if (smallest === 29 && months.size === 1 && months.has(2)) {
    return ['29 February: it fires once in four years.'];
  }
  const skipped = MONTHS.filter((_, index) => months.has(index + 1) && (DAYS_OF_MONTHS[index] ?? 31) < smallest);
  if (skipped.length === 0) return [];
  const among = month === '*' ? '' : ' of those it names';
  const which = `The ${smallest}${smallest === 31 ? 'st' : 'th'}`;
  if (skipped.length === 1) return [`${which}: it skips ${skipped[0]}${smallest === 29 ? ' but in leap years' : ''}.`];
  return [`${which}: it skips ${NUMBERS[skipped.length]} months${among}: ${listOf(skipped)}.`];
}

function eitherDay(day: string, weekday: string): string[] {
  if (day === '*' || weekday === '*') return [];
  return ['Day of month and day of week are both given: it fires on days that match either of them.'];
}

function numberedDays(weekday: string): string[] {
  const readings = weekdayReadings(weekday);
  if (readings === null) return [];
  const { unix, quartz } = readings;
  return [
    `The day of week ${weekday} is ${unix}, as Unix counts; Quartz would ${quartz === null ? 'refuse it' : `read ${quartz}`}. Names leave no doubt.`,
  ];
}

/** A step that does not divide its field's range starts over at the end of the range. */
function unevenSteps([second = '', minute = '', hour = '', day = '', month = '', weekday = '']: string[]): string[] {
  const fields = [
    [second, 60, 'second', 'second', 'minute'],
    [minute, 60, 'minute', 'minute', 'hour'],
    [hour, 24, 'hour', 'hour', 'day'],
    [month, 12, 'month', 'month', 'year'],
    [weekday, 7, 'day of week', 'day', 'week'],
  ] as const;
  const found = fields.flatMap(([field, size, name, unit, whole]) => {
    const step = stepOf(field);
    const rest = size % step;
    if (rest === 0) return [];
    return [
      `${field} in the ${name} field starts again each ${whole}: the last interval is ${several(rest, unit)}, not ${step}.`,
    ];
  });
  return [...found, ...unevenDays(day, month)];
}

/** For days, the length of the month decides; a month of 31 days is the clearest example. */
function unevenDays(day: string, month: string): string[] {
  const step = stepOf(day.replace(/^1\//, '*/'));
  const last = 1 + Math.floor(30 / step) * step;
  if (month !== '*' || step === 1 || last === 1) return [];
  return [
    `${day} in the day of month field starts again each month: after day ${last} of a month of 31 days, day 1 comes ${several(32 - last, 'day')} later.`,
  ];
}

const stepOf = (field: string) => Number(/^\*\/(\d+)$/.exec(field)?.[1] ?? 1);

function misfires(input: WarningInput): string[] {
  const { misfirePolicy, windowMs, after } = input;
  const { average } = input.intervals;
  if (average === null) return [];
  if (misfirePolicy === 'run_all' && average * RUN_ALL_LIMIT < windowMs) {
    return [
      `RUN_ALL runs at most ${RUN_ALL_LIMIT} fires after a gap: of a gap of more than ${lengthOf(average * RUN_ALL_LIMIT)} the rest is missed.`,
    ];
  }
  if (misfirePolicy !== 'skip' && average > 2 * windowMs) {
    const next = nextDue(input, after, FEW).map(({ at }) => at.getTime());
    const longest = Math.max(...next.slice(1).map((at, index) => at - (next[index] ?? at)));
    return [
      `A fire that is missed by more than ${lengthOf(windowMs)} is not run late, and the one after it can be ${lengthOf(longest)} away.`,
    ];
  }
  return [];
}

/** In the largest unit that gives a useful number. */
function lengthOf(ms: number): string {
  if (ms >= 2 * DAY) return `${grouped(Math.round(ms / DAY))} days`;
  const [size, unit] = ms >= HOUR ? [HOUR, 'hours'] : [60_000, 'minutes'];
  const count = Math.round((ms / size) * 10) / 10;
  return `${grouped(count)} ${count === 1 ? unit.slice(0, -1) : unit}`;
}

function listOf(words: readonly string[]): string {
  return words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

const several = (count: number, unit: string) => `${grouped(count)} ${unit}${count === 1 ? '' : 's'}`;

const grouped = (count: number) => count.toLocaleString('en-US');

const YEAR = 366 * 86_400_000;

/**
 * One sentence for the first clock change that shifts a local time of the schedule, and
 * one for the first that repeats one.
 */
function clockChangeWarnings(recurrence: Recurrence, after: Date): string[] {
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

/** The first instant in [from, to) with this note, and how many have it. */
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

/**
 * Formats a local time, given as if it were UTC, as date and time; the time has seconds
 * only when they are not zero.
 */
function wordsOf(local: number): [day: string, time: string] {
  const text = new Date(local).toISOString();
  return [text.slice(0, 10), text.slice(11, text.slice(17, 19) === '00' ? 16 : 19)];
}

const andMore = (count: number) =>
  count < 2 ? '' : `, and ${(count - 1).toLocaleString('en-US')} more likewise that night`;
