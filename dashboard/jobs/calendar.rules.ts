/** Days and months of the calendar. Pure: the zone is an argument. */

/** The date of a timestamp in a zone, such as "2026-11-28". */
export function dayOf(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

/** The month of a timestamp in a zone, such as "2026-11". */
export const monthOf = (at: number, zone: string): string => dayOf(at, zone).slice(0, 7);

/** Whether a text is a date, such as "2026-11-28". */
export const isDay = (text: string): boolean =>
  /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));

/** Adds `by` days; negative values go back. */
export const daysLater = (day: string, by: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + by * 86_400_000).toISOString().slice(0, 10);

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;
export const isMonth = (text: string): boolean => MONTH.test(text);

/** Adds `by` months; negative values go back. */
export function monthsLater(month: string, by: number): string {
  const [, year = '', number = ''] = MONTH.exec(month) ?? [];
  return new Date(Date.UTC(Number(year), Number(number) - 1 + by, 1)).toISOString().slice(0, 7);
}

/** About noon of two days in the zone: a calendar queried with both contains them and every day between. */
export const spanOfDays = (first: string, last: string, zone: string): { from: string; to: string } => ({
  from: new Date(noon(first, zone)).toISOString(),
  to: new Date(noon(last, zone)).toISOString(),
});

/** The same for the first and the last day of months. */
export const spanOfMonths = (first: string, last: string, zone: string): { from: string; to: string } =>
  spanOfDays(`${first}-01`, daysLater(`${monthsLater(last, 1)}-01`, -1), zone);

function noon(day: string, zone: string): number {
  const asUtc = Date.parse(`${day}T12:00:00Z`);
  const name =
    new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' })
      .formatToParts(asUtc)
      .find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
  return asUtc - (sign === '-' ? -offset : offset);
}

/** The number of empty cells before the first of a month, in weeks that begin on Monday. */
export const placesBefore = (month: string): number => (new Date(`${month}-01T00:00:00Z`).getUTCDay() + 6) % 7;

/** "November 2026". */
export const monthName = (month: string, locale?: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone: 'UTC', month: 'long', year: 'numeric' }).format(
    Date.parse(`${month}-01T00:00:00Z`),
  );

/** "Saturday, 28 November 2026"; short: "Sat, 28 Nov". */
export const dayName = (date: string, length: 'full' | 'short' = 'full'): string =>
  new Intl.DateTimeFormat(undefined, {
    timeZone: 'UTC',
    ...(length === 'full' ? { dateStyle: 'full' } : { weekday: 'short', day: 'numeric', month: 'short' }),
  }).format(Date.parse(`${date}T00:00:00Z`));

/** "14" of an instant, for an hour of a day. */
export const hourName = (startsAt: string, zone: string): string =>
  new Intl.DateTimeFormat('en', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' }).format(Date.parse(startsAt));
