/**
 * An entry's lease, in SQL: when an entry is due, and what takes, drops and loses its lease. The clock
 * is the statement's, not the transaction's: a claim may have waited for the limits' row.
 */

/** When an entry is due, as its indexes have it. */
export const DUE_AT = `coalesce(next_retry_at, '-infinity'::timestamptz)`;

/** An instant is kept to the millisecond and may have been rounded up: hence "+ 1 ms". */
export const IS_DUE = `${DUE_AT} <= statement_timestamp() + interval '1 millisecond'`;

/** Whether no pause holds the entry q. */
export const IS_NOT_PAUSED = `NOT EXISTS (
  SELECT 1 FROM auth.queue_pauses p WHERE (p.paused_until IS NULL OR p.paused_until > statement_timestamp())
    AND (p.family_id IS NULL OR p.family_id = q.family_id))`;

/** Sets the lease of an entry e: $1 is the node, $2 for how many milliseconds. */
export const TAKE_LEASE = `
  status = 'processing', lease_token = gen_random_uuid(), lease_node_id = $1, leased_at = statement_timestamp(),
  lease_expires_at = statement_timestamp() + $2 * interval '1 millisecond',
  attempt_count = least(e.attempt_count + 1, 1000000), updated_at = statement_timestamp()`;

/** Ends the lease; the statement sets the status. */
export const DROP_LEASE = 'lease_token = NULL, lease_node_id = NULL, leased_at = NULL, lease_expires_at = NULL';

/** Whether another node may take the entry over. */
export const IS_EXPIRED = `status = 'processing' AND (lease_expires_at <= now() OR lease_expires_at IS NULL)`;
