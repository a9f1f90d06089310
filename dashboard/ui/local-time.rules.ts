/** `datetime-local` holds the browser's time of day without a zone; the API wants instants. Pure but for the zone. */

import { instantIn } from './list-address.rules.ts';

/** RFC 3339; undefined for a text that is no time of day. */
export function instantOf(local: string): string | undefined {
  const ms = local === '' ? Number.NaN : Date.parse(local);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** The other way round, to the minute; empty for a text that is no instant, as an address may hold. */
export function localOf(instant: string): string {
  const date = new Date(instantIn(instant) ?? Number.NaN);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return Number.isNaN(local.getTime()) ? '' : local.toISOString().slice(0, 16);
}
