/**
 * Parses Zitadel's responses. There are two formats: the Connect protocol has codes as words and ids in
 * details[].debug, the management API has codes as numbers and ids in details[]; both add the id in parentheses at
 * the end of the message. Anything else was not written by Zitadel but by something in front of it.
 */

import { secretPattern } from '../telemetry/secret-forms.rules.ts';
import type { ProviderFailure } from './provider.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
}

export interface Answered extends Answer {
  readonly kind: 'answer';
  /** What the response is if a lookup finds no account; undefined for a success. */
  readonly refusal?: ProviderFailure;
}

export interface ZitadelError {
  /** The gRPC code, 1 to 16; undefined when Zitadel did not write this response. */
  readonly code?: number;
  readonly id?: string;
  readonly text?: string;
}

export const MAX_RETRY_AFTER_MS = 4 * 60 * 60 * 1000;
const MAX_TEXT_LENGTH = 200;

const CODES: readonly string[] = [
  'ok',
  'canceled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
];

/** Parses Zitadel's error from a body; all fields are undefined if it is not one. */
export function readError(body: string): ZitadelError {
  const parsed = record(parseJson(body));
  const code = typeof parsed?.code === 'string' ? CODES.indexOf(parsed.code) : parsed?.code;
  if (typeof code !== 'number' || !Number.isInteger(code) || code < 1 || code > 16) return {};
  const text = typeof parsed?.message === 'string' ? parsed.message : undefined;
  return { code, id: idInDetails(parsed?.details) ?? text?.match(/\(([A-Za-z0-9]+-[A-Za-z0-9]+)\)$/)?.[1], text };
}

/** Parses an error of the token endpoint (RFC 6749, section 5.2); both fields are undefined if it is not one. */
export function readTokenError(body: string): { readonly error?: string; readonly text?: string } {
  const parsed = record(parseJson(body));
  if (typeof parsed?.error !== 'string' || parsed.error === '') return {};
  const { error, error_description: description } = parsed;
  return { error, text: typeof description === 'string' && description !== '' ? `${error}: ${description}` : error };
}

/** True only for Zitadel's own "no such user": a wrong host and a missing membership are 404, too. */
export function saysUserIsAbsent({ status, body }: Answer): boolean {
  const { code, id } = readError(body);
  return status === 404 && code === 5 && id !== undefined && !id.startsWith('AUTHZ-');
}

/**
 * Codes of a create after which only a lookup shows whether the account exists: it exists already (6, 9), or
 * something failed inside Zitadel (1, 2, 13, 15), perhaps after the account was stored.
 */
const MAY_EXIST: readonly (number | undefined)[] = [1, 2, 6, 9, 13, 15];

/** True for responses of Zitadel to a create after which only a lookup shows whether the account exists. */
export const saysAccountMayExist = ({ body }: Answer): boolean => MAY_EXIST.includes(readError(body).code);

/** The delay in a Retry-After header (seconds or an HTTP date), in milliseconds, at most 4 h. */
export function retryAfterMs(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  // Other text that Date.parse would accept ("-5", "2030") is not an HTTP date.
  const ms = /^\d+$/.test(text)
    ? Number(text) * 1000
    : /^[A-Za-z]{3,9},? .*GMT$/.test(text)
      ? Date.parse(text) - now.getTime()
      : Number.NaN;
  return ms >= 0 ? Math.min(ms, MAX_RETRY_AFTER_MS) : undefined;
}

/** The provider's own id of the request, to find it in the provider's log. */
export function requestIdOf(answer: Answer, secrets: readonly string[] = []): string | undefined {
  const own = header(answer, 'x-request-id') ?? header(answer, 'x-zitadel-request-id');
  // traceparent is version-traceId-spanId-flags.
  const id = own ?? header(answer, 'x-trace-id') ?? header(answer, 'traceparent')?.split('-')[1];
  return id === undefined || id === '' ? undefined : printable(id, secrets);
}

/** The value of a header, by its lower-case name; the first one if the header is repeated. */
export function header({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'object' ? value[0] : value;
}

/** Text beyond this limit cannot reach the message, however much of the text before it is a secret. */
const MOST_READ = 20_000;

/** One line of at most 200 characters, without control characters and without the secrets in any form. */
export function printable(text: string, secrets: readonly string[]): string {
  const pattern = secretPattern(secrets);
  const read = text.slice(0, MOST_READ);
  const clean = (pattern === undefined ? read : read.replace(pattern, '[secret]')).replace(/[\s\p{C}]+/gu, ' ').trim();
  return clean.length <= MAX_TEXT_LENGTH ? clean : `${[...clean].slice(0, MAX_TEXT_LENGTH - 1).join('')}…`;
}

function idInDetails(details: unknown): string | undefined {
  if (!Array.isArray(details)) return undefined;
  for (const detail of details) {
    const id = record(record(detail)?.debug)?.id ?? record(detail)?.id;
    if (typeof id === 'string' && id !== '') return id;
  }
  return undefined;
}

/** The value, if it is an object. */
export function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}

/** Returns undefined for invalid JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
