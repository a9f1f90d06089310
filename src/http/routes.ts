/** The routes: health, metrics, GraphQL with its page, and the routes of other parts. */
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
  /** The page at `/` and its files; without it, `/` redirects to GraphQL. */
  readonly root?: { readonly page: Handler; readonly files: SinglePage };
  /** Additional routes: handlers by path. */
  readonly more: Readonly<Record<string, Handler>>;
  /** Adds the rate limit per client address to a handler. */
  limitAddress(handler: Handler): Handler;
}

/**
 * Creates the handlers by path. All routes are rate-limited by address, except two: GraphQL has a limit per
 * caller, and health checks have none, so that a load balancer does not take a node for broken because of
 * the traffic it forwards.
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

/** The readiness route. The problems are named only when access control is off. */
function ready(all: readonly ReadinessCheck[], { isConfigured }: Gate): Handler {
  const readiness = shareReadiness(all);
  return async ({ response }) => {
    const { isReady, checks } = await readiness();
    const status = isReady ? 'up' : 'down';
    sendJson(response, isReady ? 200 : 503, isConfigured ? { status } : { status, checks });
  };
}
