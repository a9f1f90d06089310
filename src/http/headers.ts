/**
 * Security headers of every response: no framing, no content-type sniffing, no use by other sites.
 * Responses that are not pages get a policy that blocks everything; each page has its own policy.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from '../addresses.ts';
import { hostOf } from './address.ts';

/** Restrictions that apply to every page. */
const NOTHING_ELSE = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";

/**
 * For a single-page application: scripts, styles, fonts and responses come only from this server, forms are
 * sent only to it, and no text can become code (Trusted Types, with no policy allowed). Styles that its
 * scripts set through the CSSOM need no permission.
 */
export const SINGLE_PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/**
 * For GraphiQL: its editor sets inline styles and creates workers from blobs. Scripts still come only from
 * files, so displayed text can never run.
 */
export const GRAPHIQL_POLICY = `default-src 'none'; script-src 'self' blob:; worker-src blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; ${NOTHING_ELSE}`;

/** For responses to JSON requests: browsers never show them as a page. */
const DATA_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
};

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; ${NOTHING_ELSE}`,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

const A_YEAR_S = 31_536_000;

/**
 * Sets the security headers on a response. If a proxy says that the request came over TLS, browsers must
 * use TLS for a year (HSTS); without TLS they ignore that header, so the proxy need not be trusted. Not for
 * `localhost`, whose other ports are other servers.
 */
export function setSecurityHeaders(request: IncomingMessage, response: ServerResponse): void {
  const isData = request.method === 'POST' && request.headers['content-type']?.startsWith('application/json') === true;
  const headers = isData ? DATA_HEADERS : HEADERS;
  for (const name in headers) response.setHeader(name, headers[name] ?? '');
  if (request.headers['x-forwarded-proto'] === 'https' && !isLoopback(hostOf(request.headers.host) ?? 'localhost'))
    response.setHeader('strict-transport-security', `max-age=${A_YEAR_S}`);
}

const METHODS = 'GET, POST';
const REQUEST_HEADERS = 'accept, authorization, content-type, x-graphql-yoga-csrf, x-request-id';
const RESPONSE_HEADERS = 'retry-after, www-authenticate, x-request-id';
const PREFLIGHT_LASTS_S = '600';

/**
 * Returns a function that sets the CORS headers, and returns true if it answered the request: a preflight
 * from a listed origin. Origins are compared exactly, as browsers send them.
 */
export function createCors(origins: readonly string[]) {
  const listed = new Set(origins);
  return (request: IncomingMessage, response: ServerResponse): boolean => {
    if (listed.size === 0) return false;
    response.setHeader('vary', 'origin');
    const { origin } = request.headers;
    if (origin === undefined || !listed.has(origin)) return false;
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', RESPONSE_HEADERS);
    if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
    response.writeHead(204, {
      'access-control-allow-methods': METHODS,
      'access-control-allow-headers': REQUEST_HEADERS,
      'access-control-max-age': PREFLIGHT_LASTS_S,
    });
    response.end();
    return true;
  };
}
