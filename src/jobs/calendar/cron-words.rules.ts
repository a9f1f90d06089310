/**
 * Describes a cron in words. cronstrue supplies the words, separately for the time and for each
 * day field: for both day fields together it does not say whether they mean "and" or "or".
 * Short lists of times are written out here.
 */
import cronstrue from 'cronstrue';

/** The most times of day that are listed. */
const MOST_TIMES = 6;
const WHOLE_WEEK = /^(0|SUN)-(6|7|SAT|SUN)$|^(1|MON)-(7|SUN)$/;
const list = new Intl.ListFormat('en-GB');

/** Takes six valid fields in upper case. 24-hour clock. */
export function inWords(fields: readonly string[]): string {
  const [second = '0', minute = '*', hour = '*', day = '*', month = '*', weekday = '*'] = fields;
  const time = timeWords(second, minute, hour);
  const days = `${dayWords(day, weekday)}${month === '*' ? '' : dateWords('*', month, '*')}`;
  // cronstrue omits "every day".
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

/** With both fields given, a day that matches either of them counts. */
function dayWords(day: string, weekday: string): string {
  const items = day.split(',');
  const lastDayLast = [...items.filter((item) => item !== 'L'), ...items.filter((item) => item === 'L')].join();
  const ofMonth = dateWords(lastDayLast, '*', '*')
    .replace(/ in a month(?=, (starting|between))/g, '')
    .replaceAll(' in a month', ' from the first of the month');
  const ofWeek = WHOLE_WEEK.test(weekday) ? '' : dateWords('*', '*', weekday);
  if (day === '*') return ofWeek;
  if (weekday === '*') return ofMonth;
  // One of the two matches every day.
  if (ofMonth === '' || ofWeek === '') return '';
  return `${ofMonth} or ${ofWeek.replace(/^, (only )?/, '').replace(/^(?=[A-Z])/, 'on ')}`;
}

const dateWords = (day: string, month: string, weekday: string) =>
  cronstrue.toString(`0 0 ${day} ${month} ${weekday}`, { use24HourTimeFormat: true }).replace(/^At 00:00/, '');
