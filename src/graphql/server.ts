/**
 * GraphQL over HTTP: Yoga with its defaults changed where they are too open (CORS for any origin, uploads, error
 * details). Subscriptions are server-sent events on the same path.
 *
 * Parsed documents are cached by their text: parsing and validation are half the cost of a small request. The
 * cache is limited by the total length of the texts, not by their number: a parsed document takes a hundred
 * times the memory of its text, so a thousand large ones would take gigabytes.
 */
import { useCSRFPrevention } from '@graphql-yoga/plugin-csrf-prevention';
import { type ExecutionResult, GraphQLError, type GraphQLSchema } from 'graphql';
import { createYoga, type Plugin } from 'graphql-yoga';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/config.ts';
import type { Outage } from '../database/outage.ts';
import type { Patience } from '../database/recovery.ts';
import type { ServerMetrics } from '../metrics.ts';
import type { Logger } from '../telemetry/logger.ts';
import { isTracing } from '../telemetry/tracing.ts';
import { nameArguments } from './argument-values.ts';
import type { RequestContext, RequestParts, SharedContext } from './builder.ts';
import { hideSchema, limitDocuments, withoutSuggestions } from './document-limits.ts';
import { type ErrorCode, errorBody, maskError } from './errors.ts';
import { measureOperations } from './measure.ts';
import { mapStream } from './result-stream.ts';
import { limitDuration, limitSubscriptions } from './running-limits.ts';
import { shareEvents } from './shared-events.ts';
import { traceOperations } from './trace-operations.ts';
import { refuseWrongVariables } from './variables.ts';

/** About 400 documents of typical length; at most 75 MB when parsed. */
const MOST_CHARACTERS = 500_000;

/**
 * Creates a cache that evicts the least recently used document. A text longer than a fifth of the limit is
 * not cached.
 */
export const createDocumentCache = <Kept extends NonNullable<unknown>>(mostCharacters = MOST_CHARACTERS) =>
  new LRUCache<string, Kept>({
    maxSize: mostCharacters,
    maxEntrySize: Math.floor(mostCharacters / 5),
    sizeCalculation: (_kept, text) => Math.max(1, text.length),
  });

export interface GraphqlServerOptions {
  readonly schema: GraphQLSchema;
  readonly logger: Logger;
  readonly outage: Outage;
  readonly metrics: ServerMetrics['graphql'];
  readonly config: OperationSettings;
  /** Added to the parts of each request: Yoga would copy all that it is given with a request, at a high cost. */
  readonly shared: SharedContext;
  /** For loading the object of an event: the load is retried while the database is unreachable. */
  patience(): Patience;
  /** Plugins that refuse what a caller may not use, before anything is executed. */
  readonly access: readonly Plugin<RequestContext>[];
}

type OperationSettings = Pick<Config, 'CORS_ORIGINS' | 'INTROSPECTION' | 'MAX_SUBSCRIPTIONS' | 'requestTimeoutMs'>;

export type GraphqlServer = ReturnType<typeof createGraphqlServer>;

/** Creates the handler for `/graphql`; it takes the parts of the context that a request has of its own. */
export function createGraphqlServer({
  schema,
  logger,
  outage,
  metrics,
  config,
  shared,
  patience,
  access,
}: GraphqlServerOptions) {
  return createYoga<RequestParts, SharedContext>({
    schema,
    context: shared,
    graphqlEndpoint: '/graphql',
    graphiql: false,
    landingPage: false,
    cors: false,
    multipart: false,
    // The routes already limit the body, at a fraction of the cost of another stream.
    maxRequestBodySize: false,
    batching: false,
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: createDocumentCache() },
    logging: false,
    maskedErrors: { maskError: (error) => error as Error },
    plugins: [
      measureOperations(metrics),
      ...(isTracing() ? [traceOperations()] : []),
      refuseUnaskedRequests(config.CORS_ORIGINS ?? []),
      limitDocuments(),
      nameArguments(),
      ...(config.INTROSPECTION === 'true' ? [] : [hideSchema<RequestContext>()]),
      ...access,
      refuseWrongVariables(),
      limitSubscriptions(config.MAX_SUBSCRIPTIONS),
      limitDuration(config.requestTimeoutMs),
      shareEvents({ patience }),
      finishResults({ logger, outage }, config.INTROSPECTION === 'true'),
      explainBareAnswers(),
    ],
  });
}

/** Headers that show that no other site caused the request: its pages cannot send them without a CORS preflight. */
const PURPOSE_HEADERS = ['x-graphql-yoga-csrf', 'authorization'];

/**
 * CSRF protection: refuses what a page of another site may send without a CORS preflight, which is forms
 * and a GET without custom headers. It uses Yoga’s plugin with a more detailed message. Requests with a
 * preflight are decided by CORS. A page of `origins` needs none: browsers send its Origin with an EventSource.
 */
