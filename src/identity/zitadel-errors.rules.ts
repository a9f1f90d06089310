/**
 * Classifies failed calls to Zitadel: by the gRPC code and, where it is more specific, the error's id; by the HTTP
 * status only where a proxy responded instead of Zitadel; never by the text, which is translated.
 */

import { type FailureDetails, failureOf } from '../diagnosis/failure-messages.ts';
import type { FailureCode } from '../diagnosis/failures.ts';
import type { ProviderFailure } from './provider.ts';
import {
  type Answer,
  header,
  printable,
  readError,
  readTokenError,
  requestIdOf,
  retryAfterMs,
  type ZitadelError,
} from './zitadel-answers.rules.ts';
import { notConnected } from './zitadel-connection-errors.rules.ts';

/** `check` is the connection check, which also finds the organization's id; `token` calls the token endpoint. */
export type Operation = 'create' | 'find' | 'setPassword' | 'check' | 'token';

/** A call that ended without a complete response. */
export interface BrokenCall {
  /** False when it is certain that no byte of the request was sent. */
  readonly wasSent: boolean;
  readonly cause: 'deadline' | 'connection' | 'too-large';
  /** The error code of the system or the HTTP client: ECONNREFUSED, UND_ERR_SOCKET, ... */
  readonly errorCode: string;
}

/** Zitadel's ids for violations of its password policy; the prefix is COMMA-, in newer versions DOMAIN-. */
const PASSWORD_POLICY: Readonly<Record<string, string>> = {
  HuJf6: 'It is too short.',
  co3Xw: 'It lacks a lower-case letter.',
  VoaRj: 'It lacks an upper-case letter.',
  ZBv4H: 'It lacks a digit.',
  ZDLwA: 'It lacks a symbol.',
};

/**
 * Classifies a response that is not a success. `secrets` must not appear in the
 * message, even if the provider repeats them.
 */
export function classifyAnswer(
  operation: Operation,
  answer: Answer,
  now: Date,
  secrets: readonly string[] = [],
): ProviderFailure {
  if (operation === 'token') return classifyTokenAnswer(answer, now, secrets);
  const error = readError(answer.body);
  const code = codeOf(operation, answer.status, error);
  const mayExist = operation === 'create' && code !== 'OUTCOME_UNKNOWN' && leavesOpen(answer.status, error);
  const detail = detailOf(answer, error, secrets);
  const details: FailureDetails = {
    detail: mayExist ? `${detail} ${LOOKED_UP}` : detail,
    providerText: error.text === undefined ? undefined : printable(error.text, secrets),
    providerRequestId: requestIdOf(answer, secrets),
    retryAfterMs: retryAfterMs(header(answer, 'retry-after'), now),
  };
  const failure = failureOf(code, details);
  return mayExist ? { ...failure, mayExist } : failure;
}

const LOOKED_UP = 'The account may exist all the same: the next attempt looks it up first.';

/**
 * Whether Zitadel may carry out a create that a proxy answered: a proxy also gives up on requests that it has
 * passed on. It has not passed on what it refuses (4xx) or does not know (501).
 */
const leavesOpen = (status: number, { code }: ZitadelError): boolean =>
  code === undefined && (status === 408 || (status >= 500 && status !== 501));

/** The token endpoint has its own error format; a proxy's response is classified as for other calls. */
function classifyTokenAnswer(answer: Answer, now: Date, secrets: readonly string[]): ProviderFailure {
  const { status, body } = answer;
  const { error, text } = readTokenError(body);
  return failureOf(tokenCode(status, error !== undefined), {
    detail: `(HTTP ${status} to the request for a token)`,
    providerText: text === undefined ? undefined : printable(text, secrets),
    providerRequestId: requestIdOf(answer, secrets),
    retryAfterMs: retryAfterMs(header(answer, 'retry-after'), now),
  });
}

/** Zitadel returns 404 for an unknown key, and 500 for a wrong signature or audience. */
function tokenCode(status: number, isOAuth: boolean): FailureCode {
  if (isOAuth && status >= 500 && status !== 503) return 'PROVIDER_TOKEN_REQUEST_FAILED';
  if (status === 401 || (isOAuth && status >= 400 && status < 500 && status !== 429)) return 'PROVIDER_KEY_REFUSED';
  return codeOf('token', status, {});
}

/** Classifies a broken call: nothing happened if nothing was sent; a lookup changes nothing in either case. */
export function classifyBrokenCall(operation: Operation, { wasSent, cause, errorCode }: BrokenCall): ProviderFailure {
  if (!wasSent) {
    if (errorCode === 'UND_ERR_INVALID_ARG') {
      return failureOf('PROVIDER_TOKEN_INVALID', {
        detail: 'The token, or ZITADEL_INSTANCE_HOST, holds characters that an HTTP header cannot carry.',
      });
    }
    if (cause === 'deadline') return failureOf('PROVIDER_TIMEOUT', { detail: 'Nothing was sent.' });
    return notConnected(errorCode);
  }
  if (operation === 'create') {
    const reason = {
      deadline: 'It did not come in time',
      connection: 'The connection was cut',
      'too-large': 'It was too large',
    };
    return failureOf('OUTCOME_UNKNOWN', { detail: `(${reason[cause]}: ${errorCode})` });
  }
  if (cause === 'too-large') return failureOf('PROVIDER_ANSWER_UNREADABLE', { detail: `(${errorCode})` });
  return failureOf(cause === 'deadline' ? 'PROVIDER_TIMEOUT' : 'PROVIDER_CONNECTION_LOST', {
    detail: `(${errorCode})`,
  });
}

