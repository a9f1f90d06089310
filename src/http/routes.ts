/** The paths: health, metrics, GraphQL and its page, and those that other parts bring. */
import { GRAPHIQL_SCRIPT, GRAPHIQL_STYLE } from '../graphql/graphiql.ts';
import type { ServerMetrics } from '../metrics.ts';
import { refuse } from './body.ts';
import type { Handler } from './exchange.ts';
import { type Gate, turnAway } from './gate.ts';
import { type GraphqlRouteOptions, graphqlRoute } from './graphql-route.ts';
import { sendPart } from './pages.ts';
import { type ReadinessCheck, shareReadiness } from './readiness.ts';
import { sendJson, sendText } from './server.ts';
import { type SinglePage, singlePageFiles } from './single-page.ts';

export interface RouteOptions extends GraphqlRouteOptions {
  readonly metrics: Pick<ServerMetrics, 'scrape'>;
  readonly readiness: readonly ReadinessCheck[];
  /** The page at the root and its files; without it the root redirects to GraphQL. */
  readonly root?: { readonly page: Handler; readonly files: SinglePage };
  /** Paths beside these, each with its handler. */
  readonly more: Readonly<Record<string, Handler>>;
  /** Limits a handler to the rate of the request's address. */
  limitAddress(handler: Handler): Handler;
}

/**
 * All routes but two have a rate limit by address: GraphQL has one per caller, and a load balancer must
 * not take a node for broken because of what others send through it.
 */
export function createRoutes(options: RouteOptions): Record<string, Handler> {
  const { graphiql, gate, metrics, readiness, root, more, limitAddress } = options;
  const limited = (routes: Readonly<Record<string, Handler>>): Record<string, Handler> =>
    Object.fromEntries(Object.entries(routes).map(([path, handler]) => [path, limitAddress(handler)]));
  const pageParts: Record<string, Handler> =
    graphiql === undefined
      ? {}
      : {
          [GRAPHIQL_SCRIPT]: async (exchange) => sendPart(exchange, (await graphiql()).script),
          [GRAPHIQL_STYLE]: async (exchange) => sendPart(exchange, (await graphiql()).style),
        };
  return {
    ...limited({
      ...(root === undefined ? { '/': toGraphql } : { '/': root.page, ...singlePageFiles(root.files) }),
      ...pageParts,
      ...more,
      '/metrics': scrape(metrics, gate),
    }),
    '/graphql': graphqlRoute(options),
    '/health/live': ({ response }) => sendJson(response, 200, { status: 'up' }),
    '/health/ready': ready(readiness, gate),
  };
}

const scrape =
  (metrics: RouteOptions['metrics'], gate: Gate): Handler =>
  async (exchange) => {
    const { method } = exchange.request;
    if (method !== 'GET' && method !== 'HEAD')
      return refuse(exchange, 405, 'METHOD_NOT_ALLOWED', 'Metrics are read with GET.', { allow: 'GET, HEAD' });
    const refused = await gate.mayScrape(exchange.request, exchange.requestId);
    if (refused !== undefined) return turnAway(exchange, refused);
    const { contentType, text } = await metrics.scrape();
    sendText(exchange.response, 200, text, contentType);
  };

const toGraphql: Handler = ({ response }) => {
  response.writeHead(302, { location: '/graphql' });
  response.end();
};

/** Ready or not. The problems are named only where access control is off. */
function ready(all: readonly ReadinessCheck[], { isConfigured }: Gate): Handler {
  const readiness = shareReadiness(all);
  return async ({ response }) => {
    const { isReady, checks } = await readiness();
    const status = isReady ? 'up' : 'down';
    sendJson(response, isReady ? 200 : 503, isConfigured ? { status } : { status, checks });
  };
}
