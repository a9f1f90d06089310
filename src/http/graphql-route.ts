/**
 * The way to GraphQL: a browser gets the page, a request is asked who sends it, held to its
 * caller's rate, read up to its limit, and only then seen by GraphQL.
 */
import type { RequestContext } from '../graphql/builder.ts';
import type { GraphiqlPage } from '../graphql/graphiql.ts';
import type { GraphqlServer } from '../graphql/server.ts';
import { declaresMore, readBody, refuse, refuseLarge } from './body.ts';
import { createCors } from './cors.ts';
import { type Gate, turnAway } from './gate.ts';
import { GRAPHIQL_POLICY } from './headers.ts';
import { jsonProblem } from './json-limits.rules.ts';
import { sendPage, wantsPage } from './pages.ts';
import { createRateLimit } from './rate-limit.ts';
import { type Exchange, type Handler, sendText } from './server.ts';

const FOREIGN =
  'A page of another site asked for this in your name, so nothing was done. Use a page of this server; a program or a page of your own sends "Authorization: Bearer …" with an API token instead of a cookie.';

/** `application/graphql` alone is a document instead, which its own limits bound. */
const IS_JSON = /^application\/(graphql\+)?json\b/i;

export interface RequestLimits {
  readonly maxBodyBytes: number;
  /** Origins whose pages may call the API. */
  readonly corsOrigins: readonly string[];
  /** Requests of one caller; `sparesLocal`: no limit where callers are not told apart. */
  readonly rate: { readonly perSecond: number; readonly burst: number; readonly sparesLocal: boolean };
}

export interface GraphqlRouteOptions {
  readonly graphql: GraphqlServer;
  /** Left out: a browser that opens the API gets no page. */
  readonly graphiql?: () => Promise<GraphiqlPage>;
  readonly gate: Gate;
  /** Where a browser signs in that wanted to go to this address. */
  signInAddress(wanted: string): string;
  readonly limits: RequestLimits;
}

export function graphqlRoute({ graphql, graphiql, gate, signInAddress, limits }: GraphqlRouteOptions): Handler {
  const answersCors = createCors(limits.corsOrigins);
  const mustWait = createRateLimit(limits.rate);
  return async (exchange) => {
    const { request, response, requestId } = exchange;
    if (answersCors(request, response)) return;
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
    if (found.kind === 'refused') return turnAway(exchange, found);
    if (found.isForeign) {
      request.resume();
      return refuse(exchange, 403, 'FORBIDDEN', FOREIGN);
    }
    if (declaresMore(exchange, limits.maxBodyBytes)) return refuseLarge(exchange, limits.maxBodyBytes);
    const { caller, isCookie, validUntil, onEnded } = found;
    const isSpared = limits.rate.sparesLocal && caller.kind === 'local';
    const waitMs = isSpared ? undefined : mustWait(caller.id);
    if (waitMs !== undefined) return refuseHasty(exchange, waitMs);
    const context: RequestContext = { requestId, caller, isCookie, validUntil, onEnded };
    const body = await readBody(exchange, limits.maxBodyBytes);
    if (body === undefined) return;
    const problem = IS_JSON.test(request.headers['content-type'] ?? '') ? jsonProblem(body.chunks) : undefined;
    if (problem !== undefined) return refuse(exchange, 413, 'PAYLOAD_TOO_LARGE', problem);
    await graphql(Object.assign(request, { body }), response, context);
  };
}

/** Too many requests at once: says when the next one may come. */
function refuseHasty(exchange: Exchange, waitMs: number): void {
  const seconds = Math.ceil(waitMs / 1_000);
  const message = `You send more requests than you may (RATE_LIMIT a second, RATE_BURST at once). Try again in ${seconds} s.`;
  exchange.request.resume();
  refuse(exchange, 429, 'RATE_LIMITED', message, { 'retry-after': String(seconds) });
}
