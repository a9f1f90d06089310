/**
 * What this server exchanges with browsers: cookies, where a form was sent from, where to go after the
 * sign-in. No value from a browser can lead away from this server.
 */
import { namesLoopback } from '../../http/address.ts';

export interface BrowserHeaders {
  readonly host?: string | undefined;
  readonly cookie?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/** Returns this server's origin: as configured, else from the request's Host, over TLS unless that is loopback. */
export function publicOrigin({ host = 'localhost' }: BrowserHeaders, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return new URL(publicUrl).origin;
  const url = `${namesLoopback(host) ? 'http' : 'https'}://${host}`;
  return URL.canParse(url) ? new URL(url).origin : 'https://localhost';
}

const isSecure = (origin: string): boolean => origin.startsWith('https:') || !namesLoopback(new URL(origin).host);

/**
 * Returns a cookie's full name. Over TLS, or off loopback, it begins with `__Host-`: browsers accept that
 * only over TLS, for this host alone and for all its paths (RFC 6265bis, 4.1.3.2), so that no other host can
 * set it.
 */
const cookieName = (name: string, origin: string): string => `${isSecure(origin) ? '__Host-' : ''}family-hub-${name}`;

export interface CookieOptions {
  readonly maxAgeMs: number;
  /** Lax: also sent when another site leads here by a link or redirect, as an issuer does. */
  readonly sameSite: 'Strict' | 'Lax';
}

/** Returns the value of a Set-Cookie header; an empty value with a maxAgeMs of 0 deletes the cookie. */
export function cookieLine(name: string, value: string, origin: string, { maxAgeMs, sameSite }: CookieOptions): string {
  const secure = isSecure(origin) ? '; Secure' : '';
  return `${cookieName(name, origin)}=${value}; Path=/; Max-Age=${Math.floor(maxAgeMs / 1_000)}; HttpOnly; SameSite=${sameSite}${secure}`;
}

/** Returns a cookie's value; undefined if it is missing or was sent twice (then one is not ours). */
export function cookieValue({ cookie = '' }: BrowserHeaders, name: string, origin: string): string | undefined {
  const prefix = `${cookieName(name, origin)}=`;
  const found = cookie
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part.startsWith(prefix));
  const value = found.length === 1 ? found[0]?.slice(prefix.length) : undefined;
  return value === '' ? undefined : value;
}

/**
 * True for a request from another site. Newer browsers send Sec-Fetch-Site, all browsers send Origin; a
 * client that sends neither is not a browser, and sends no cookie automatically.
 */
export function isForeign(headers: BrowserHeaders, own: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return headers.origin !== undefined && headers.origin !== own;
}

/** True if a page of the requested host sent this over plain HTTP, where browsers send only Origin. */
export const isOwnHost = ({ origin, host, 'sec-fetch-site': site }: BrowserHeaders): boolean =>
  site === undefined && origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;

/** True for this server's own form if it was opened over plain HTTP, where browsers store no secure cookie. */
export const isUnencrypted = ({ origin }: BrowserHeaders, own: string): boolean =>
  own.startsWith('https:') && origin === own.replace('https:', 'http:');

/** Returns where to go after the sign-in: the given path if it is one of this server, else `/`. */
export function safeReturnTo(given: string | null | undefined): string {
  const base = 'http://this-server.invalid';
  if (!given?.startsWith('/') || /[\\\p{Cc}]/u.test(given) || !URL.canParse(given, base)) return '/';
  const { origin, pathname, search, hash } = new URL(given, base);
  // After its dots are resolved, a path may begin with two slashes, and then names a host.
  return origin !== base || pathname.startsWith('//') ? '/' : `${pathname}${search}${hash}`;
}
