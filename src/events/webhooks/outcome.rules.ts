/** The outcome of an attempt to deliver: what is stored, and the consequences for the webhook. */
import { retryAfterMs } from './back-off.rules.ts';

/** How an attempt ended, each with its description in the API. */
export const OUTCOMES = {
  delivered: 'The receiver answered with a status of 200 to 299.',
  rejected: 'The receiver answered with an error status.',
  gone: 'The receiver answered 410 Gone: the webhook is disabled, unless this was a test.',
  redirected: 'The receiver answered with a redirect, which is not followed.',
  timed_out: 'There was no answer in time.',
  not_connected: 'The connection failed or broke.',
  unknown_host: 'The host name cannot be resolved.',
  address_refused: 'The URL leads to an address that is not allowed, or not over plain http.',
  secret_lost: 'No secret of the webhook can be decrypted; rotate it.',
  interrupted: 'The node stopped or died; the result of the request is unknown.',
} as const;

export type Outcome = keyof typeof OUTCOMES;

/** How many characters of an answer are stored. */
export const KEPT_ANSWER_CHARACTERS = 1_000;

/** The result of a request: an answer, or a failure without one. */
export type SendResult =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** The first characters of the answer's body. */
      readonly answer: string;
    }
  | {
      readonly kind: 'failure';
      readonly outcome: Exclude<Outcome, 'delivered' | 'gone' | 'redirected'>;
      readonly message: string;
    };

export interface Judged {
  readonly outcome: Outcome;
  readonly message: string | null;
  readonly httpStatus: number | null;
  readonly answer: string | null;
  readonly retryAfterMs: number | null;
}

/** Classifies a result. A status of 200 to 299 is a success; all others, and no answer, are retried. */
export function judge(result: SendResult, now: Date): Judged {
  if (result.kind === 'failure')
    return { outcome: result.outcome, message: result.message, httpStatus: null, answer: null, retryAfterMs: null };
  const { status, answer, retryAfter } = result;
  const outcome = outcomeOf(status);
  return {
    outcome,
    message: outcome === 'delivered' ? null : `The receiver answered with status ${status}.`,
    httpStatus: status,
    answer: storable(answer),
    retryAfterMs: outcome === 'delivered' ? null : retryAfterMs(retryAfter, now),
  };
}

function outcomeOf(status: number): Outcome {
  if (status >= 200 && status < 300) return 'delivered';
  if (status === 410) return 'gone';
  return status >= 300 && status < 400 ? 'redirected' : 'rejected';
}

/** PostgreSQL stores neither NUL nor half of a surrogate pair, which cutting can leave. */
const storable = (text: string): string =>
  Buffer.from(text.slice(0, KEPT_ANSWER_CHARACTERS), 'utf8').toString('utf8').replaceAll('\0', '\u{fffd}');

export interface WebhookHealth {
  readonly state: 'active' | 'paused' | 'disabled';
  /** The first failure since the last success; null if the last attempt succeeded, or there was none. */
  readonly failingSince: Date | null;
  readonly lastSuccessAt: Date | null;
}

/** The last success is stored to the second: updating one row at each delivery would be a bottleneck. */
export const SUCCESS_PRECISION_MS = 1_000;

/**
 * Returns the webhook's health after an attempt; the same object if nothing needs to be stored. An attempt
 * that the node interrupted says nothing about the receiver.
 */
export function afterAttempt(health: WebhookHealth, outcome: Outcome, at: Date, disableAfterMs: number): WebhookHealth {
  const { state, failingSince, lastSuccessAt } = health;
  if (outcome === 'interrupted') return health;
  if (outcome === 'delivered') {
    const isKnown = lastSuccessAt !== null && at.getTime() - lastSuccessAt.getTime() < SUCCESS_PRECISION_MS;
    return isKnown && failingSince === null ? health : { state, failingSince: null, lastSuccessAt: at };
  }
  const since = failingSince ?? at;
  const isOver = outcome === 'gone' || at.getTime() - since.getTime() >= disableAfterMs;
  if (state === 'active' && isOver) return { state: 'disabled', failingSince: since, lastSuccessAt };
  return failingSince === null ? { state, failingSince: since, lastSuccessAt } : health;
}
