/**
 * The GraphQL route: a browser gets the GraphiQL page; any other request is authenticated, rate-limited per
 * caller, read up to the size limit, and only then passed to GraphQL.
 */
import type { IncomingMessage } from 'node:http';
import type { RequestParts } from '../graphql/builder.ts';
import type { ErrorCode } from '../graphql/errors.ts';
import type { GraphiqlPage } from '../graphql/graphiql.ts';
import type { GraphqlServer } from '../graphql/server.ts';
import type { Services } from '../work/context.ts';
import { declaresMore, readBody, refuse, refuseLarge } from './body.ts';
import type { Handler } from './exchange.ts';
import { type Gate, turnAway } from './gate.ts';
import { createCors, GRAPHIQL_POLICY } from './headers.ts';
import { jsonProblem } from './json-limits.rules.ts';
import { sendPage, wantsPage } from './pages.ts';
import { callerRate, createRateLimit, refuseHasty } from './rate-limit.ts';
import { sendText } from './server.ts';

const FOREIGN =
  'A page of another site sent this request in your name, so it was refused. Use a page of this server, or list the other page’s origin in CORS_ORIGINS; a program or a page of your own sends "Authorization: Bearer …" with an API token instead of a cookie.';
const NO_WEBSOCKET =
  'WebSockets are not supported. Subscriptions are server-sent events from this address: POST with "Accept: text/event-stream", as the package graphql-sse does, or EventSource on a page of this server.';
const NO_TOKEN =
  'EventSource cannot send a token, and an address is no place for one. It works on a page of this server after the sign-in; elsewhere use fetch, as the package graphql-sse does.';
const METHODS = ['GET', 'HEAD', 'POST'];
/** In bytes; a thousand accounts in one request take a fifth of it. */
const LARGEST_BODY = 1_000_000;

type RefusalParts = readonly [number, ErrorCode, string, Readonly<Record<string, string>>?];

/** Not `application/graphql`: its body is a document, which the document limits cover. */
const IS_JSON = /^application\/(graphql\+)?json\b/i;

export interface GraphqlRouteOptions {
  readonly graphql: GraphqlServer;
  readonly services: Pick<Services, 'config' | 'clock'>;
  /** Undefined when GraphiQL is off: a browser that opens the API gets no page. */
  readonly graphiql?: () => Promise<GraphiqlPage>;
  readonly gate: Gate;
  /** The sign-in URL that leads back to the `wanted` address. */
  signInAddress(wanted: string): string;
}

export function graphqlRoute({ graphql, services, graphiql, gate, signInAddress }: GraphqlRouteOptions): Handler {
  const { config } = services;
  const rate = callerRate(config);
  const answersCors = createCors(config.CORS_ORIGINS ?? []);
  const mustWait = createRateLimit(rate);
  return async (exchange) => {
    const { request, response, requestId } = exchange;
    if (answersCors(request, response)) return;
    const unspoken = unspokenProblem(request);
    if (unspoken !== undefined) {
      request.resume();
      return refuse(exchange, ...unspoken);
    }
    const found = await gate.authenticate(request, requestId);
    if (graphiql === undefined && wantsPage(request)) {
      request.resume();
      return sendText(
        response,
        404,
        'There is no page here: GraphiQL is switched off (GRAPHIQL=false). The API answers to POST.\n',
      );
    }
    if (graphiql !== undefined && wantsPage(request)) {
      if (found.kind === 'caller') return sendPage(exchange, (await graphiql()).html, GRAPHIQL_POLICY);
      if (found.status !== 401) return turnAway(exchange, found);
      response.writeHead(302, { location: signInAddress('/graphql'), 'cache-control': 'no-store' }).end();
      return;
    }
    if (found.kind === 'refused')
      return turnAway(exchange, isEventSource(request) ? { ...found, message: `${found.message} ${NO_TOKEN}` } : found);
    if (found.isForeign) {
      request.resume();
      return refuse(exchange, 403, 'FORBIDDEN', FOREIGN);
    }
    if (declaresMore(exchange, LARGEST_BODY)) return refuseLarge(exchange, LARGEST_BODY);
    const { caller, isCookie, validUntil, onEnded } = found;
    const isSpared = rate.sparesLocal && caller.kind === 'local';
    const waitMs = isSpared ? undefined : mustWait(caller.id);
    if (waitMs !== undefined) return refuseHasty(exchange, waitMs);
    const now = services.clock.now();
    const body = await readBody(exchange, LARGEST_BODY);
    if (body === undefined) return;
    const problem = IS_JSON.test(request.headers['content-type'] ?? '') ? jsonProblem(body.chunks) : undefined;
    if (problem !== undefined) return refuse(exchange, 413, 'PAYLOAD_TOO_LARGE', problem);
    const parts: RequestParts = { requestId, now, caller, isCookie, validUntil, onEnded };
    await graphql(Object.assign(request, { body }), response, parts);
  };
}

/** Whether this may be an EventSource that has no credential to send. */
const isEventSource = ({ method, headers }: IncomingMessage): boolean =>
  method === 'GET' && headers.accept === 'text/event-stream' && headers.authorization === undefined;

/** Checks for requests that cannot be GraphQL, before anyone is authenticated. */
function unspokenProblem({ method = '', headers }: IncomingMessage): RefusalParts | undefined {
  if (headers.upgrade?.toLowerCase().split(/[,/ ]/).includes('websocket')) return [400, 'BAD_REQUEST', NO_WEBSOCKET];
  if (METHODS.includes(method)) return undefined;
  const allow = { allow: METHODS.join(', ') };
  if (method === 'OPTIONS' && headers['access-control-request-method'] !== undefined)
    return [
      403,
      'FORBIDDEN',
      `Pages of ${headers.origin ?? 'this origin'} may not call this server: list the origin in CORS_ORIGINS, or let the page’s own server ask.`,
      allow,
    ];
  return [405, 'METHOD_NOT_ALLOWED', 'Use POST, or GET for queries and subscriptions.', allow];
}
