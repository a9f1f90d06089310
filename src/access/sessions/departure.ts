/**
 * What a browser keeps of a sign-in while it is at the issuer: a cookie of ten minutes. It is its
 * own and proves nothing: without the issuer's answer to exactly this departure it is worth nothing.
 */
import type { Departure } from '../oidc/code-flow.ts';
import { type BrowserHeaders, cookieLine, cookieValue } from './browser.ts';

/** How long somebody may take at the issuer. */
const AWAY_MS = 10 * 60_000;

/** The line that sets the cookie, or for undefined has it forgotten. Lax: it must come along when the issuer leads back. */
export const departureLine = (departure: Departure | undefined, origin: string): string =>
  cookieLine(
    'departure',
    departure === undefined ? '' : Buffer.from(JSON.stringify(departure)).toString('base64url'),
    origin,
    { maxAgeMs: departure === undefined ? 0 : AWAY_MS, sameSite: 'Lax' },
  );

/** What the browser has kept; undefined when that is nothing, or not ours. */
export function departureOf(headers: BrowserHeaders, origin: string): Departure | undefined {
  const cookie = cookieValue(headers, 'departure', origin);
  if (cookie === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { state, nonce, verifier, returnTo } = value as Record<string, unknown>;
  return typeof state === 'string' &&
    typeof nonce === 'string' &&
    typeof verifier === 'string' &&
    typeof returnTo === 'string'
    ? { state, nonce, verifier, returnTo }
    : undefined;
}
