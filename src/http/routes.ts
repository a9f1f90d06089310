/** The paths: health, metrics, GraphQL and its page. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { RequestContext } from '../graphql/builder.ts';
import { GRAPHIQL_SCRIPT, GRAPHIQL_STYLE, type GraphiqlPage, type StaticFile } from '../graphql/graphiql.ts';
import { errorBody, type GraphqlServer } from '../graphql/server.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { type Exchange, type Handler, sendJson, sendText } from './server.ts';

const LARGEST_BODY = 1_000_000;

/** One thing that must be true for the node to be ready. */
export interface ReadinessCheck {
  readonly name: string;
  /** Resolves to what is wrong, or undefined. */
  check(): Promise<string | undefined>;
}

export interface RouteOptions {
  readonly graphql: GraphqlServer;
  readonly graphiql: () => Promise<GraphiqlPage>;
  readonly metrics: Metrics;
  readonly readiness: readonly ReadinessCheck[];
  readonly caller: () => string;
}

export function createRoutes({ graphql, graphiql, metrics, readiness, caller }: RouteOptions): Record<string, Handler> {
  return {
    '/': ({ response }) => {
      response.writeHead(302, { location: '/graphql' });
      response.end();
    },
    '/graphql': async (exchange) => {
      if (wantsPage(exchange.request)) return sendPage(exchange, (await graphiql()).html);
      if (isTooLarge(exchange.request)) return refuseLarge(exchange);
      const context: RequestContext = { requestId: exchange.requestId, caller: caller() };
      const body = await readBody(exchange);
      if (body !== undefined) await graphql(Object.assign(exchange.request, { body }), exchange.response, context);
    },
    [GRAPHIQL_SCRIPT]: async (exchange) => sendPart(exchange, (await graphiql()).script),
    [GRAPHIQL_STYLE]: async (exchange) => sendPart(exchange, (await graphiql()).style),
    '/health/live': ({ response }) => sendJson(response, 200, { status: 'up' }),
    '/health/ready': async ({ response }) => {
      const checks = await Promise.all(readiness.map(async ({ name, check }) => ({ name, problem: await check() })));
      const isReady = checks.every(({ problem }) => problem === undefined);
      sendJson(response, isReady ? 200 : 503, {
        status: isReady ? 'up' : 'down',
        checks: Object.fromEntries(checks.map(({ name, problem }) => [name, problem ?? 'ok'])),
      });
    },
    '/metrics': async ({ response }) => {
      const { contentType, text } = await metrics.scrape();
      sendText(response, 200, text, contentType);
    },
  };
}

/** A browser that opens the address, as opposed to a client that asks a question. */
function wantsPage({ method, headers, url }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    (headers.accept ?? '').includes('text/html') &&
    !new URLSearchParams(url?.split('?')[1]).has('query')
  );
}

function sendPage(exchange: Exchange, page: StaticFile): void {
  const { response } = exchange;
  response.setHeader('vary', 'accept');
  response.setHeader('referrer-policy', 'no-referrer');
  response.setHeader(
    'content-security-policy',
    "default-src 'self'; script-src 'self' blob:; worker-src blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'",
  );
  sendFile(exchange, page, 'private, max-age=0, must-revalidate');
}

/** A part of the page: its address changes whenever it does. */
function sendPart(exchange: Exchange, part: StaticFile): void {
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

const isTooLarge = ({ headers }: IncomingMessage): boolean => Number(headers['content-length'] ?? 0) > LARGEST_BODY;

function refuseLarge({ request, response, requestId }: Exchange): void {
  const message = `The request is larger than ${LARGEST_BODY} bytes. Send less at a time.`;
  response.writeHead(413, { 'content-type': 'application/json; charset=utf-8', connection: 'close' });
  response.end(errorBody(message, 'PAYLOAD_TOO_LARGE', requestId));
  request.resume();
}

/** A body as the handler takes it: it would list a bare buffer's keys, one for every byte. */
interface ReadBody extends AsyncIterable<Buffer> {
  readonly chunks: readonly Buffer[];
}

async function* iterate(chunks: readonly Buffer[]) {
  yield* chunks;
}

/**
 * Reads a whole body, of at most 1 MB; undefined when it was larger (and refused), or its sender
 * left. Read here and not by the handler, because the stream that would bound it there costs
 * as much as the rest of a small request.
 */
function readBody(exchange: Exchange): Promise<ReadBody | undefined> {
  const { request, response } = exchange;
  const chunks: Buffer[] = [];
  let received = 0;
  return new Promise((resolve) => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.length;
      if (received <= LARGEST_BODY) chunks.push(chunk);
      else if (!response.headersSent) {
        refuseLarge(exchange);
        void once(response, 'close').then(() => request.destroy());
        resolve(undefined);
      }
    });
    request.once('end', () => resolve({ chunks, [Symbol.asyncIterator]: () => iterate(chunks) }));
    request.once('close', () => resolve(undefined));
  });
}
