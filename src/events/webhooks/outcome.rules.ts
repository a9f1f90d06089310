/** What came of an attempt to deliver: what is written down, and what follows for the delivery and its webhook. */
import { retryAfterMs } from './back-off.rules.ts';

/** How an attempt ended. Each with what it means, as the API says it. */
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

/** The beginning of an answer, as far as it is kept. */
export const KEPT_ANSWER_CHARACTERS = 1_000;

/** What was sent was answered, or was not. */
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

/** What a result means. Any status of 200 to 299 is a yes; all others, and no answer, are tried again. */
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

/** PostgreSQL stores no zero character, and no half of a character that was cut. */
const storable = (text: string): string =>
  Buffer.from(text.slice(0, KEPT_ANSWER_CHARACTERS), 'utf8').toString('utf8').replaceAll('\0', '\u{fffd}');

export interface WebhookHealth {
  readonly state: 'active' | 'paused' | 'disabled';
  /** When the first attempt failed since the last one that did not; null: the last did not fail. */
  readonly failingSince: Date | null;
  readonly lastSuccessAt: Date | null;
}

/** The last success is known to a second: a row that is written at each delivery would be the bottleneck. */
export const SUCCESS_PRECISION_MS = 1_000;

/**
 * How the webhook stands after an attempt; the same object where nothing is worth writing. What the
 * node itself broke off says nothing about a receiver.
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
