/**
 * A row as the insert has just written it, without reading it back: a thousand rows cost more
 * to read than to write. A test compares it with what the database holds.
 */
import type { QueuedCreation } from '../database/generated/prisma/client.ts';
import type { PreparedEntry } from './insert-entries.ts';

/** The row of an entry that was accepted `at` this instant. */
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
    needsLook: false,
    lookFinalAt: null,
    isLookOnly: false,
    isPasswordReplaced: false,
    leaseToken: null,
    leaseNodeId: null,
    leasedAt: null,
    leaseExpiresAt: null,
    // Not as the database holds it, where the family is paused: nothing is answered from it.
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
