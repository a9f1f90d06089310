/**
 * Converts between `datetime-local`, which contains the browser's local time without a zone, and the API's instants.
 * Pure except for the browser's zone.
 */

import { instantIn } from './list-address.rules.ts';

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
