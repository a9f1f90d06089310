/** The paths: health, metrics, GraphQL and its page, and those that other parts bring. */
import { GRAPHIQL_SCRIPT, GRAPHIQL_STYLE } from '../graphql/graphiql.ts';
import type { ServerMetrics } from '../metrics.ts';
import { refuse } from './body.ts';
import { type Gate, turnAway } from './gate.ts';
import { type GraphqlRouteOptions, graphqlRoute } from './graphql-route.ts';
import { sendPart } from './pages.ts';
import { type Handler, sendJson, sendText } from './server.ts';
import { type SinglePage, singlePageFiles } from './single-page.ts';

/** One thing that must be true for the node to be ready. */
export interface ReadinessCheck {
  readonly name: string;
  /** Resolves to what is wrong, or undefined. */
  check(): Promise<string | undefined>;
}

export interface RouteOptions extends GraphqlRouteOptions {
  readonly metrics: Pick<ServerMetrics, 'scrape'>;
  readonly readiness: readonly ReadinessCheck[];
  /** The page at the root and its parts; left out: the root leads to GraphQL. */
  readonly root?: { readonly page: Handler; readonly files: SinglePage };
  /** Paths beside these, each with its handler. */
  readonly more: Readonly<Record<string, Handler>>;
}

export function createRoutes(options: RouteOptions): Record<string, Handler> {
  const { graphiql, gate, metrics, readiness, root, more } = options;
  const pageParts: Record<string, Handler> =
    graphiql === undefined
      ? {}
      : {
          [GRAPHIQL_SCRIPT]: async (exchange) => sendPart(exchange, (await graphiql()).script),
          [GRAPHIQL_STYLE]: async (exchange) => sendPart(exchange, (await graphiql()).style),
        };
  return {
    ...(root === undefined ? { '/': toGraphql } : { '/': root.page, ...singlePageFiles(root.files) }),
    '/graphql': graphqlRoute(options),
    ...pageParts,
    ...more,
    '/health/live': ({ response }) => sendJson(response, 200, { status: 'up' }),
    '/health/ready': ready(readiness, gate),
    '/metrics': async (exchange) => {
      const { method } = exchange.request;
      if (method !== 'GET' && method !== 'HEAD')
        return refuse(exchange, 405, 'METHOD_NOT_ALLOWED', 'Metrics are read with GET.', { allow: 'GET, HEAD' });
      const refused = await gate.mayScrape(exchange.request, exchange.requestId);
      if (refused !== undefined) return turnAway(exchange, refused);
      const { contentType, text } = await metrics.scrape();
      sendText(exchange.response, 200, text, contentType);
    },
  };
}

const toGraphql: Handler = ({ response }) => {
  response.writeHead(302, { location: '/graphql' });
  response.end();
};

/** Up or not. What is amiss is said only where everybody who can connect may see everything. */
function ready(readiness: readonly ReadinessCheck[], { isConfigured }: Gate): Handler {
  return async ({ response }) => {
    const checks = await Promise.all(readiness.map(async ({ name, check }) => ({ name, problem: await check() })));
    const isReady = checks.every(({ problem }) => problem === undefined);
    const status = isReady ? 'up' : 'down';
    sendJson(
      response,
      isReady ? 200 : 503,
      isConfigured
        ? { status }
        : { status, checks: Object.fromEntries(checks.map(({ name, problem }) => [name, problem ?? 'ok'])) },
    );
  };
}
