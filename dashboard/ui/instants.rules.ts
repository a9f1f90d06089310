/** Instants and durations in words. Pure: the current time, the zone and the locale are arguments. */

import { instantIn } from './list-address.rules.ts';

const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, ms: number])[] = [
  ['year', 31_557_600_000],
  ['month', 2_629_800_000],
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
];

/** Creating a formatter takes far longer than using it, and a table uses the same few hundreds of times. */
const formatters = new Map<string, Intl.DateTimeFormat>();
function dateFormat(locale: string | undefined, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = JSON.stringify([locale, options]);
  const known = formatters.get(key) ?? new Intl.DateTimeFormat(locale, options);
  formatters.set(key, known);
  return known;
}
/** Wording is English like the sentences around it; dates and numbers follow the reader's locale. */
const relatives = {
  always: new Intl.RelativeTimeFormat('en', { numeric: 'always', style: 'short' }),
  auto: new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' }),
};

/** "in 4 min.", "3 days ago"; "now" within a second. */
export function relative(at: number, now: number): string {
  const difference = at - now;
  for (const [unit, ms] of UNITS) {
    // "tomorrow" can be wrong for "in 1 day": at 23:00, 25 hours from now is the day after tomorrow.
    if (Math.abs(difference) >= ms) return relatives.always.format(Math.trunc(difference / ms), unit);
  }
  return relatives.auto.format(0, 'second');
}

/** How often `relative` changes for an instant at this distance, in milliseconds. */
export const changesEvery = (distanceMs: number): number =>
  distanceMs < 60_000 ? 1_000 : distanceMs < 3_600_000 ? 15_000 : 60_000;

/** "26 Nov 2026, 03:00:00 GMT+1" in a zone; `zone` undefined: the browser's. */
export function exact(at: number, zone: string | undefined, locale?: string): string {
  return dateFormat(locale, {
    timeZone: zone,
    year: 'numeric',
    month: 'short',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: zoneStyle(zone),
  }).format(at);
}

/** "GMT+1" in every browser and for every zone, never "CET" in some; UTC by its name. */
const zoneStyle = (zone: string | undefined): 'short' | 'shortOffset' =>
  (zone ?? browserZone) === 'UTC' ? 'short' : 'shortOffset';

/** Whether both are the same zone; undefined: the browser's. */
export const isSameZone = (one: string | undefined, other: string | undefined): boolean =>
  (one ?? browserZone) === (other ?? browserZone);

const browserZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "03:00" today, "26 Nov, 03:00" otherwise: for lists, which name the zone once, unless `isZoneNamed`. */
export function brief(at: number, now: number, zone: string | undefined, isZoneNamed = false, locale?: string): string {
  const day = (instant: number): string => dateFormat(locale, { timeZone: zone, dateStyle: 'short' }).format(instant);
  const isToday = day(at) === day(now);
  return dateFormat(locale, {
    timeZone: zone,
    ...(isToday ? {} : { month: 'short', day: '2-digit' }),
    hour: '2-digit',
    minute: '2-digit',
    second: isToday ? '2-digit' : undefined,
    timeZoneName: isZoneNamed ? zoneStyle(zone) : undefined,
    hourCycle: 'h23',
  }).format(at);
}

const DURATION = /^(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** Milliseconds of an ISO 8601 duration in the API's format; undefined for anything else. */
export function durationMs(iso: string): number | undefined {
  const match = DURATION.exec(iso);
  if (match === null) return undefined;
  const [, sign, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  const ms = Number(days) * 86_400_000 + Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds) * 1_000;
  return sign === undefined ? ms : -ms;
}

/** "84 ms", "1.5 s", "4 min 10 s", "3 h", "2 d 4 h": at most two units. */
export function lengthOf(ms: number): string {
  const size = Math.abs(ms);
  const sign = ms < 0 ? '−' : '';
  if (size < 1_000) return `${sign}${Math.round(size)} ms`;
  if (size < 10_000) return `${sign}${Number((size / 1_000).toFixed(1))} s`;
  if (size < 60_000) return `${sign}${Math.round(size / 1_000)} s`;
  const pair = (big: number, bigName: string, small: number, smallName: string): string => {
    const rest = Math.floor((size % big) / small);
    return `${sign}${Math.floor(size / big)} ${bigName}${rest > 0 ? ` ${rest} ${smallName}` : ''}`;
  };
  if (size < 3_600_000) return pair(60_000, 'min', 1_000, 's');
  if (size < 86_400_000) return pair(3_600_000, 'h', 60_000, 'min');
  return pair(86_400_000, 'd', 3_600_000, 'h');
}

/** "47 s", "1 h 58 min" until an instant; "due" once it has been reached. */
export const countdown = (at: number, now: number): string =>
  at <= now ? 'due' : lengthOf(Math.ceil((at - now) / 1_000) * 1_000);

/*
 * Converts between `datetime-local`, which contains the browser's local time without a zone, and the API's instants.
 * Pure except for the browser's zone.
 */

/** RFC 3339; undefined for a text that is not a local time. */
export function instantOf(local: string): string | undefined {
  const ms = local === '' ? Number.NaN : Date.parse(local);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** The inverse, to the minute; empty for a text that is not an instant, which an address may contain. */
export function localOf(instant: string): string {
  const date = new Date(instantIn(instant) ?? Number.NaN);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return Number.isNaN(local.getTime()) ? '' : local.toISOString().slice(0, 16);
}
