/**
 * A cron in words. cronstrue has the words; it is asked for the time and for each day field by
 * itself, because it leaves out whether days given twice mean "and" or "or", and names times
 * that it was only given the parts of.
 */
import cronstrue from 'cronstrue';
import { cronDescription, cronOf, fieldsOf } from './cron.rules.ts';

/** So many times of day are written out. */
const MOST_TIMES = 6;
const WHOLE_WEEK = /^(0|SUN)-(6|7|SAT|SUN)$|^(1|MON)-(7|SUN)$/;
const list = new Intl.ListFormat('en-GB');

/** Of six fields that can be read, in upper case. 24-hour clock. */
export function inWords(fields: readonly string[]): string {
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = fields;
  const time = timeWords(second, minute, hour);
  const days = `${dayWords(day, weekday)}${month === '*' ? '' : dateWords('*', month, '*')}`;
  // The library leaves out what goes without saying to those who read cron.
  return days === '' && /^at \d\d:/.test(time) ? `${time} every day` : `${time}${days}`;
}

function timeWords(second: string, minute: string, hour: string): string {
  const isPlain = [second, minute, hour].every((field) => /^[\d,]+$/.test(field));
  const times = isPlain ? timesOf(second, minute, hour) : [];
  if (isPlain && times.length <= MOST_TIMES) return `at ${list.format(times)}`;
  const words = cronstrue.toString(`${second} ${minute} ${hour} * * *`, { use24HourTimeFormat: true });
  return `${words.charAt(0).toLowerCase()}${words.slice(1)}`
    .replace(/^(at [\d, and]+ seconds?) past the minute, on the hour/, '$1 past the hour')
    .replace(/^at (\d+ seconds?) past the minute, at (\d+ minutes?) past the hour/, 'at $2 and $1 past the hour')
    .replace(/ past the hour, at (?=\d\d:00)/, ' past ')
    .replace(/^(every .*), at (?=\d\d:00)/, '$1, in the hours of ');
}

function timesOf(second: string, minute: string, hour: string): string[] {
  const numbers = (field: string) => [...new Set(field.split(',').map(Number))].sort((a, b) => a - b);
  const two = (value: number) => String(value).padStart(2, '0');
  return numbers(hour).flatMap((h) =>
    numbers(minute).flatMap((m) =>
      numbers(second).map((s) => `${two(h)}:${two(m)}${second === '0' ? '' : `:${two(s)}`}`),
    ),
  );
}

/** Where both fields are given, a day that matches either of them will do. */
function dayWords(day: string, weekday: string): string {
  const items = day.split(',');
  const lastDayLast = [...items.filter((item) => item !== 'L'), ...items.filter((item) => item === 'L')].join();
  const ofMonth = dateWords(lastDayLast, '*', '*')
    .replace(/ in a month(?=, (starting|between))/g, '')
    .replaceAll(' in a month', ' from the first of the month');
  const ofWeek = WHOLE_WEEK.test(weekday) ? '' : dateWords('*', '*', weekday);
  if (day === '*') return ofWeek;
  if (weekday === '*') return ofMonth;
  // One of them is every day.
  if (ofMonth === '' || ofWeek === '') return '';
  return `${ofMonth} or ${ofWeek.replace(/^, (only )?/, '').replace(/^(?=[A-Z])/, 'on ')}`;
}

const dateWords = (day: string, month: string, weekday: string) =>
  cronstrue.toString(`0 0 ${day} ${month} ${weekday}`, { use24HourTimeFormat: true }).replace(/^At 00:00/, '');

/** For the log, beginning with a capital. Throws an Error when the cron is not one that was accepted. */
export function triggerWords(cron: string, timeZone: string): string {
  const { fieldCount } = cronOf(cron);
  const fields = fieldsOf(cron);
  const [second = '', minute = '', hour = '', ...days] = fieldCount === 5 ? ['0', ...fields] : fields;
  const isDaily = days.every((field) => field === '*');
  if (isDaily) {
    const every =
      (minute === '*' && hour === '*' && everyOf(second, 60, 'second')) ||
      (second === '0' && hour === '*' && everyOf(minute, 60, 'minute')) ||
      (second === '0' && minute === '0' && everyOf(hour, 24, 'hour'));
    if (every) return every;
    const isOneTime = [minute, hour].every((field) => /^\d+$/.test(field));
    if (isOneTime && second === '0') return `Daily at ${clockWords(Number(hour), Number(minute))} ${timeZone}`;
  }
  const words = cronDescription(cron);
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}, ${timeZone}`;
}

/** A step that does not divide the whole begins anew at its end, and is no "every". */
function everyOf(field: string, whole: number, unit: string): string | undefined {
  const step = field === '*' ? 1 : Number(/^\*\/(\d+)$/.exec(field)?.[1] ?? 0);
  if (step < 1 || whole % step !== 0) return undefined;
  return `Every ${step} ${unit}${step === 1 ? '' : 's'}`;
}

/** 3 AM, 3:30 PM, 12 AM at midnight. */
function clockWords(hour: number, minute: number): string {
  const minutes = minute === 0 ? '' : `:${String(minute).padStart(2, '0')}`;
  return `${hour % 12 === 0 ? 12 : hour % 12}${minutes} ${hour < 12 ? 'AM' : 'PM'}`;
}