function codeOf(operation: Operation, status: number, error: ZitadelError): FailureCode {
  if (status >= 300 && status < 400) return 'PROVIDER_REDIRECTED';
  if (status < 300) return operation === 'create' ? 'OUTCOME_UNKNOWN' : 'PROVIDER_ANSWER_UNREADABLE';
  if (status === 404) return notFoundCode(operation, error);
  if (status === 429) return exhaustedCode(error);
  if (error.code === undefined && status === 504) return timeoutCode(operation);
  return error.code === undefined ? codeOfStatus(status) : codeOfGrpc(operation, error);
}

function codeOfGrpc(operation: Operation, error: ZitadelError): FailureCode {
  switch (error.code) {
    case 3:
    case 11:
      return operation === 'setPassword' || policyDetail(error.id) !== undefined
        ? 'PASSWORD_REFUSED'
        : 'ACCOUNT_DATA_REFUSED';
    case 4:
      return timeoutCode(operation);
    case 5:
      return notFoundCode(operation, error);
    case 6:
      return 'USERNAME_TAKEN_AT_PROVIDER';
    case 7:
      return error.id === 'AUTH-Bs7Ds' ? 'PROVIDER_ORGANIZATION_UNKNOWN' : 'PROVIDER_PERMISSION_DENIED';
    case 8:
      return exhaustedCode(error);
    case 9:
      return error.id === 'COMMAND-QXPGs' ? 'PROVIDER_ORGANIZATION_UNKNOWN' : 'PROVIDER_STATE_UNCLEAR';
    case 10:
      return 'PROVIDER_CONFLICT';
    case 12:
      return 'PROVIDER_TOO_OLD';
    case 14:
      return 'PROVIDER_UNAVAILABLE';
    case 16:
      return 'PROVIDER_TOKEN_INVALID';
    default:
      return 'PROVIDER_INTERNAL_ERROR';
  }
}

/**
 * For a response that Zitadel did not write: the Connect protocol's mapping of HTTP
 * statuses, more specific where that helps.
 */
function codeOfStatus(status: number): FailureCode {
  if (status === 401) return 'PROVIDER_TOKEN_INVALID';
  if (status === 403 || status === 407) return 'PROVIDER_PERMISSION_DENIED';
  if (status === 405) return 'PROVIDER_NOT_FOUND';
  if (status === 408) return 'PROVIDER_TIMEOUT';
  if (status === 501) return 'PROVIDER_TOO_OLD';
  if (status >= 502 && status <= 504) return 'PROVIDER_UNAVAILABLE';
  return status >= 500 ? 'PROVIDER_INTERNAL_ERROR' : 'PROVIDER_ANSWER_UNEXPECTED';
}

/** A proxy timed out: the account may still be created, so a cancel must look it up first. */
const timeoutCode = (operation: Operation): FailureCode =>
  operation === 'create' ? 'OUTCOME_UNKNOWN' : 'PROVIDER_TIMEOUT';

function notFoundCode(operation: Operation, { code, id }: ZitadelError): FailureCode {
  if (id?.startsWith('AUTHZ-')) return 'PROVIDER_PERMISSION_DENIED';
  if (code === 12 && id === undefined) return 'PROVIDER_TOO_OLD';
  return operation === 'setPassword' && code === 5 && id !== undefined ? 'ACCOUNT_VANISHED' : 'PROVIDER_NOT_FOUND';
}

function exhaustedCode({ id }: ZitadelError): FailureCode {
  return id !== undefined && /^(QUOTA|LIMITS)-/.test(id) ? 'PROVIDER_QUOTA_EXHAUSTED' : 'PROVIDER_RATE_LIMITED';
}

function detailOf(answer: Answer, { code, id }: ZitadelError, secrets: readonly string[]): string | undefined {
  const policy = policyDetail(id);
  if (policy !== undefined) return policy;
  if (code !== undefined) return undefined;
  const type = header(answer, 'content-type')?.split(';')[0];
  return `(HTTP ${answer.status}${type === undefined ? '' : `, ${printable(type, secrets)}`})`;
}

function policyDetail(id: string | undefined): string | undefined {
  const suffix = id?.match(/^(?:COMMA|DOMAIN)-(\w+)$/)?.[1];
  return suffix === undefined ? undefined : PASSWORD_POLICY[suffix];
}
