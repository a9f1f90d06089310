/**
 * SQL conditions for claims and leases. Claims use the time of the statement, not of the transaction, because a
 * claim may have waited for the lock on the limits row.
 */

/** Timestamps are stored in milliseconds and may have been rounded up: hence "+ 1 ms". */
export const IS_DUE = `next_retry_at <= statement_timestamp() + interval '1 millisecond'`;

/** Whether the pause p is in force: one that has ended stays in the table until a node deletes it. */
export const IS_IN_FORCE = '(p.paused_until IS NULL OR p.paused_until > statement_timestamp())';

/**
 * Whether no pause covers the pending entry q. The pauses decide; the flag is_held only keeps paused entries
 * out of the index of due entries (control/holds.ts). The paused families are one array, so that they are read
 * once per statement and the plan keeps the order of the index.
 */
export const IS_NOT_PAUSED = `NOT q.is_held
  AND NOT EXISTS (SELECT FROM auth.queue_pauses p WHERE p.scope = 'queue' AND ${IS_IN_FORCE})
  AND NOT coalesce(q.family_id = ANY (ARRAY(
    SELECT p.family_id FROM auth.queue_pauses p WHERE p.family_id IS NOT NULL AND ${IS_IN_FORCE})), false)`;

/** Clears the lease's columns; the statement that uses it also sets the status. */
export const DROP_LEASE = 'lease_token = NULL, lease_node_id = NULL, leased_at = NULL, lease_expires_at = NULL';

/**
 * Whether the entry e is still claimed. Compared as text, which no index serves: an index over the status holds
 * the dead versions of every entry that was processed, and would be preferred to the primary key.
 */
export const IS_CLAIMED = `e.status::text = 'processing'`;

/** Whether another node may take the entry over. */
export const IS_EXPIRED = `status = 'processing' AND (lease_expires_at <= now() OR lease_expires_at IS NULL)`;
