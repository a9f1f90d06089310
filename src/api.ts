/**
 * createApi puts the API together: the schema, the policies over the schema, GraphQL
 * behind the gate, the paths, and the HTTP server in front. It opens nothing.
 */
import type { createAccessControl } from './access/access-control.ts';
import { authorization, mayFind } from './access/authorization.ts';
import { endWithCredential } from './access/credential-end.ts';
import { maskPersonalData } from './access/personal-data.ts';
import { requireReason } from './access/reasons.rules.ts';
import { signInAddress } from './access/sessions/sign-in.ts';
import type { Config } from './config/config.ts';
import { graphiqlPage } from './graphql/graphiql.ts';
import { createGraphqlServer } from './graphql/server.ts';
import type { Handler } from './http/exchange.ts';
import { callerRate, limitAddresses } from './http/rate-limit.ts';
import type { ReadinessCheck } from './http/readiness.ts';
import { createRoutes } from './http/routes.ts';
import { createHttpServer } from './http/server.ts';
import { type SinglePage, singlePage } from './http/single-page.ts';
import type { ServerMetrics } from './metrics.ts';
import { buildSchema } from './schema.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Services } from './work/context.ts';

export interface ApiOptions {
  readonly config: Config;
  readonly access: ReturnType<typeof createAccessControl>;
  readonly services: Services;
  readonly logger: Logger;
  readonly metrics: ServerMetrics;
  readonly readiness: readonly ReadinessCheck[];
  /** Left out: a browser that opens the root is led to the API. */
  readonly dashboard?: SinglePage | undefined;
  /** Paths beside the API's own. */
  readonly routes: Readonly<Record<string, Handler>>;
}

export function createApi(options: ApiOptions) {
  const { config, access, services, logger, metrics, readiness, dashboard, routes } = options;
  const schema = buildSchema();
  maskPersonalData(schema, config.MASK_PERSONAL_DATA_FOR ?? []);
  const graphql = createGraphqlServer({
    schema,
    logger,
    outage: services.db.outage,
    metrics: metrics.graphql,
    config,
    patience: services.feed.patience,
    access: [authorization(), endWithCredential()],
  });
  const door = { gate: access.authenticator, signInAddress };
  const limitAddress = limitAddresses(callerRate(config), access.authenticator);
  const root = dashboard && { page: singlePage(dashboard, door), files: dashboard };
  const http = createHttpServer({
    page: root && limitAddress(root.page),
    logger,
    metrics: metrics.http,
    config,
    routes: createRoutes({
      graphql,
      services: { ...services, mayFind, guard: config.REASON_REQUIRED === 'true' ? requireReason : () => undefined },
      ...(config.GRAPHIQL === 'true' ? { graphiql: graphiqlPage() } : {}),
      ...door,
      root,
      limitAddress,
      metrics,
      readiness,
      more: { ...access.routes, ...routes },
    }),
  });
  return { schema, graphql, http };
}
