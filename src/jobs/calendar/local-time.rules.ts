/**
 * A cron's local times, without time zones: epoch milliseconds as if local time were UTC. croner matches whole
 * days (cron.rules.ts), the fields themselves give the times within a day, so that counting and searching
 * backwards do not iterate over every second. Every `to` is exclusive.
 */
import type { Cron } from './cron.rules.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Ascending, lazily. */
export function* localTimes(cron: Cron, from: number, to: number): Generator<number> {
  for (const day of matchingDays(cron, from, to)) {
    for (const hour of cron.hours) {
      const inHour = day + hour * HOUR;
      if (inHour + HOUR <= from) continue;
      if (inHour >= to) return;
      for (const minute of cron.minutes) {
        const inMinute = inHour + minute * MINUTE;
        if (inMinute + MINUTE <= from) continue;
        if (inMinute >= to) return;
        for (const second of cron.seconds) {
          const local = inMinute + second * SECOND;
          if (local >= to) return;
          if (local >= from) yield local;
        }
      }
    }
  }
}

export function firstLocal(cron: Cron, from: number, to: number): number | null {
  return localTimes(cron, from, to).next().value ?? null;
}

export function lastLocal(cron: Cron, from: number, to: number): number | null {
  for (let day = dayOf(to - 1); day >= dayOf(from); day = dayBefore(cron, day)) {
    if (!cron.matchesDay(day)) continue;
    const last = lastTimeBefore(cron, to - day);
    if (last !== null) return day + last >= from ? day + last : null;
  }
  return null;
}

export function localCount(cron: Cron, from: number, to: number): number {
  let count = 0;
  if (from >= to) return count;
  for (const day of matchingDays(cron, from, to)) {
    count += timesBefore(cron, Math.min(to - day, DAY)) - timesBefore(cron, Math.max(from - day, 0));
  }
  return count;
}

export function isLocal(cron: Cron, local: number): boolean {
  const day = dayOf(local);
  const time = local - day;
  return (
    time % SECOND === 0 &&
    cron.hours.includes(Math.floor(time / HOUR)) &&
    cron.minutes.includes(Math.floor((time % HOUR) / MINUTE)) &&
    cron.seconds.includes(Math.floor((time % MINUTE) / SECOND)) &&
    cron.matchesDay(day)
  );
}

const dayOf = (local: number) => Math.floor(local / DAY) * DAY;

function* matchingDays(cron: Cron, from: number, to: number): Generator<number> {
  let day = dayOf(from);
  while (day < to) {
    const date = new Date(day);
    if (!cron.months.has(date.getUTCMonth() + 1)) {
      day = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
      continue;
    }
    if (cron.matchesDay(day)) yield day;
    day += DAY;
  }
}

/** The day before, or the last day of the nearest earlier month that can match. */
function dayBefore(cron: Cron, day: number): number {
  let before = new Date(day - DAY);
  while (!cron.months.has(before.getUTCMonth() + 1)) {
    before = new Date(Date.UTC(before.getUTCFullYear(), before.getUTCMonth(), 0));
  }
  return before.getTime();
}

/** How many of a matching day's times are before a time of day (in milliseconds, up to a whole day). */
function timesBefore(cron: Cron, time: number): number {
  const hour = Math.floor(time / HOUR);
  const minute = Math.floor((time % HOUR) / MINUTE);
  const second = (time % MINUTE) / SECOND;
  let count = below(cron.hours, hour) * cron.minutes.length * cron.seconds.length;
  if (cron.hours.includes(hour)) {
    count += below(cron.minutes, minute) * cron.seconds.length;
    if (cron.minutes.includes(minute)) count += below(cron.seconds, second);
  }
  return count;
}

const below = (sorted: readonly number[], limit: number) => sorted.filter((value) => value < limit).length;

function lastTimeBefore(cron: Cron, time: number): number | null {
  for (const hour of cron.hours.toReversed()) {
    if (hour * HOUR >= time) continue;
    for (const minute of cron.minutes.toReversed()) {
      const inMinute = hour * HOUR + minute * MINUTE;
      if (inMinute >= time) continue;
      const second = cron.seconds.findLast((each) => inMinute + each * SECOND < time);
      if (second !== undefined) return inMinute + second * SECOND;
    }
  }
  return null;
}
