/**
 * Which time zones exist, and when their clocks change. Everything comes from Intl, so that Node's own zone data
 * applies. Changes are cached per zone and year: calling Intl at every fire would dominate the cost.
 */
import { distance } from 'fastest-levenshtein';
import { LRUCache } from 'lru-cache';

/** A span of constant UTC offset in a zone; all in milliseconds. */
export interface Stretch {
  /** Epoch of its first instant; -Infinity when the previous change is too far away to matter. */
  readonly start: number;
  /** Epoch of the first instant after it; Infinity when the next change is too far away to matter. */
  readonly end: number;
  /** Local time minus UTC. */
  readonly offset: number;
  /** The offsets of the adjacent stretches; equal to its own when no change is near. */
  readonly offsetBefore: number;
  readonly offsetAfter: number;
}

export type TimeZoneReading =
  | { readonly ok: true; readonly timeZone: string }
  | { readonly ok: false; readonly problem: string };

const SECOND = 1000;
const DAY = 86_400_000;
/** No clock was ever moved by more than a day. */
const REACH = 2 * DAY;
/** Intl lists these under their old names; both are accepted. */
const RENAMED = ['UTC', 'Asia/Kolkata', 'Asia/Kathmandu', 'Asia/Ho_Chi_Minh', 'Asia/Yangon', 'Europe/Kyiv'];
const listed = [...new Set([...Intl.supportedValuesOf('timeZone'), ...RENAMED])].sort();

/** Accepts an IANA name (also a link, in any case); refuses any other with the nearest names. */
export function readTimeZone(name: string): TimeZoneReading {
  const known = listed.find((zone) => zone.toLowerCase() === name.toLowerCase());
  if (known !== undefined) return { ok: true, timeZone: known };
  if (/^[A-Za-z]/.test(name) && isKnownToIntl(name)) return { ok: true, timeZone: name };
  return {
    ok: false,
    problem: `There is no time zone "${name}". Names are IANA's; the nearest are ${nearest(name).join(', ')}.`,
  };
}

/**
 * The stretches that cover the instants from `from` up to but not including `to` (epoch
 * milliseconds), ascending and lazily. Throws a RangeError for a zone that does not exist.
 */
export function* stretches(timeZone: string, from: number, to: number): Generator<Stretch> {
  let start = Number.NEGATIVE_INFINITY;
  let offset = offsetAt(timeZone, from - REACH);
  let offsetBefore = offset;
  for (const change of changes(timeZone, from - REACH, to + REACH)) {
    if (start >= to) return;
    if (change.at > from) yield { start, end: change.at, offset, offsetBefore, offsetAfter: change.offset };
    offsetBefore = offset;
    offset = change.offset;
    start = change.at;
  }
  if (start < to) yield { start, end: Number.POSITIVE_INFINITY, offset, offsetBefore, offsetAfter: offset };
}

interface Change {
  readonly at: number;
  readonly offset: number;
}

const years = new LRUCache<string, readonly Change[]>({ max: 2_000 });

function* changes(timeZone: string, after: number, before: number): Generator<Change> {
  const lastYear = new Date(before).getUTCFullYear();
  for (let year = new Date(after).getUTCFullYear(); year <= lastYear; year++) {
    const key = `${timeZone} ${year}`;
    let found = years.get(key);
    if (found === undefined) {
      found = changesOf(timeZone, year);
      years.set(key, found);
    }
    for (const change of found) if (change.at > after && change.at < before) yield change;
  }
}

/** Samples each day, then bisects. Misses an offset that lasts less than a day; no zone is known to have one. */
function changesOf(timeZone: string, year: number): Change[] {
  const found: Change[] = [];
  const end = Date.UTC(year + 1, 0, 1);
  let before = offsetAt(timeZone, Date.UTC(year, 0, 1));
  for (let day = Date.UTC(year, 0, 2); day <= end; day += DAY) {
    const offset = offsetAt(timeZone, day);
    if (offset === before) continue;
    let [low, high] = [day - DAY, day];
    while (high - low > SECOND) {
      const middle = low + Math.floor((high - low) / 2 / SECOND) * SECOND;
      if (offsetAt(timeZone, middle) === before) low = middle;
      else high = middle;
    }
    found.push({ at: high, offset });
    before = offset;
  }
  return found;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function offsetAt(timeZone: string, instant: number): number {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    formats.set(timeZone, format);
  }
  // "3/28/2027, 03:00:00"
  const [month = 0, day = 0, year = 0, hour = 0, minute = 0, second = 0] = (
    format.format(instant).match(/\d+/g) ?? []
  ).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / SECOND) * SECOND;
}

function isKnownToIntl(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Compares with the whole name and with the city alone: people forget the continent, or misspell it. */
function nearest(name: string): string[] {
  const city = (zone: string) => zone.slice(zone.lastIndexOf('/') + 1).toLowerCase();
  const far = (zone: string) =>
    Math.min(distance(zone.toLowerCase(), name.toLowerCase()), distance(city(zone), city(name)) + 1);
  return listed
    .map((zone) => ({ zone, far: far(zone) }))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ zone }) => zone);
}
