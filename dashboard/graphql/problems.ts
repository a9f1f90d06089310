/** Error messages for requests that did not succeed. */

import type { CombinedError } from 'urql';
import { type Failure, failureOf, inWords, mayBeDone } from './failures.rules.ts';

const whatHelps = (failure: Failure): string =>
  failure === 'unknown' ? 'Sign in again in another window, then try again here.' : 'Try again in a moment.';

/** The API's own refusals that may pass with time. */
const PASSING_CODES: readonly (string | undefined)[] = ['RATE_LIMITED', 'SERVICE_UNAVAILABLE'];

/** What happened, and what the user can do. */
export function problemOf(error: CombinedError): string {
  const failure = failureIn(error);
  return failure === undefined ? toldByApi(error) : `${inWords(failure, statusOf(error))} ${whatHelps(failure)}`;
}

/** The same for requests that are retried automatically. */
export function passingProblemOf(error: CombinedError): string {
  const failure = failureIn(error);
  return `${failure === undefined ? toldByApi(error) : inWords(failure, statusOf(error))} It is retried automatically.`;
}

/** The request itself is valid and may succeed later. */
export const isPassing = (error: CombinedError): boolean =>
  !isSignedOut(error) && (error.networkError !== undefined || PASSING_CODES.includes(codeOf(error)));

/** Status 401: the session is not known to the server or proxy that responded. */
export const isSignedOut = (error: CombinedError): boolean => statusOf(error) === 401;

/** For a change without a response: what happened, whether it may have been made, and what the user can do if not. */
export function unansweredOf(
  error: CombinedError,
): { happened: string; mayBeDone: boolean; whatHelps: string } | undefined {
  const failure = failureIn(error);
  if (failure === undefined) return undefined;
  const status = statusOf(error);
  return { happened: inWords(failure, status), mayBeDone: mayBeDone(failure, status), whatHelps: whatHelps(failure) };
}

/** The code of an error that the API returned, for example CURSOR_EXPIRED. */
export function codeOf(error: CombinedError | undefined): string | undefined {
  const code = error?.graphQLErrors[0]?.extensions.code;
  return typeof code === 'string' ? code : undefined;
}

interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

/** The issues with a query's arguments, each with its path; empty for any other error. */
export function issuesOf(error: CombinedError | undefined): readonly Issue[] {
  const issues = error?.graphQLErrors[0]?.extensions.issues;
  return Array.isArray(issues) ? (issues as Issue[]) : [];
}

const responseOf = ({ response }: CombinedError): Response | undefined =>
  response instanceof Response ? response : undefined;
const statusOf = (error: CombinedError): number | undefined => responseOf(error)?.status;

/** Undefined when the API itself describes the error. */
function failureIn(error: CombinedError): Failure | undefined {
  const response = responseOf(error);
  if (error.networkError === undefined && !isSignedOut(error)) return undefined;
  const isJson = /json|event-stream/.test(response?.headers.get('content-type') ?? '');
  return failureOf(error.networkError?.name ?? '', response && { status: response.status, isJson });
}

function toldByApi({ graphQLErrors, message }: CombinedError): string {
  const [first, ...more] = graphQLErrors;
  if (first === undefined) return message;
  const id = first.extensions.requestId;
  const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
  return `${first.message}${rest}${typeof id === 'string' ? ` Request ${id}.` : ''}`;
}
