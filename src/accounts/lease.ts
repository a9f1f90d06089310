/**
 * What may be claimed, and what drops and loses a lease, in SQL. The clock is the statement's, not the
 * transaction's: a claim may have waited for the row of the limits.
 */

/** An instant is kept to the millisecond and may have been rounded up: hence "+ 1 ms". */
export const IS_DUE = `next_retry_at <= statement_timestamp() + interval '1 millisecond'`;

/** Whether the pause p is in force: one that has ended stays in the table until a node deletes it. */
export const IS_IN_FORCE = '(p.paused_until IS NULL OR p.paused_until > statement_timestamp())';

/**
 * Whether no pause covers the entry q, which is pending. The pauses decide; the mark is_held only keeps
 * what they hold out of the index of due entries (control/holds.ts). As one array, the paused families
 * are read once for the statement, and the plan keeps its order.
 */
export const IS_NOT_PAUSED = `NOT q.is_held
  AND NOT EXISTS (SELECT FROM auth.queue_pauses p WHERE p.scope = 'queue' AND ${IS_IN_FORCE})
  AND NOT coalesce(q.family_id = ANY (ARRAY(
    SELECT p.family_id FROM auth.queue_pauses p WHERE p.family_id IS NOT NULL AND ${IS_IN_FORCE})), false)`;

/** Ends the lease; the statement sets the status. */
export const DROP_LEASE = 'lease_token = NULL, lease_node_id = NULL, leased_at = NULL, lease_expires_at = NULL';

/** Whether another node may take the entry over. */
export const IS_EXPIRED = `status = 'processing' AND (lease_expires_at <= now() OR lease_expires_at IS NULL)`;
