/**
 * Computes a row that was just inserted, without reading it back: a thousand rows cost more to read than to
 * write. A test compares it with the stored row.
 */
import type { QueuedCreation } from '../database/generated/prisma/client.ts';
import type { PreparedEntry } from './insert-entries.ts';

/** The row of an entry that was accepted at the time `at`. */
export function freshEntry(prepared: PreparedEntry, at: Date): QueuedCreation {
  const { entryId: id, familyId, username, fullName, role, sealed, createdByUserId, enqueuer, runAt } = prepared;
  return {
    id,
    familyId,
    username,
    fullName,
    role,
    encryptedPassword: sealed,
    createdByUserId,
    enqueuer,
    retryCount: 0,
    status: 'pending',
    nextRetryAt: runAt ?? at,
    createdAt: at,
    updatedAt: at,
    lastErrorCode: null,
    lastErrorMessage: null,
    lastOutcome: null,
    attemptCount: 0,
    interruptionCount: 0,
    needsLookup: false,
    lookupFinalAt: null,
    isLookupOnly: false,
    isPasswordReplaced: false,
    leaseToken: null,
    leaseNodeId: null,
    leasedAt: null,
    leaseExpiresAt: null,
    // The stored value differs if the family is paused; no response contains it.
    isHeld: false,
    probedAt: null,
    userId: null,
    completedAt: null,
    failedAt: null,
    cancelledAt: null,
    passwordDestroyedAt: null,
    passwordDestroyedBecause: null,
    failureGroup: null,
    bulkActionId: null,
  };
}
