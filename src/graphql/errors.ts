/**
 * The `errors` array: for invalid requests and faults. Every error gets a code from a closed list and
 * the request's id. A fault is masked for the caller and logged with that id; an unreachable database
 * is logged once for all requests.
 */
import { PothosValidationError } from '@pothos/core';
import { GraphQLError } from 'graphql';
import type { Outage } from '../database/outage.ts';
import { unavailability } from '../database/unavailable.ts';
import { sqlStateOf } from '../database/violations.ts';
import { InvalidInputError, Refusal } from '../refusals.ts';
import type { Logger } from '../telemetry/logger.ts';
import { valueFree } from './value-free.rules.ts';

/** Every value of `extensions.code`, with its meaning; docs/api.md lists them. */
export const ERROR_CODES = {
  BAD_USER_INPUT: 'A variable, id, cursor or page size does not fit the schema.',
  UNAUTHENTICATED: 'HTTP 401: the request has no credential, or one that is not valid (any more).',
  FORBIDDEN: 'HTTP 403: the caller’s role, or the family it is bound to, does not allow this.',
  GRAPHQL_PARSE_FAILED: 'The document is not GraphQL.',
  GRAPHQL_VALIDATION_FAILED: 'The document does not fit the schema.',
  OPERATION_RESOLUTION_FAILURE: 'The document has no operation of that name, or several and the request names none.',
  BAD_REQUEST: 'The HTTP request is not a GraphQL request.',
  UNSUPPORTED_MEDIA_TYPE: 'The content type is not one of GraphQL over HTTP.',
  NOT_ACCEPTABLE: '`Accept` names no media type that the server can answer with.',
  METHOD_NOT_ALLOWED: 'Mutations need POST.',
  PAYLOAD_TOO_LARGE: 'The request is too large, or its JSON has too many values.',
  QUERY_TOO_COMPLEX: 'The document, or what it requests, exceeds a limit, which the message names.',
  RATE_LIMITED: 'HTTP 429: the caller sends too many requests; `Retry-After` says when to try again.',
  TOO_MANY_SUBSCRIPTIONS: 'The caller has too many open subscriptions.',
  CURSOR_EXPIRED:
    'The changes since the cursor are no longer known. Load your data again; `extensions.oldestCursor` is the oldest cursor that still works.',
  TIMEOUT: 'The answer took too long; the server cancelled its queries.',
  SERVICE_UNAVAILABLE:
    'HTTP 503: the database cannot be reached, is read-only, or lacks a resource. Nothing is lost; try again.',
  INTERNAL_SERVER_ERROR: 'A fault of the server; the log has the details under the request id.',
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** SQLSTATEs for U+0000: in text, in JSON. */
const ZERO_CHARACTER: readonly string[] = ['22021', '22P05'];

/** SQLSTATE of a cancelled statement. */
const CANCELLED = '57014';

/** Returns the error that a caller may see, with its code; logs the original if it is a fault. */
export function maskError(
  error: unknown,
  requestId: string,
  { logger, outage }: { logger: Logger; outage: Outage },
): GraphQLError {
  const graphql = error instanceof GraphQLError ? error : undefined;
  const original = graphql?.originalError ?? (graphql === undefined ? error : undefined);
  if (graphql !== undefined && (original === undefined || original === null || original instanceof GraphQLError)) {
    const code = codeOf(graphql);
    // Without this, Yoga responds with 200 to a request that is not even JSON if the client accepts application/json.
    return withCode(graphql, code, requestId, valueFree(graphql.message), code === 'BAD_REQUEST' ? 400 : undefined);
  }
  // Thrown in a query, which has no result union: an argument makes no sense.
  if (original instanceof Refusal)
    return withCode(refused(graphql, original), 'BAD_USER_INPUT', requestId, original.message);
  if (original instanceof PothosValidationError)
    return withCode(graphql ?? new GraphQLError(original.message), 'BAD_USER_INPUT', requestId, original.message);
  if (ZERO_CHARACTER.includes(sqlStateOf(original) ?? ''))
    return withCode(
      graphql ?? new GraphQLError(''),
      'BAD_USER_INPUT',
      requestId,
      'A text holds the zero character (U+0000), which cannot be stored or searched for. Leave it out.',
    );
  if (outage.explains(original, { requestId, path: graphql?.path })) {
    return withCode(
      graphql ?? new GraphQLError(''),
      'SERVICE_UNAVAILABLE',
      requestId,
      unavailability(original) ?? 'The database cannot be reached. Try again in a moment.',
      503,
    );
  }
  if (sqlStateOf(original) === CANCELLED) {
    logger.warn({ requestId, path: graphql?.path }, 'A question to the database took too long and was cancelled');
    return withCode(
      graphql ?? new GraphQLError(''),
      'TIMEOUT',
      requestId,
      'A database query took too long and was cancelled. Request smaller pages, narrow the filter, or leave counts out.',
      504,
    );
  }
  logger.error({ err: original, requestId, path: graphql?.path }, 'A request failed');
  return withCode(
    graphql ?? new GraphQLError(''),
    'INTERNAL_SERVER_ERROR',
    requestId,
    `Something broke in the server. Its log says what, under the request id ${requestId}.`,
    500,
  );
}

/** Converts a refusal to an error; the problems with each field are in its extensions. */
function refused(graphql: GraphQLError | undefined, refusal: Refusal): GraphQLError {
  const issues =
    refusal instanceof InvalidInputError
      ? { issues: refusal.issues.map(({ path, code, message }) => ({ path, code, message })) }
      : {};
  const { nodes, source, positions, path } = graphql ?? {};
  return new GraphQLError(refusal.message, {
    nodes,
    source,
    positions,
    path,
    extensions: { ...graphql?.extensions, ...issues },
  });
}

/** graphql-js sets no codes: errors without a path are about variables or the operation’s name. */
function codeOf(error: GraphQLError): string {
  const { code, http } = error.extensions as { code?: unknown; http?: { status?: number } };
  if (http?.status === 405) return 'METHOD_NOT_ALLOWED';
  if (typeof code === 'string') return code;
  if (/^(Unknown operation named|Must provide operation name|Must provide an operation)/.test(error.message))
    return 'OPERATION_RESOLUTION_FAILURE';
  return 'BAD_USER_INPUT';
}

/** Messages repeat names and keys from the request; they are truncated, but long enough to identify them. */
const LONGEST_MESSAGE = 1_000;
const shortened = (message: string): string =>
  message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)}…` : message;

function withCode(
  error: GraphQLError,
  code: ErrorCode | string,
  requestId: string,
  message = error.message,
  status?: number,
): GraphQLError {
  const { nodes, source, positions, path } = error;
  const { originalError: _, stack: __, ...extensions } = error.extensions;
  const http = status === undefined ? {} : { http: { status } };
  return new GraphQLError(shortened(message), {
    nodes,
    source,
    positions,
    path,
    extensions: { ...extensions, ...http, code, requestId },
  });
}

/** A response body in GraphQL’s format, for requests that never reach GraphQL. */
export function errorBody(message: string, code: ErrorCode, requestId: string): string {
  return JSON.stringify({ errors: [new GraphQLError(message, { extensions: { code, requestId } })] });
}
