/**
 * Pages of other origins: none may read what the API answers unless its origin is listed, and
 * then with a token that it sends itself. Cookies are never allowed along, which the cookie's
 * own SameSite=Strict says as well.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';

const METHODS = 'GET, POST';
const REQUEST_HEADERS = 'accept, authorization, content-type, x-graphql-yoga-csrf, x-request-id';
const RESPONSE_HEADERS = 'retry-after, www-authenticate, x-request-id';
const PREFLIGHT_LASTS_S = '600';

/**
 * Makes what sets the headers of CORS; it answers true when the request was a preflight of a
 * listed origin, and is answered with that. Origins are compared whole, as browsers write them.
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
