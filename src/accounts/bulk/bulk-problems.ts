/**
 * SQL over an entry `e`: why it cannot be part of a bulk action, or null if it can. Planning and applying use
 * the same expression. It checks for many entries at once what retryProblem and cancelProblem check for one (a
 * test keeps them consistent).
 */
import type { BulkActionKind } from '../../database/generated/prisma/enums.ts';
import { KNOWN_BEGINNINGS } from '../../sealing/jwe.ts';

const USERNAME_TAKEN = `
  EXISTS (SELECT 1 FROM auth.users u WHERE lower(u.username) = lower(e.username))
  OR EXISTS (SELECT 1 FROM auth.queued_managed_account_creations o
             WHERE lower(o.username) = lower(e.username) AND o.status IN ('pending', 'processing') AND o.id <> e.id)`;

const RETRY_PROBLEM = `
  CASE
    WHEN e.status = 'completed' THEN 'COMPLETED'
    WHEN e.status = 'processing' THEN 'PROCESSING'
    WHEN e.family_id IS NULL THEN 'FAMILY_DELETED'
    WHEN e.encrypted_password IS NULL THEN 'PASSWORD_DESTROYED'
    WHEN left(e.encrypted_password, 96) <> ALL (${KNOWN_BEGINNINGS}) THEN 'PASSWORD_NOT_SEALED'
    WHEN ${USERNAME_TAKEN} THEN 'USERNAME_TAKEN'
  END`;

const CANCEL_PROBLEM = `
  CASE
    WHEN e.status = 'completed' THEN 'COMPLETED'
    WHEN e.status = 'processing' THEN 'PROCESSING'
    WHEN e.status = 'cancelled' THEN 'ALREADY_CANCELLED'
    WHEN e.needs_lookup THEN 'OUTCOME_UNKNOWN'
  END`;

const SET_RUN_AT_PROBLEM = `
  CASE
    WHEN e.status = 'completed' THEN 'COMPLETED'
    WHEN e.status = 'processing' THEN 'PROCESSING'
    WHEN e.status <> 'pending' THEN 'NOT_PENDING'
  END`;

export const BULK_PROBLEM: Record<BulkActionKind, string> = {
  retry: RETRY_PROBLEM,
  cancel: CANCEL_PROBLEM,
  set_run_at: SET_RUN_AT_PROBLEM,
};

/** Why a cancelled entry `e`, which the bulk action changed as in `b`, cannot be restored. */
export const UNDO_CANCEL_PROBLEM = `
  CASE
    WHEN e.status = 'completed' THEN 'COMPLETED'
    WHEN e.encrypted_password IS NULL AND (b.before ->> 'hadPassword')::boolean THEN 'PASSWORD_DESTROYED'
    WHEN e.status <> 'cancelled' OR e.updated_at <> b.changed_at THEN 'CHANGED'
    WHEN b.before ->> 'status' = 'pending' AND e.family_id IS NULL THEN 'FAMILY_DELETED'
    WHEN b.before ->> 'status' = 'pending' AND (${USERNAME_TAKEN}) THEN 'USERNAME_TAKEN'
  END`;

/** The same for an entry whose run-at was set. */
export const UNDO_SET_RUN_AT_PROBLEM = `
  CASE WHEN e.status <> 'pending' OR e.updated_at <> b.changed_at THEN 'CHANGED' END`;
