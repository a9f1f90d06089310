/**
 * Decisions about an entry, without a database: what a failed or interrupted attempt costs, and whether an
 * entry can be retried or cancelled manually. The product's retry rule: 1 min, 5 min, 15 min, 1 h and 4 h after
 * the failure; after all five, the entry fails.
 */
import type { EntryStatus } from '../database/generated/prisma/enums.ts';

const MINUTE = 60_000;
export const RETRY_DELAYS_MS = [1 * MINUTE, 5 * MINUTE, 15 * MINUTE, 60 * MINUTE, 240 * MINUTE] as const;
export const MAX_RETRIES = RETRY_DELAYS_MS.length;
/** A provider's Retry-After can lengthen a delay up to this. */
export const LONGEST_DELAY_MS = 240 * MINUTE;
/** The delay before a last lookup, and after a lookup that was not possible. */
const FIRST_LOOK_DELAY_MS = 1 * MINUTE;
const NEXT_LOOK_DELAY_MS = 15 * MINUTE;
/** This many interruptions in a row cost a retry, so that an entry that crashes its worker eventually fails. */
const INTERRUPTIONS_PER_RETRY = 3;

/** The fields of an entry that the decisions depend on. */
export interface EntryState {
  readonly retryCount: number;
  readonly nextRetryAt: Date | null;
  readonly interruptionCount: number;
  readonly isLookupOnly: boolean;
}

/** The new state of an entry after an attempt that did not create its account. */
export interface Decision {
  readonly status: 'pending' | 'failed';
  readonly retryCount: number;
  readonly nextRetryAt: Date | null;
  readonly interruptionCount: number;
  readonly needsLookup: boolean;
  readonly lookupFinalAt: Date | null;
  readonly isLookupOnly: boolean;
}

export interface FailedAttempt {
  readonly class: 'transient' | 'permanent' | 'configuration' | 'unknown';
  /** The account may exist. */
  readonly needsLookup: boolean;
  /** Until then a request that was sent may still create it; null or omitted: no request is in progress. */
  readonly lookupFinalAt?: Date | null;
  readonly retryAfterMs?: number;
}

/**
 * Decides what a failed attempt costs. Permanent: the entry fails. While the provider may still process an
 * earlier request (`lookupFinalAt`), it is attempted again after that time instead, at no cost. Configuration:
 * nothing, because the entry is not the cause. Transient and unknown: one retry, but nothing while the circuit
 * is not closed. When the retries are used up, the entry fails, unless its account may exist: then it gets a
 * last lookup first.
 */
export function afterFailure(entry: EntryState, failure: FailedAttempt, now: Date, isCircuitClosed: boolean): Decision {
  const kept = {
    retryCount: entry.retryCount,
    interruptionCount: 0,
    needsLookup: failure.needsLookup,
    lookupFinalAt: failure.lookupFinalAt ?? null,
    isLookupOnly: entry.isLookupOnly,
  };
  if (failure.class === 'permanent') {
    if (kept.lookupFinalAt !== null && kept.lookupFinalAt > now)
      return { ...kept, status: 'pending', nextRetryAt: kept.lookupFinalAt };
    return { ...kept, status: 'failed', nextRetryAt: null, isLookupOnly: false };
  }
  if (failure.class === 'configuration' || !isCircuitClosed) {
    return { ...kept, status: 'pending', nextRetryAt: entry.nextRetryAt };
  }
  return afterCostlyFailure(entry, kept, now, failure.retryAfterMs ?? 0);
}

/**
 * Decides what an attempt costs if its node crashed: nothing, but every third in a row costs a retry. The
 * account may exist, or may still be created until `lookupFinalAt`, so the next attempt looks it up first.
 */
export function afterInterruption(entry: EntryState, now: Date, lookupFinalAt: Date): Decision {
  const interruptionCount = entry.interruptionCount + 1;
  const { retryCount, isLookupOnly } = entry;
  const kept = { retryCount, interruptionCount, needsLookup: true, lookupFinalAt, isLookupOnly };
  if (interruptionCount < INTERRUPTIONS_PER_RETRY)
    return { ...kept, status: 'pending', nextRetryAt: entry.nextRetryAt };
  return afterCostlyFailure(entry, { ...kept, interruptionCount: 0 }, now, 0);
}

type Kept = Omit<Decision, 'status' | 'nextRetryAt'>;

function afterCostlyFailure(entry: EntryState, kept: Kept, now: Date, retryAfterMs: number): Decision {
  const after = (delayMs: number) =>
    new Date(now.getTime() + Math.max(delayMs, Math.min(retryAfterMs, LONGEST_DELAY_MS)));
  const delay = RETRY_DELAYS_MS[entry.retryCount];
  if (delay !== undefined && !entry.isLookupOnly) {
    return { ...kept, status: 'pending', retryCount: entry.retryCount + 1, nextRetryAt: after(delay) };
  }
  if (!kept.needsLookup) return { ...kept, status: 'failed', nextRetryAt: null, isLookupOnly: false };
  const lookAt = after(entry.isLookupOnly ? NEXT_LOOK_DELAY_MS : FIRST_LOOK_DELAY_MS);
  const { lookupFinalAt } = kept;
  return {
    ...kept,
    status: 'pending',
    nextRetryAt: lookupFinalAt !== null && lookupFinalAt > lookAt ? lookupFinalAt : lookAt,
    isLookupOnly: true,
  };
}

/** Returns why an entry cannot be retried manually and what to do instead, or undefined if it can. */
export function retryProblem(
  entry: {
    readonly status: EntryStatus;
    readonly hasPassword: boolean;
    /** The password was encrypted by this server, under a key that it still has. */
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
      'The entry’s password was not encrypted by this server, or its key is gone, so no attempt can use it. Retry it with a new one in the field "password".',
    );
  return undefined;
}

/** Returns why an entry cannot be cancelled, or undefined if it can (or is already cancelled). */
export function cancelProblem(status: EntryStatus): string | undefined {
  if (status === 'completed')
    return 'The entry is completed: its account exists. Remove the account at the identity provider instead.';
  if (status === 'processing')
    return 'The entry is being attempted right now. Wait for the outcome, then cancel it if it failed.';
  return undefined;
}
