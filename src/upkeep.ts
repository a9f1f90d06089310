/**
 * What a node does after each heartbeat: takes over the work of nodes that stopped sending heartbeats, wakes the
 * loops that may have missed a notice, and destroys old passwords (at their own interval).
 *
 * After the database’s clock was set back, timestamps that it wrote before lie in the future, and work would
 * wait for them. This corrects leader leases, leases of work, probes, and the due times of retries. Instants
 * that a person chose (a run-at, the end of a pause) are kept.
 */
import { createPasswordDestroyer, type PasswordServices } from './accounts/passwords.ts';
import { type TakeoverServices, takeOverAllExpired } from './accounts/takeover.ts';
import type { Queryable } from './database/database.ts';
import type { Services } from './work/context.ts';
import { announce } from './work/unit.ts';

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

// A row that was written in the future counts as written now, so that its delay keeps its length. It can be
// changed only once, whichever nodes do it. Nothing is moved to the past: a row that someone dated with SQL would
// leave the range of dates, and fail the statement for all.
const kept = (column: string, writtenAt: string): string =>
  `(now() + greatest(${column} - ${writtenAt}, interval '0'))`;
const RETRIES = [
  // Without a failure, a due time after the row was written is a run-at. The attempts tell, by a small index,
  // whether there is anything to do.
  `UPDATE auth.queued_managed_account_creations e
   SET next_retry_at = ${kept('e.next_retry_at', 'e.updated_at')}, updated_at = now(),
       lookup_final_at = CASE WHEN e.lookup_final_at IS NOT NULL THEN ${kept('e.lookup_final_at', 'e.updated_at')} END
   WHERE EXISTS (SELECT FROM auth.account_creation_attempts WHERE finished_at > now() + interval '1 second')
     AND e.status = 'pending' AND e.next_retry_at > now() AND e.updated_at > now()
     AND (e.last_error_code IS NOT NULL OR e.next_retry_at <= e.updated_at)
     AND NOT EXISTS (SELECT FROM auth.bulk_action_entries b JOIN auth.bulk_actions a ON a.id = b.bulk_action_id
                     WHERE b.entry_id = e.id AND b.changed_at = e.updated_at AND a.action = 'set_run_at')`,
  `UPDATE auth.outbox_events SET next_attempt_at = ${kept('next_attempt_at', 'updated_at')}, updated_at = now()
   WHERE next_attempt_at > now() AND updated_at > now()`,
  // A delivery does not say when it was written: one that waits is retried now, and a lease keeps its length.
  `UPDATE auth.webhook_deliveries d
   SET due_at = CASE WHEN lease_token IS NULL THEN now() ELSE ${kept('due_at', 'leased_at')} END,
       leased_at = least(leased_at, now())
   WHERE status = 'pending' AND due_at > now()
     AND (leased_at > now()
          OR lease_token IS NULL AND NOT EXISTS (SELECT FROM auth.webhook_attempts a
                                                 WHERE a.delivery_id = d.id AND a.number = d.attempt_count AND a.finished_at <= now()))`,
];

/** Corrects timestamps that lie too far in the future; costs almost nothing when there are none. */
export async function bringBack(db: Queryable, leaseMs: number): Promise<void> {
  for (const statement of LEASES) await db.query(statement, [leaseMs]);
  for (const statement of [...TURNS, ...RETRIES]) await db.query(statement);
}

export interface UpkeepOptions extends TakeoverServices, PasswordServices, Pick<Services, 'metrics'> {
  /** Called after the takeover. */
  readonly wakes: readonly (() => void)[];
  /** Reads the key ring again. */
  lookAtKeys(): Promise<void>;
}

export function createUpkeep(options: UpkeepOptions) {
  const { config, db, metrics, logger, wakes, lookAtKeys } = options;
  const passwords = createPasswordDestroyer(options);
  const takeOver = async (): Promise<void> => {
    const { entryIds, refused } = await takeOverAllExpired(options);
    if (entryIds.length + refused.length === 0) return;
    metrics.queue.takenOver.inc(entryIds.length);
    logger.warn({ entries: entryIds.length, refused }, 'Took over entries whose lease had run out');
    announce(options, 'entriesDue');
  };
  return {
    /**
     * Call after each heartbeat. At start it is unknown whether the database’s clock was set back, so the
     * default is true.
     */
    async beat(wasSetBack = true): Promise<void> {
      try {
        if (wasSetBack) {
          await bringBack(db, config.LEASE_DURATION);
          announce(options, 'clockSetBack');
        }
        await takeOver();
      } finally {
        for (const wake of wakes) wake();
        passwords.wake();
        await lookAtKeys();
      }
    },
    stop: passwords.stop,
  };
}
