/**
 * The HTTP server: routes, request ids, limits, and a graceful shutdown.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopback } from '../addresses.ts';
import type { Config } from '../config/config.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { inSpan, isTracing, markFailed } from '../telemetry/tracing.ts';
import { createHostCheck } from './address.ts';
import { type ConnectionLimits, guardConnections } from './connections.ts';
import type { Handler } from './exchange.ts';
import { setSecurityHeaders } from './headers.ts';
import { opensPage } from './pages.ts';

export interface HttpOptions {
  /** Handlers by path; a path that ends in a slash matches everything below it. Any other path gets a 404. */
  readonly routes: Readonly<Record<string, Handler>>;
  /** Serves browsers on any other path. */
  readonly page?: Handler | undefined;
  readonly logger: Logger;
  readonly metrics: ServerMetrics['http'];
  readonly config: Pick<Config, 'ALLOWED_HOSTS' | 'PUBLIC_URL' | 'headersTimeoutMs' | 'bodyTimeoutMs'> &
    ConnectionLimits;
}

export interface HttpServer {
  /** Throws Node's error, for example with code EADDRINUSE. */
  listen(host: string, port: number): Promise<AddressInfo>;
  /** Accepts no new connections, ends idle and streaming ones, and waits for responses in progress. */
  close(timeoutMs: number): Promise<void>;
}

const MISDIRECTED =
  'This server does not answer to the host name that the request gives. Use localhost or an address, or list the name in ALLOWED_HOSTS.\n';
const REPEATED =
  'The request has two headers where one is wanted (Host, Authorization or Content-Type), and those in front may have read the other.\n';
const ONCE = new Set(['host', 'authorization', 'content-type']);
const METHODS = ['GET', 'POST', 'HEAD', 'OPTIONS'] as const;
/** Excludes two leading slashes, which would make the next segment a host name. */
const PLAIN_PATH = /^\/(?![/\\])/;
/** Probes and scrapes would be most of the traces. */
const UNTRACED = /^\/(health|metrics)\b/;
const REQUEST_ID = /^[\w.-]{1,64}$/;

/** Accepted host names in addition to the loopback names. */
export const allowedHosts = ({ ALLOWED_HOSTS = [], PUBLIC_URL }: HttpOptions['config']): readonly string[] => [
  ...ALLOWED_HOSTS,
  ...(PUBLIC_URL === undefined ? [] : [new URL(PUBLIC_URL).hostname]),
];

export function createHttpServer({ routes, page, logger, metrics, config }: HttpOptions): HttpServer {
  const streams = new Set<ServerResponse>();
  const isAnswered = createHostCheck(allowedHosts(config));
  let isLoopbackOnly = false;

  const server = createServer(
    {
      keepAlive: true,
      requestTimeout: Math.max(config.bodyTimeoutMs, config.headersTimeoutMs),
      headersTimeout: config.headersTimeoutMs,
      // How often the two timeouts above are enforced.
      connectionsCheckingInterval: Math.min(5_000, config.headersTimeoutMs),
    },
    (request, response) => {
      if (connections.isTurnedAway(request.socket)) return;
      const begun = performance.now();
      const given = request.headers['x-request-id'];
      const requestId = typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
      response.setHeader('x-request-id', requestId);
      setSecurityHeaders(request, response);
      const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
      const route = routeOf(routes, path);
      const isPage = route === undefined && page !== undefined && PLAIN_PATH.test(path) && opensPage(request);
      const handler = route === undefined ? (isPage ? page : undefined) : routes[route];
      streams.add(response);
      connections.watch(request, response);
      response.once('close', () => {
        streams.delete(response);
        metrics.duration.observe((performance.now() - begun) / 1_000, {
          route: route ?? (isPage ? 'page' : 'other'),
          method: METHODS.find((method) => method === request.method) ?? 'other',
          status: `${Math.floor(response.statusCode / 100)}xx`,
        });
        logger.debug(
          {
            requestId,
            method: request.method,
            path,
            status: response.statusCode,
            ms: Math.round(performance.now() - begun),
          },
          'Request answered',
        );
      });
      const answered = () => answer(request, response, requestId, handler);
      void (isTracing() && route !== undefined && !UNTRACED.test(route)
        ? traced(request, response, route, answered)
        : answered());
    },
  );

  const connections = guardConnections(server, config, { logger, metrics });

  const answer = async (
    request: IncomingMessage,
    response: ServerResponse,
    requestId: string,
    handler: Handler | undefined,
  ): Promise<void> => {
    try {
      if (repeatsHeader(request)) sendText(response, 400, REPEATED);
      else if (!isAnswered(request.headers.host, isLoopbackOnly)) sendText(response, 421, MISDIRECTED);
      else if (handler === undefined)
        sendText(response, 404, `There is nothing here. Try ${Object.keys(routes).join(', ')}.\n`);
      else await handler({ request, response, requestId, url: new URL(request.url ?? '/', 'http://localhost') });
    } catch (error) {
      logger.error({ err: error, requestId }, 'A request failed');
      if (!response.headersSent)
        sendText(
          response,
          500,
          `Something broke in the server. Its log says what, under the request id ${requestId}.\n`,
        );
      else response.destroy();
    }
  };

  return {
    listen: (host, port) =>
      new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => {
          server.off('error', reject);
          const address = server.address() as AddressInfo;
          isLoopbackOnly = isLoopback(address.address);
          resolve(address);
        });
      }),
    async close(timeoutMs) {
      await closeServer(server, streams, timeoutMs);
      connections.stop();
    },
  };
}

/** Whether a header that must occur once is repeated: Node silently keeps the first. */
function repeatsHeader({ rawHeaders }: IncomingMessage): boolean {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? '';
    if (!ONCE.has(name)) continue;
    if (seen.has(name)) return true;
    seen.add(name);
  }
  return false;
}

/** Finds the route of a path: the path itself, or its folder; `/` matches only itself. */
function routeOf(routes: HttpOptions['routes'], path: string): string | undefined {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return [path, ...(folder === '/' ? [] : [folder])].find((one) => Object.hasOwn(routes, one));
}

/** Answers in a span, whose parent is the span that the request names. */
const traced = (request: IncomingMessage, response: ServerResponse, route: string, answered: () => Promise<void>) =>
  inSpan(`${request.method} ${route}`, { kind: 'server', headers: request.headers }, async (span) => {
    await answered();
    const status = response.statusCode;
    span?.setAttributes({
      'http.request.method': request.method,
      'http.route': route,
      'http.response.status_code': status,
      'family_hub.request_id': String(response.getHeader('x-request-id')),
    });
    if (status >= 500) markFailed(span, String(status));
  });

async function closeServer(server: Server, open: Set<ServerResponse>, timeoutMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  for (const response of open) {
    // Otherwise the connection would be kept open for another request.
    response.once('close', () => setImmediate(() => server.closeIdleConnections()));
    // A subscription would never end; its client reconnects, to another node.
    if (response.getHeader('content-type')?.toString().startsWith('text/event-stream')) response.end();
  }
  const timer = setTimeout(() => server.closeAllConnections(), timeoutMs);
  await closed;
  clearTimeout(timer);
}

/** Sends a short text. */
export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(text);
}

/** Sends a small JSON object. */
export function sendJson(response: ServerResponse, status: number, body: object): void {
  sendText(response, status, `${JSON.stringify(body)}\n`, 'application/json; charset=utf-8');
}
