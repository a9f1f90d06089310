/** Months of the calendar. Pure: the zone is an argument. */

/** The month of a timestamp in a zone, such as "2026-11". */
export function monthOf(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en', { timeZone: zone, year: 'numeric', month: '2-digit' }).formatToParts(at);
  const part = (type: string): string => parts.find((one) => one.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}`;
}

const MONTH = /^(\d{4})-(0[1-9]|1[0-2])$/;
export const isMonth = (text: string): boolean => MONTH.test(text);

/** Adds `by` months; negative values go back. */
export function monthsLater(month: string, by: number): string {
  const [, year = '', number = ''] = MONTH.exec(month) ?? [];
  return new Date(Date.UTC(Number(year), Number(number) - 1 + by, 1)).toISOString().slice(0, 7);
}

/** About noon of the first and last day in the zone: a calendar queried with both contains every day between. */
export function spanOfMonths(first: string, last: string, zone: string): { from: string; to: string } {
  return {
    from: new Date(noon(`${first}-01`, zone)).toISOString(),
    to: new Date(noon(lastDay(last), zone)).toISOString(),
  };
}

const lastDay = (month: string): string =>
  new Date(Date.parse(`${monthsLater(month, 1)}-01T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);

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

/** "Sat, 28 November 2026". */
export const dayName = (date: string, locale?: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone: 'UTC', dateStyle: 'full' }).format(Date.parse(`${date}T00:00:00Z`));
