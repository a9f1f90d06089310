/**
 * The decisions over an entry, apart from the statements that apply them: what a failed or
 * interrupted attempt costs, and what people may do by hand. The retry rule is the product's:
 * 1 min, 5 min, 15 min, 1 h and 4 h after the failure, all five used, then failed.
 */
import type { EntryStatus } from '../database/generated/prisma/enums.ts';

const MINUTE = 60_000;
export const RETRY_DELAYS_MS = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 240 * MINUTE] as const;
export const MAX_RETRIES = RETRY_DELAYS_MS.length;
/** A provider's Retry-After can lengthen a delay up to this. */
export const LONGEST_DELAY_MS = 240 * MINUTE;
/** The wait before a last look, and after a look that was not possible. */
const FIRST_LOOK_DELAY_MS = 1 * MINUTE;
const NEXT_LOOK_DELAY_MS = 15 * MINUTE;
/** So many interruptions in a row cost a retry: an entry that kills its worker must come to an end. */
const INTERRUPTIONS_PER_RETRY = 3;

/** What of an entry the decisions depend on. */
export interface EntryState {
  readonly retryCount: number;
  readonly nextRetryAt: Date | null;
  readonly interruptionCount: number;
  readonly isLookOnly: boolean;
}

/** What an entry becomes when an attempt did not make its account. */
export interface Decision {
  readonly status: 'pending' | 'failed';
  readonly retryCount: number;
  readonly nextRetryAt: Date | null;
  readonly interruptionCount: number;
  readonly needsLook: boolean;
  readonly lookFinalAt: Date | null;
  readonly isLookOnly: boolean;
}

export interface FailedAttempt {
  readonly class: 'transient' | 'permanent' | 'configuration' | 'unknown';
  /** The account may exist without our knowing it. */
  readonly needsLook: boolean;
  /** Until then it may still appear, of what was sent; without one nothing is under way any more. */
  readonly lookFinalAt?: Date | null;
  readonly retryAfterMs?: number;
}

/**
 * What a failed attempt costs. Permanent: final, but not before what was sent earlier has surely
 * come to its end at the provider: until then it is tried once more, at no cost. Configuration: nothing, it is not the
 * entry's fault. Transient and unknown: a retry, but nothing while the circuit is not closed.
 * With the retries used up the entry fails, unless its account may exist: then one more look
 * comes first.
 */
export function afterFailure(entry: EntryState, failure: FailedAttempt, now: Date, isCircuitClosed: boolean): Decision {
  const kept = {
    retryCount: entry.retryCount,
    interruptionCount: 0,
    needsLook: failure.needsLook,
    lookFinalAt: failure.lookFinalAt ?? null,
    isLookOnly: entry.isLookOnly,
  };
  if (failure.class === 'permanent') {
    if (kept.lookFinalAt !== null && kept.lookFinalAt > now)
      return { ...kept, status: 'pending', nextRetryAt: kept.lookFinalAt };
    return { ...kept, status: 'failed', nextRetryAt: null, isLookOnly: false };
  }
  if (failure.class === 'configuration' || !isCircuitClosed) {
    return { ...kept, status: 'pending', nextRetryAt: entry.nextRetryAt };
  }
  return afterCostlyFailure(entry, kept, now, failure.retryAfterMs ?? 0);
}

/**
 * What a crash of ours during an attempt costs: nothing, but every third in a row costs a
 * retry. The account may exist, or come to exist until `lookFinalAt`, so the next attempt looks first.
 */
export function afterInterruption(entry: EntryState, now: Date, lookFinalAt: Date): Decision {
  const interruptionCount = entry.interruptionCount + 1;
  const { retryCount, isLookOnly } = entry;
  const kept = { retryCount, interruptionCount, needsLook: true, lookFinalAt, isLookOnly };
  if (interruptionCount < INTERRUPTIONS_PER_RETRY)
    return { ...kept, status: 'pending', nextRetryAt: entry.nextRetryAt };
  return afterCostlyFailure(entry, { ...kept, interruptionCount: 0 }, now, 0);
}

type Kept = Omit<Decision, 'status' | 'nextRetryAt'>;

function afterCostlyFailure(entry: EntryState, kept: Kept, now: Date, retryAfterMs: number): Decision {
  const after = (delayMs: number) =>
    new Date(now.getTime() + Math.max(delayMs, Math.min(retryAfterMs, LONGEST_DELAY_MS)));
  const delay = RETRY_DELAYS_MS[entry.retryCount];
  if (delay !== undefined && !entry.isLookOnly) {
    return { ...kept, status: 'pending', retryCount: entry.retryCount + 1, nextRetryAt: after(delay) };
  }
  if (!kept.needsLook) return { ...kept, status: 'failed', nextRetryAt: null, isLookOnly: false };
  const lookAt = after(entry.isLookOnly ? NEXT_LOOK_DELAY_MS : FIRST_LOOK_DELAY_MS);
  const { lookFinalAt } = kept;
  return {
    ...kept,
    status: 'pending',
    nextRetryAt: lookFinalAt !== null && lookFinalAt > lookAt ? lookFinalAt : lookAt,
    isLookOnly: true,
  };
}

/** Why an entry cannot be retried by hand, or undefined if it can. Says what to do instead. */
export function retryProblem(
  entry: {
    readonly status: EntryStatus;
    readonly hasPassword: boolean;
    /** The password is one that this server sealed. */
    readonly isSealed: boolean;
    readonly hasFamily: boolean;
  },
  comesWithPassword: boolean,
): { code: 'INVALID_STATE' | 'PASSWORD_DESTROYED'; message: string } | undefined {
  const invalid = (message: string) => ({ code: 'INVALID_STATE' as const, message });
  if (entry.status === 'completed')
    return invalid('The entry is completed: its account exists. There is nothing to retry.');
  if (entry.status === 'processing')
    return invalid('The entry is being attempted right now. Wait for the outcome, then retry if it failed.');
  if (!entry.hasFamily)
    return invalid(
      'The entry’s family was deleted, so its account cannot be created. Enqueue the account for another family.',
    );
  if (!entry.hasPassword && !comesWithPassword) {
    return {
      code: 'PASSWORD_DESTROYED',
      message: 'The entry’s password was destroyed. Retry it with a new one in the field "password".',
    };
  }
  if (!entry.isSealed && !comesWithPassword)
    return invalid(
      'The entry’s password was not sealed by this server, so that no attempt can use it. Retry it with a new one in the field "password".',
    );
  return undefined;
}

/** Why an entry cannot be cancelled, or undefined if it can (or is cancelled already). */
export function cancelProblem(status: EntryStatus): string | undefined {
  if (status === 'completed')
    return 'The entry is completed: its account exists. Remove the account at the identity provider instead.';
  if (status === 'processing')
    return 'The entry is being attempted right now. Wait for the outcome, then cancel it if it failed.';
  return undefined;
}
