/** Pages and their parts: compressed once, and kept by browsers as long as they stay what they are. */
import type { IncomingMessage } from 'node:http';
import type { StaticFile } from '../graphql/graphiql.ts';
import type { Exchange } from './server.ts';

/** A browser that opens the address, as opposed to a client that asks a question. */
export function wantsPage({ method, headers, url }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    (headers.accept ?? '').includes('text/html') &&
    !new URLSearchParams(url?.split('?')[1]).has('query')
  );
}

/** Sends a page under its content security policy. */
export function sendPage(exchange: Exchange, page: StaticFile, policy: string): void {
  const { response } = exchange;
  response.appendHeader('vary', 'accept');
  response.setHeader('content-security-policy', policy);
  sendFile(exchange, page, 'private, max-age=0, must-revalidate');
}

/** Sends a part of a page: its address changes whenever it does. */
export function sendPart(exchange: Exchange, part: StaticFile): void {
  const isNewest = part.etag === `"${exchange.url.searchParams.get('v')}"`;
  sendFile(exchange, part, isNewest ? 'public, max-age=31536000, immutable' : 'no-cache');
}

function sendFile({ request, response }: Exchange, file: StaticFile, cacheControl: string): void {
  response.setHeader('etag', file.etag);
  response.setHeader('cache-control', cacheControl);
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304).end();
    return;
  }
  response.writeHead(200, {
    'content-type': file.contentType,
    'content-encoding': file.encoding,
    'content-length': file.body.length,
  });
  response.end(file.body);
}
