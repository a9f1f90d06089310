/** What to tell people when a request did not succeed. */
import type { CombinedError } from 'urql';
import { type Failure, failureOf, inWords, mayBeDone } from './failures.rules.ts';

const whatHelps = (failure: Failure): string =>
  failure === 'unknown' ? 'Sign in again in another window, then try again here.' : 'Try again in a moment.';

/** Of the API's own refusals, those that another time may pass. */
const PASSING_CODES: readonly (string | undefined)[] = ['RATE_LIMITED', 'SERVICE_UNAVAILABLE'];

/** What happened, and what helps. */
export function problemOf(error: CombinedError): string {
  const failure = failureIn(error);
  return failure === undefined ? toldByApi(error) : `${inWords(failure, statusOf(error))} ${whatHelps(failure)}`;
}

/** The same where it is tried again without anybody's doing. */
export function passingProblemOf(error: CombinedError): string {
  const failure = failureIn(error);
  return `${failure === undefined ? toldByApi(error) : inWords(failure, statusOf(error))} It is retried automatically.`;
}

/** Nothing is wrong with what was asked: it will be answered another time. */
export const isPassing = (error: CombinedError): boolean =>
  !isSignedOut(error) && (error.networkError !== undefined || PASSING_CODES.includes(codeOf(error)));

/** Whoever answered knows nobody who is signed in here. */
export const isSignedOut = (error: CombinedError): boolean => statusOf(error) === 401;

/** Of a change that the API did not answer: what happened, whether it may have been done, and what helps if not. */
export function unansweredOf(
  error: CombinedError,
): { happened: string; mayBeDone: boolean; whatHelps: string } | undefined {
  const failure = failureIn(error);
  if (failure === undefined) return undefined;
  const status = statusOf(error);
  return { happened: inWords(failure, status), mayBeDone: mayBeDone(failure, status), whatHelps: whatHelps(failure) };
}

/** The code of an error that the API answered with, for example CURSOR_EXPIRED. */
export function codeOf(error: CombinedError | undefined): string | undefined {
  const code = error?.graphQLErrors[0]?.extensions.code;
  return typeof code === 'string' ? code : undefined;
}

interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is wrong with a query's arguments, each by its path; none for any other error. */
export function issuesOf(error: CombinedError | undefined): readonly Issue[] {
  const issues = error?.graphQLErrors[0]?.extensions.issues;
  return Array.isArray(issues) ? (issues as Issue[]) : [];
}

const responseOf = ({ response }: CombinedError): Response | undefined =>
  response instanceof Response ? response : undefined;
const statusOf = (error: CombinedError): number | undefined => responseOf(error)?.status;

/** Undefined where the API itself says what is wrong. */
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
