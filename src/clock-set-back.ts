/**
 * After the database’s clock was set back, timestamps that it wrote before lie in the future, and work
 * would wait for them. This corrects leader leases, leases of work, and probes. Times that were promised (a
 * retry, a run-at, the end of a pause) are kept.
 */
import type { Queryable } from './database/database.ts';

const leaseOf = (table: string, isHeld: string): string => `
  UPDATE auth.${table} SET lease_expires_at = now() + $1 * interval '1 millisecond'
  WHERE ${isHeld} AND lease_expires_at > now() + $1 * interval '1 millisecond'`;

// Each statement uses an index, or reads a table of a few rows.
const LEASES = [
  // Only leases taken in the future: other nodes may be configured with a longer lease.
  leaseOf('queued_managed_account_creations', `status = 'processing' AND leased_at > now()`),
  leaseOf('job_runs', `status = 'running'`),
  leaseOf('bulk_actions', `status IN ('running', 'undoing')`),
  leaseOf('resealings', `status = 'running'`),
  `UPDATE auth.identity_circuits
   SET next_probe_at = CASE WHEN opened_by IS NULL THEN least(next_probe_at, now()) ELSE next_probe_at END,
       probe_expires_at = least(probe_expires_at, now() + $1 * interval '1 millisecond'), updated_at = now()
   WHERE state <> 'closed' AND updated_at > now() + interval '1 second'`,
];

const TURNS = [
  'UPDATE auth.queue_limits SET refilled_at = clock_timestamp() WHERE refilled_at > clock_timestamp()',
  'UPDATE auth.alert_turn SET taken_at = now() WHERE taken_at > now()',
  `UPDATE auth.readings SET next_at = now() WHERE taken_at > now() + interval '1 second'`,
  // Entries that were due as soon as they were enqueued.
  `UPDATE auth.queued_managed_account_creations SET next_retry_at = date_trunc('milliseconds', now()), updated_at = now()
   WHERE status = 'pending' AND created_at > now() AND attempt_count = 0
     AND next_retry_at > now() AND next_retry_at <= created_at`,
];

/** Corrects timestamps that lie too far in the future; costs almost nothing when there are none. */
export async function bringBack(db: Queryable, leaseMs: number): Promise<void> {
  for (const statement of LEASES) await db.query(statement, [leaseMs]);
  for (const statement of TURNS) await db.query(statement);
}
