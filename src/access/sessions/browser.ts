/**
 * What is said to browsers and believed of them: cookies, where a form was sent from, where to go
 * after the sign-in. Nothing here is trusted to lead away from this server.
 */
import { namesLoopback } from '../../http/address.ts';

export interface BrowserHeaders {
  readonly host?: string | undefined;
  readonly cookie?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}

/** Where browsers reach this server: as configured, else by the request's Host, over TLS unless that is this machine. */
export function publicOrigin({ host = 'localhost' }: BrowserHeaders, publicUrl: string | undefined): string {
  if (publicUrl !== undefined) return new URL(publicUrl).origin;
  const url = `${namesLoopback(host) ? 'http' : 'https'}://${host}`;
  return URL.canParse(url) ? new URL(url).origin : 'https://localhost';
}

const isSecure = (origin: string): boolean => origin.startsWith('https:') || !namesLoopback(new URL(origin).host);

/**
 * A cookie's whole name. Over TLS, and off loopback, it begins with `__Host-`, which a browser takes only over
 * TLS, for this host alone and for all of it (RFC 6265bis, 4.1.3.2), so that no neighbour can set it.
 */
const cookieName = (name: string, origin: string): string => `${isSecure(origin) ? '__Host-' : ''}family-hub-${name}`;

export interface CookieOptions {
  readonly maxAgeMs: number;
  /** Lax: sent when another site leads here by a link, as an issuer does. */
  readonly sameSite: 'Strict' | 'Lax';
}

/** A Set-Cookie line; an empty value with no age deletes the cookie. */
export function cookieLine(name: string, value: string, origin: string, { maxAgeMs, sameSite }: CookieOptions): string {
  const secure = isSecure(origin) ? '; Secure' : '';
  return `${cookieName(name, origin)}=${value}; Path=/; Max-Age=${Math.floor(maxAgeMs / 1_000)}; HttpOnly; SameSite=${sameSite}${secure}`;
}

/** A cookie's value; undefined when it is not there, or twice (then one is not ours). */
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
 * True for a form of another site. Browsers say where a request comes from: the newer ones in
 * Sec-Fetch-Site, all in Origin; who says neither is no browser, and carries no cookie unasked.
 */
export function isForeign(headers: BrowserHeaders, own: string): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  return headers.origin !== undefined && headers.origin !== own;
}

/** Whether a page of the very host that was asked sent this, over plain HTTP, where browsers say no more than Origin. */
export const isOwnHost = ({ origin, host, 'sec-fetch-site': site }: BrowserHeaders): boolean =>
  site === undefined && origin !== undefined && URL.canParse(origin) && new URL(origin).host === host;

/** True for a form of this server's own that was opened over plain HTTP, where browsers keep no secure cookie. */
export const isUnencrypted = ({ origin }: BrowserHeaders, own: string): boolean =>
  own.startsWith('https:') && origin === own.replace('https:', 'http:');

/** Where to go after the sign-in: a path of this server, or its first page. */
export function safeReturnTo(given: string | null | undefined): string {
  const base = 'http://this-server.invalid';
  if (!given?.startsWith('/') || /[\\\p{Cc}]/u.test(given) || !URL.canParse(given, base)) return '/';
  const { origin, pathname, search, hash } = new URL(given, base);
  // A path may begin with two slashes after its dots are resolved, and then names a host.
  return origin !== base || pathname.startsWith('//') ? '/' : `${pathname}${search}${hash}`;
}