function refuseUnaskedRequests(origins: readonly string[]): Plugin<RequestContext> {
  const csrf: Plugin = useCSRFPrevention({ requestHeaders: PURPOSE_HEADERS });
  const isJson = (type: string | null): boolean => /^application\/(graphql\+)?(json|graphql)\b/i.test(type ?? '');
  return {
    async onRequestParse(payload) {
      const { request, setRequestParser, endResponse, serverContext, fetchAPI } = payload;
      const hasJsonType = isJson(request.headers.get('content-type'));
      if (request.method === 'POST') return hasJsonType ? undefined : setRequestParser(undefined as never);
      const { requestId } = serverContext as unknown as RequestContext;
      const refuse = (message: string): void => {
        const headers = { 'content-type': 'application/json; charset=utf-8' };
        endResponse(new fetchAPI.Response(errorBody(message, 'BAD_REQUEST', requestId), { status: 400, headers }));
      };
      const unreadable = unreadableParameter(request.url);
      if (unreadable !== undefined) return refuse(`The parameter "${unreadable}" of the address is not JSON.`);
      // Scripts cannot set this header, so the request is from our own page, for example by EventSource, which
      // sends no custom headers.
      if (hasJsonType || request.headers.get('sec-fetch-site') === 'same-origin') return;
      if (origins.includes(request.headers.get('origin') ?? '')) return;
      try {
        await csrf.onRequestParse?.(payload);
      } catch {
        refuse(
          `A GET needs the header ${PURPOSE_HEADERS[0]} (any value), which no other site's page can send unasked. EventSource cannot send it: it works on pages of this server, and without access control on those of CORS_ORIGINS. Or use POST with application/json, for subscriptions with the package graphql-sse.`,
        );
      }
    },
  };
}

/** Finds a query parameter that is not JSON: Yoga’s parser would report it as a fault of the server. */
function unreadableParameter(url: string): string | undefined {
  const { searchParams } = new URL(url, 'http://localhost');
  return ['variables', 'extensions'].find((name) => {
    try {
      JSON.parse(searchParams.get(name) || 'null');
      return false;
    } catch {
      return true;
    }
  });
}

/** Finishes every result: codes, request ids and masking, wherever an error came from. */
function finishResults(log: { logger: Logger; outage: Outage }, allowsIntrospection: boolean): Plugin<RequestContext> {
  const finish = (result: ExecutionResult, requestId: string): ExecutionResult => {
    if (result.errors === undefined) return result;
    const masked = result.errors.map((error) => maskError(error, requestId, log));
    const errors = allowsIntrospection ? masked : masked.map(withoutSuggestions);
    // Found again at each root field, but it is one refusal of the whole query.
    const tooComplex = errors.find((error) => error.extensions.code === 'QUERY_TOO_COMPLEX');
    return tooComplex === undefined ? { ...result, errors } : { errors: [tooComplex] };
  };
  return {
    onResultProcess({ request, result, setResult, serverContext }) {
      const { requestId } = serverContext as unknown as RequestContext;
      const isHeardAsEvents = /^text\/event-stream\b/i.test(request.headers.get('accept')?.trim() ?? '');
      if (isHeardAsEvents && !Array.isArray(result) && !isStream(result))
        return setResult(withoutStatus(finish(result as ExecutionResult, requestId)));
      if (Array.isArray(result)) setResult(result.map((one) => finish(one, requestId)));
      else if (isStream(result)) {
        const finished = (one: ExecutionResult) => finish(one, requestId);
        setResult(mapStream(result, finished, (error) => finished({ errors: [error] })));
      } else setResult(finish(result as ExecutionResult, requestId));
    },
  };
}

/** An event stream sends its errors as an event: a client ignores a stream that does not start with 200. */
const withoutStatus = ({ errors, ...rest }: ExecutionResult): ExecutionResult => ({
  ...rest,
  ...(errors && {
    errors: errors.map(({ message, nodes, source, positions, path, extensions: { http: _, ...extensions } }) => {
      return new GraphQLError(message, { nodes, source, positions, path, extensions });
    }),
  }),
});

/** Adds a message and a code to the responses for which Yoga sends only a status. */
function explainBareAnswers(): Plugin<RequestContext> {
  const explanations: Readonly<Record<number, readonly [string, ErrorCode]>> = {
    406: [
      'Accept names no media type that this can be answered in. Use application/json, for subscriptions text/event-stream (Apollo Client asks for multipart/mixed: give it a link with the package graphql-sse).',
      'NOT_ACCEPTABLE',
    ],
    415: ['The content type is not one of GraphQL over HTTP. Use application/json.', 'UNSUPPORTED_MEDIA_TYPE'],
  };
  return {
    onResponse({ response, setResponse, serverContext, fetchAPI }) {
      // In this order: reading `body` creates a stream.
      const explanation = explanations[response.status];
      if (explanation === undefined || response.body !== null) return;
      const { requestId } = serverContext as unknown as RequestContext;
      setResponse(
        new fetchAPI.Response(errorBody(...explanation, requestId), {
          status: response.status,
          headers: { 'content-type': 'application/json; charset=utf-8' },
        }),
      );
    },
  };
}

const isStream = (value: unknown): value is AsyncIterable<ExecutionResult> =>
  typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
