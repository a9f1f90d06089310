/**
 * Validates each field of a cron before croner reads it: croner's messages count days and months from zero and
 * mention its internals. Every field that passes here is readable for both croner and cronstrue.
 */

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** The largest step allowed. */
  readonly size: number;
  /** The names of the values from `min` on. */
  readonly names: readonly string[];
  readonly allowed: string;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
const DAY_OF_MONTH = 'day of month';
const DAY_OF_WEEK = 'day of week';

const field = (name: string, [min, max, size]: [number, number, number], allowed: string, names: string[] = []) => ({
  name,
  min,
  max,
  size,
  names,
  allowed,
});
const FIELDS: readonly Field[] = [
  field('second', [0, 59, 60], '0 to 59, for example "0" or "*/15"'),
  field('minute', [0, 59, 60], '0 to 59, for example "30" or "*/15"'),
  field('hour', [0, 23, 24], '0 to 23, for example "3" or "9-17"'),
  field(DAY_OF_MONTH, [1, 31, 31], '1 to 31, or L for the last day, for example "1" or "1,15"'),
  field('month', [1, 12, 12], '1 to 12 or JAN to DEC, for example "*/3" or "JAN-MAR"', MONTHS),
  field(DAY_OF_WEEK, [0, 7, 7], '0 to 7 (0 and 7 are Sunday) or SUN to SAT, for example "MON-FRI" or "FRI#2"', DAYS),
];

/** The problem of the first invalid field among six in upper case; null when all are valid. */
export function fieldProblem(fields: readonly string[]): string | null {
  for (const [index, kind] of FIELDS.entries()) {
    const problem = listProblem(kind, fields[index] ?? '');
    if (problem !== null) return `in the ${kind.name} field, ${problem}. It takes ${kind.allowed}.`;
  }
  return null;
}

function listProblem(kind: Field, text: string): string | null {
  const items = text.split(',');
  if (items.includes('')) return `"${text}" has a comma with nothing beside it`;
  if (items.length > 1 && items.includes('*'))
    return `"${text}" has * in a list: * alone is every ${kind.name} already`;
  if (kind.name === DAY_OF_MONTH && items.length > 1 && text.includes('W')) {
    return `"${text}" has W in a list: W goes with a single day`;
  }
  for (const item of items) {
    const problem = itemProblem(kind, item);
    if (problem !== null) return problem;
  }
  return null;
}

function itemProblem(kind: Field, item: string): string | null {
  if (kind.name === DAY_OF_MONTH && /[LW]/.test(item)) return letteredDayProblem(kind, item);
  if (kind.name === DAY_OF_WEEK && /L$|#/.test(item)) return weekdayOfMonthProblem(kind, item);
  const [, from, to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\w+))?$/.exec(item) ?? [];
  if (from === undefined && /^\/\d+$/.test(item)) return `"${item}" has nothing before the step: write "*${item}"`;
  if (from === undefined || (from === '*' && to !== undefined)) return `"${item}" means nothing`;
  for (const text of [from, to ?? '*']) {
    const problem = text === '*' ? null : valueProblem(kind, text, item);
    if (problem !== null) return problem;
  }
  if (step !== undefined && !(/^\d+$/.test(step) && Number(step) >= 1 && Number(step) <= kind.size)) {
    return `the step of "${item}" is not from 1 to ${kind.size}`;
  }
  if (kind.name === DAY_OF_WEEK && from === '7' && to === undefined && step !== undefined) {
    return `"${item}" counts on from the last day of the week: write "SUN/${step}"`;
  }
  return to !== undefined && numberOf(kind, from, false) > numberOf(kind, to, true)
    ? `"${item}" runs backwards: write ${inTwo(kind, from, to, step)}`
    : null;
}

/** The value of a number or name; NaN for any other text. At the end of a range, SUN is 7. */
function numberOf({ names, min, max }: Field, text: string, isEnd: boolean): number {
  if (/^\d+$/.test(text)) return Number(text);
  const index = names.indexOf(text);
  if (index < 0) return Number.NaN;
  return isEnd && text === 'SUN' ? max : index + min;
}

function valueProblem(kind: Field, text: string, item: string): string | null {
  const value = numberOf(kind, text, false);
  const where = text === item ? '' : ` in "${item}"`;
  if (value >= kind.min && value <= kind.max) return null;
  if (!Number.isNaN(value)) return `"${text}"${where} is out of range`;
  const name = kind.names.find((known) => text.startsWith(known));
  return name === undefined ? `"${text}"${where} means nothing` : `"${text}"${where} is written ${name}`;
}

/** Splits a range that wraps past the end of its field: FRI-MON becomes FRI-SAT,SUN-MON. */
function inTwo({ names, min, max, name }: Field, from: string, to: string, step: string | undefined): string {
  if (step !== undefined) return 'two ranges that do not';
  const [first, last] = names.includes(from) ? [names[0], names.at(-1)] : [min, name === DAY_OF_WEEK ? 6 : max];
  const range = (start: unknown, end: unknown) => (String(start) === String(end) ? start : `${start}-${end}`);
  return `"${range(from, last)},${range(first, to)}"`;
}

/** `L`, `LW` and `15W`. */
function letteredDayProblem(kind: Field, item: string): string | null {
  if (item === 'L' || item === 'LW') return null;
  const day = /^(\d+)W$/.exec(item)?.[1];
  if (day !== undefined) return valueProblem(kind, day, item);
  return `"${item}" means nothing: L is the last day, LW the last weekday, 15W the weekday nearest to the 15th`;
}

/** `FRIL` and `FRI#2`. */
function weekdayOfMonthProblem(kind: Field, item: string): string | null {
  const [, day, ordinal] = /^(\w+?)(?:L|#(\w*))$/.exec(item) ?? [];
  if (day === undefined) {
    return `"${item}" means nothing: FRIL is the last Friday of the month, FRI#2 the second, SAT every Saturday`;
  }
  if (ordinal !== undefined && !/^[1-5]$/.test(ordinal)) return `the number after # in "${item}" is not from 1 to 5`;
  return valueProblem(kind, day, item);
}
