/** What an attempt says of its webhook: that it takes what it is sent, that it fails, or that it is to be disabled. */
import type { Outcome } from './outcome.rules.ts';

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
