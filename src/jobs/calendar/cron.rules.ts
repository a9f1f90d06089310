/**
 * Parses cron expressions. croner does the matching, but only of days and only in UTC: its own
 * handling of zones runs backwards across a spring gap, and it misreads Quartz's `?`. Ambiguous
 * expressions are refused, with both meanings.
 */
import { Cron as Croner, CronPattern } from 'croner';
import { LRUCache } from 'lru-cache';
import { fieldProblem } from './cron-fields.rules.ts';
import { inWords } from './cron-words.rules.ts';

export interface Cron {
  readonly fieldCount: 5 | 6;
  /** Ascending; seconds are `[0]` with 5 fields. */
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1 to 12. */
  readonly months: ReadonlySet<number>;
  /** The hour field is a wildcard: follows elapsed time across clock changes (the rule is in due.rules.ts). */
  readonly followsElapsedTime: boolean;
  /** Whether a day matches, given its midnight as if local time were UTC, in epoch milliseconds. */
  matchesDay(midnight: number): boolean;
}

export type CronReading =
  | { readonly ok: true; readonly cron: Cron }
  /** `problem`: one or two sentences for the author: what is wrong, and what to write instead. */
  | { readonly ok: false; readonly problem: string; readonly code: CronProblemCode };

/** The problem as a code, for scripts. */
type CronProblemCode = 'INVALID_CRON' | 'AMBIGUOUS_WEEKDAY' | 'NEVER_FIRES';

const NICKNAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const DAY = 86_400_000;
const UNIX_DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'];
const QUARTZ_DAYS = ['', 'SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** Parsing is pure and needed at every fire and page. The cache is bounded, since callers send expressions too. */
const readings = new LRUCache<string, CronReading>({ max: 1_000 });

/**
 * Parses 5 fields (Unix), 6 (with seconds first) or a nickname such as `@daily`. `?` means `*`, names are accepted
 * in any case, `0/15` means `*`+`/15`. Never throws.
 */
export function parseCron(expression: string): CronReading {
  let reading = readings.get(expression);
  if (reading === undefined) {
    reading = read(expression);
    readings.set(expression, reading);
  }
  return reading;
}

/** Parses an expression that was accepted before. Throws an Error when it is invalid. */
export function cronOf(expression: string): Cron {
  const reading = parseCron(expression);
  if (!reading.ok) throw new Error(reading.problem);
  return reading.cron;
}

/**
 * Describes the cron, with a 24-hour clock: "every minute", "at 03:00 every day".
 * Throws when the expression is invalid.
 */
export function cronDescription(expression: string): string {
  cronOf(expression);
  return inWords(withSeconds(fieldsOf(expression)));
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
  const fields = withSeconds(written);
  const unreadable = fieldProblem(fields);
  if (unreadable !== null) return refuse(`cannot be read: ${unreadable}`);
  const weekday = fields[5] ?? '*';
  const ambiguity = written.length === 6 ? weekdayAmbiguity(weekday) : undefined;
  if (ambiguity !== undefined) return refuse(ambiguity, 'AMBIGUOUS_WEEKDAY');

  // Sloppy ranges allow Quartz's `5/15` (from 5, every 15).
  const options = { mode: '6-part', sloppyRanges: true } as const;
  const pattern = new CronPattern(fields.join(' '), undefined, options);
  // The offset 0, not the zone "UTC": with a zone, croner calls Intl at every step.
  const days = new Croner(['0 0 0', ...fields.slice(3)].join(' '), { ...options, utcOffset: 0 });
  const cron: Cron = {
    fieldCount: written.length,
    seconds: chosen(pattern.second, 0),
    minutes: chosen(pattern.minute, 0),
    hours: chosen(pattern.hour, 0),
    months: new Set(chosen(pattern.month, 1)),
    followsElapsedTime: /^\*(\/\d+)?$/.test(fields[2] ?? ''),
    matchesDay: (midnight) => days.match(new Date(midnight)),
  };
  return everFires(cron) ? { ok: true, cron } : refuse('never fires: no year has such a day.', 'NEVER_FIRES');
}

/** croner searches for a first fire by recursion, which overflows the stack when there is none. */
function everFires({ months, matchesDay }: Cron): boolean {
  // 28 years without a century year include all 14 kinds of year: leap or not, starting on any weekday.
  for (let year = 2000; year < 2028; year++) {
    for (const month of months) {
      const end = Date.UTC(year, month, 1);
      for (let day = Date.UTC(year, month - 1, 1); day < end; day += DAY) if (matchesDay(day)) return true;
    }
  }
  return false;
}

/**
 * Normalizes the fields: upper case, nicknames expanded, no leading zeros, `?` and
 * `0/n` written as `*` and `*`+`/n`.
 */
export function fieldsOf(expression: string): string[] {
  const trimmed = expression.trim();
  return (NICKNAMES[trimmed.toLowerCase()] ?? trimmed)
    .toUpperCase()
    .split(/\s+/)
    .filter((field) => field !== '')
    .map((field) => (field === '?' ? '*' : field.replace(/\b0+(?=\d)/g, '').replace(/^0\/(\d+)$/, '*/$1')));
}

const withSeconds = (fields: readonly string[]) => (fields.length === 5 ? ['0', ...fields] : fields);

/** Quartz counts weekdays from 1 = Sunday, Unix from 0 = Sunday; both are used with 6 fields. */
function weekdayAmbiguity(field: string): string | undefined {
  const readings = weekdayReadings(field);
  if (readings === null) return undefined;
  return (
    `has 6 fields and a numbered day of week, "${field}", which is ${readings.quartz ?? 'nothing'} to Quartz ` +
    `(1 = Sunday) and ${readings.unix} to Unix (0 = Sunday). Write names, for example MON or MON-FRI.`
  );
}

/**
 * What a numbered day of week means to Unix and to Quartz; `quartz` is null where Quartz would refuse
 * it. Returns null when no day is numbered.
 */
export function weekdayReadings(field: string): { readonly unix: string; readonly quartz: string | null } | null {
  // Neither the step of `*/2` nor the ordinal of `FRI#2` is a weekday.
  const numbered = field.replace(/[/#]\d+/g, '');
  if (!/\d/.test(numbered)) return null;
  const readAs = (days: readonly string[], text: string) =>
    text.replace(/\d+/g, (digits) => days[Number(digits)] ?? '');
  return {
    // Without this, a week from Sunday to Sunday would become a single day.
    unix: readAs(UNIX_DAYS, numbered.replace('0-7', '0-6')),
    quartz: /\b0/.test(numbered) ? null : readAs(QUARTZ_DAYS, numbered),
  };
}

function chosen(flags: readonly number[], first: number): number[] {
  return flags.flatMap((flag, index) => (flag ? [index + first] : []));
}
