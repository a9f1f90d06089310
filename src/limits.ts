/** The settings of what the API withstands, in the shapes in which its parts want them. */
import type { Config } from './config/config.ts';
import type { DocumentLimits } from './graphql/document-limits.rules.ts';
import type { OperationLimits } from './graphql/server.ts';
import type { RequestLimits } from './http/graphql-route.ts';
import type { ServerLimits } from './http/server.ts';

/** For callers that are told apart. */
const USUAL_RATE = 300;

export const serverLimits = (config: Config): ServerLimits => ({
  allowedHosts: [
    ...(config.ALLOWED_HOSTS ?? []),
    ...(config.PUBLIC_URL === undefined ? [] : [new URL(config.PUBLIC_URL).hostname]),
  ],
  headersTimeoutMs: config.HEADERS_TIMEOUT,
  bodyTimeoutMs: config.BODY_TIMEOUT,
  maxConnections: config.MAX_CONNECTIONS,
  slowReaderMs: config.SLOW_READER_TIMEOUT,
  maxUnsentBytes: config.MAX_UNSENT_BYTES,
});

export const requestLimits = (config: Config): RequestLimits => ({
  maxBodyBytes: config.MAX_BODY_BYTES,
  corsOrigins: config.CORS_ORIGINS ?? [],
  rate: {
    perSecond: config.RATE_LIMIT ?? USUAL_RATE,
    burst: config.RATE_BURST,
    sparesLocal: config.RATE_LIMIT === undefined,
  },
});

const documentLimits = (config: Config): DocumentLimits => ({
  tokens: config.MAX_QUERY_TOKENS,
  directives: config.MAX_QUERY_DIRECTIVES,
  aliases: config.MAX_QUERY_ALIASES,
  rootFields: config.MAX_ROOT_FIELDS,
  breadth: config.MAX_QUERY_BREADTH,
});

export const operationLimits = (config: Config): OperationLimits => ({
  documents: documentLimits(config),
  allowsIntrospection: config.INTROSPECTION === 'true',
  maxSubscriptions: config.MAX_SUBSCRIPTIONS,
  timeoutMs: config.REQUEST_TIMEOUT,
});
