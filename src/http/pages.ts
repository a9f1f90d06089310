/** Sends pages and their files, which browsers cache until they change. */
import type { IncomingMessage } from 'node:http';
import type { StaticFile } from '../graphql/graphiql.ts';
import type { Exchange } from './exchange.ts';

/** Whether a browser opens this address as a page. */
export const opensPage = ({ method, headers }: IncomingMessage): boolean =>
  (method === 'GET' || method === 'HEAD') && (headers.accept ?? '').includes('text/html');

/** Whether a browser opens this address, as opposed to a client that sends a query. */
export const wantsPage = (request: IncomingMessage): boolean =>
  request.method === 'GET' && opensPage(request) && !new URLSearchParams(request.url?.split('?')[1]).has('query');

/** Sends a page with its content security policy. */
export function sendPage(exchange: Exchange, page: StaticFile, policy: string): void {
  const { response } = exchange;
  response.appendHeader('vary', 'accept');
  response.setHeader('content-security-policy', policy);
  sendFile(exchange, page, 'private, max-age=0, must-revalidate');
}

/** Sends a file of a page. With the current version in its URL (`v`), browsers may cache it for a year. */
export function sendPart(exchange: Exchange, part: StaticFile): void {
  const isNewest = part.etag === `"${exchange.url.searchParams.get('v')}"`;
  sendFile(exchange, part, isNewest ? 'public, max-age=31536000, immutable' : 'no-cache');
}

/** Sends the file, or 304 if the client already has it. */
export function sendFile({ request, response }: Exchange, file: StaticFile, cacheControl: string): void {
  response.setHeader('etag', file.etag);
  response.setHeader('cache-control', cacheControl);
  if (file.isNegotiated) response.appendHeader('vary', 'accept-encoding');
  if (hasAlready(request.headers['if-none-match'], file.etag)) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, {
    'content-type': file.contentType,
    ...(file.encoding === undefined ? {} : { 'content-encoding': file.encoding }),
    'content-length': file.body.length,
  });
  response.end(file.body);
}

/** Proxies that compress make ETags weak; `If-None-Match` compares them as equal (RFC 9110, 13.1.2). */
const hasAlready = (tags = '', etag: string): boolean =>
  tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
