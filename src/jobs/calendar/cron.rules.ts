/**
 * What a cron expression means. croner does the matching, but only of days and only in UTC: its
 * own handling of zones runs backwards across a spring gap, and it reads Quartz's `?` wrongly.
 * Everything that could be read in two ways is refused here, with both readings.
 */
import { Cron as Croner, CronPattern } from 'croner';
import cronstrue from 'cronstrue';

export interface Cron {
  readonly fieldCount: 5 | 6;
  /** Ascending; seconds are `[0]` with 5 fields. */
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1 to 12. */
  readonly months: ReadonlySet<number>;
  /** The hour field is a wildcard: follow elapsed time across clock changes; src/jobs/calendar/due.rules.ts tells the rule. */
  readonly followsElapsedTime: boolean;
  /** Whether a day matches, given its midnight as if local time were UTC, in epoch milliseconds. */
  matchesDay(midnight: number): boolean;
}

export type CronReading =
  | { readonly ok: true; readonly cron: Cron }
  /** `problem`: one sentence or two for the person who wrote it: what is wrong, what to write instead. */
  | { readonly ok: false; readonly problem: string; readonly code: CronProblemCode };

/** The same for scripts. */
export type CronProblemCode = 'INVALID_CRON' | 'AMBIGUOUS_WEEKDAY' | 'NEVER_FIRES';

const FIELDS = ['second', 'minute', 'hour', 'day of month', 'month', 'day of week'] as const;
const LETTERS = [/^[\d*,/-]+$/, /^[\d*,/-]+$/, /^[\d*,/-]+$/, /^[\d*,/LW-]+$/, /^[\dA-Z*,/-]+$/, /^[\dA-Z*,/#-]+$/];
const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const UNIX_DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];
const QUARTZ_DAYS = ['nothing', 'SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Readings are pure and asked for at every fire and page; bounded, since callers send expressions too. */
const readings = new Map<string, CronReading>();
const READINGS_KEPT = 1000;

/**
 * Reads 5 fields (Unix), 6 (with seconds first) or a nickname such as `@daily`. `?` is `*`, names
 * are accepted in any case, `0/15` is `*`+`/15`. Never throws.
 */
export function parseCron(expression: string): CronReading {
  let reading = readings.get(expression);
  if (reading === undefined) {
    reading = read(expression);
    if (readings.size >= READINGS_KEPT) readings.clear();
    readings.set(expression, reading);
  }
  return reading;
}

/** The reading of an expression that was accepted before. Throws an Error when it is not one. */
export function cronOf(expression: string): Cron {
  const reading = parseCron(expression);
  if (!reading.ok) throw new Error(reading.problem);
  return reading.cron;
}

/** In words, 24-hour clock: "every minute", "at 03:00 every day". Throws when the expression is not one. */
export function cronDescription(expression: string): string {
  cronOf(expression);
  const fields = fieldsOf(expression);
  const words = cronstrue.toString(fields.join(' '), { use24HourTimeFormat: true });
  // The library leaves out what goes without saying to those who read cron.
  const isDaily = fields.slice(-3).every((field) => field === '*' || field === '?') && words.startsWith('At ');
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}${isDaily ? ' every day' : ''}`;
}

function read(expression: string): CronReading {
  const written = fieldsOf(expression);
  const refuse = (problem: string, code: CronProblemCode = 'INVALID_CRON'): CronReading => ({
    ok: false,
    problem: `The cron "${expression}" ${problem}`,
    code,
  });
  if (expression.trim().startsWith('@') && NICKNAMES[expression.trim().toLowerCase()] === undefined) {
    return refuse(`is not a nickname that is known. Known are ${Object.keys(NICKNAMES).join(', ')}.`);
  }
  if (written.length !== 5 && written.length !== 6) {
    return refuse(
      `has ${written.length} field${written.length === 1 ? '' : 's'}. Write 5 (minute, hour, day of month, month, ` +
        'day of week) or 6 with the second first, for example "0 3 * * *".',
    );
  }
  const fields = written.length === 5 ? ['0', ...written] : written;
  for (const [index, field] of fields.entries()) {
    if (!(LETTERS[index]?.test(field) ?? false) || /(^|,)\//.test(field)) {
      return refuse(`cannot be read: "${field}" is not a ${FIELDS[index]} field.`);
    }
  }
  const weekday = fields[5] ?? '*';
  const ambiguity = written.length === 6 ? weekdayAmbiguity(weekday) : undefined;
  if (ambiguity !== undefined) return refuse(ambiguity, 'AMBIGUOUS_WEEKDAY');

  try {
    // Sloppy ranges: Quartz's `5/15` (from 5, every 15).
    const options = { mode: '6-part', sloppyRanges: true } as const;
    const pattern = new CronPattern(fields.join(' '), undefined, options);
    // The offset 0, not the zone "UTC": a zone sends croner through Intl at every step.
    const days = new Croner(['0 0 0', ...fields.slice(3)].join(' '), { ...options, utcOffset: 0 });
    if (days.nextRun(new Date('2000-01-01T00:00:00Z')) === null) {
      return refuse('never fires: no year has such a day.', 'NEVER_FIRES');
    }
    return {
      ok: true,
      cron: {
        fieldCount: written.length,
        seconds: chosen(pattern.second, 0),
        minutes: chosen(pattern.minute, 0),
        hours: chosen(pattern.hour, 0),
        months: new Set(chosen(pattern.month, 1)),
        followsElapsedTime: /^\*(\/\d+)?$/.test(fields[2] ?? ''),
        matchesDay: (midnight) => days.match(new Date(midnight)),
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^Cron(Pattern|Date): /, '') : String(error);
    return refuse(`cannot be read: ${message}.`);
  }
}

/** Upper case, nicknames spelled out, `?` and `0/n` as the wildcards that they are. */
export function fieldsOf(expression: string): string[] {
  const trimmed = expression.trim();
  return (NICKNAMES[trimmed.toLowerCase()] ?? trimmed)
    .toUpperCase()
    .split(/\s+/)
    .filter((field) => field !== '')
    .map((field) => (field === '?' ? '*' : field.replace(/^0\/(\d+)$/, '*/$1')));
}

/** Quartz counts weekdays from 1 = Sunday, everybody else from 0 = Sunday; 6 fields are written by both. */
function weekdayAmbiguity(field: string): string | undefined {
  // Neither the step of `*/2` nor the ordinal of `FRI#2` is a weekday.
  const numbered = field.replace(/[/#]\d+/g, '');
  if (!/\d/.test(numbered)) return undefined;
  const readAs = (days: readonly string[]) => numbered.replace(/\d+/g, (digits) => days[Number(digits)] ?? 'nothing');
  return (
    `has 6 fields and a numbered day of week, "${field}", which is ${readAs(QUARTZ_DAYS)} to Quartz (1 = Sunday) ` +
    `and ${readAs(UNIX_DAYS)} to Unix (0 = Sunday). Write names, for example MON or MON-FRI.`
  );
}

function chosen(flags: readonly number[], first: number): number[] {
  return flags.flatMap((flag, index) => (flag ? [index + first] : []));
}
