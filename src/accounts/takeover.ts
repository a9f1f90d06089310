/**
 * Takeover: entries whose lease has expired were held by a node that crashed or hung. Their attempt is stored
 * as interrupted, from the lease's columns, and they become pending again. Any node does this for all nodes;
 * row locks prevent two nodes from taking over the same entry.
 *
 * Entries that were only claimed ahead (what a node starts within a tenth of a second) count as attempted: to
 * distinguish them, every start would have to be written, a fourth version of each row. It costs them a lookup,
 * and a retry only if it happens three times in a row.
 */
import { INDEXED_KEYS } from '../database/by-place.ts';
import { isolating } from '../database/isolate.ts';
import { failureGroupOf } from '../diagnosis/failure-group.ts';
import { messageOf } from '../diagnosis/failure-messages.ts';
import { asSystem, type Services } from '../work/context.ts';
import { type UnitContext, unit } from '../work/unit.ts';
import { openForMs } from './attempt.ts';
import { refusedBecause } from './complete.ts';
import { afterInterruption, type EntryState } from './entry.rules.ts';
import { DROP_LEASE, IS_EXPIRED } from './lease.ts';

interface ExpiredLease extends EntryState {
  readonly id: string;
  readonly attemptNumber: number;
  readonly nodeId: string | null;
  readonly startedAt: Date;
  readonly lookupFinalAt: Date;
  readonly now: Date;
}

const EXPIRED_IDS = `
  SELECT id FROM auth.queued_managed_account_creations
  WHERE ${IS_EXPIRED}
  ORDER BY lease_expires_at LIMIT $1`;

const EXPIRED = `
  SELECT id, retry_count AS "retryCount", next_retry_at AS "nextRetryAt", interruption_count AS "interruptionCount",
         is_lookup_only AS "isLookupOnly", greatest(attempt_count, 1) AS "attemptNumber",
         (SELECT n.id FROM auth.server_nodes n WHERE n.id = lease_node_id) AS "nodeId",
         coalesce(leased_at, updated_at) AS "startedAt", now() AS now,
         greatest(lookup_final_at, coalesce(lease_expires_at, now()) + $1 * interval '1 millisecond') AS "lookupFinalAt"
  FROM auth.queued_managed_account_creations
  WHERE id = ANY ($2::uuid[]) AND ${IS_EXPIRED}
  ORDER BY id
  FOR UPDATE SKIP LOCKED`;

const INTERRUPT = `
  WITH ${INDEXED_KEYS}, decided AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS d(
      id uuid, status auth.entry_status, retry_count int, next_retry_at timestamptz, interruption_count int,
      lookup_final_at timestamptz, is_lookup_only boolean, attempt_number int, node_id uuid, due_at timestamptz, started_at timestamptz)
  ), entry AS (
    UPDATE auth.queued_managed_account_creations e
    SET status = d.status, retry_count = d.retry_count, next_retry_at = d.next_retry_at,
        attempt_count = d.attempt_number, interruption_count = d.interruption_count, needs_lookup = true, lookup_final_at = d.lookup_final_at, is_lookup_only = d.is_lookup_only,
        last_outcome = 'interrupted', last_error_code = 'ATTEMPT_INTERRUPTED', last_error_message = $2, failure_group = $3, updated_at = now(),
        ${DROP_LEASE}
    FROM decided d WHERE e.id = d.id
  )
  INSERT INTO auth.account_creation_attempts
    (entry_id, number, outcome, node_id, due_at, started_at, finished_at, error_code, error_message, failure_group)
  SELECT id, attempt_number, 'interrupted', node_id, due_at, started_at, now(), 'ATTEMPT_INTERRUPTED', $2, $3 FROM decided, indexed_keys
  ON CONFLICT DO NOTHING`;

const MESSAGE = messageOf('ATTEMPT_INTERRUPTED');

/** The entries that were taken over, and those that the database refused to change, with the reason. */
export interface TakenOver {
  readonly entryIds: readonly string[];
  readonly refused: readonly { readonly entryId: string; readonly reason: string }[];
}

const BATCH_SIZE = 200;

/** The services that a takeover needs. */
export type TakeoverServices = Omit<UnitContext, 'caller'> & Pick<Services, 'config'>;

/**
 * Takes over every entry whose lease has expired, in batches. The provider may still process requests that
 * their nodes sent before the leases ended, for as long as PROVIDER_TIMEOUT allows (openForMs).
 */
export async function takeOverAllExpired(services: TakeoverServices): Promise<TakenOver> {
  const entryIds: string[] = [];
  const refused: { entryId: string; reason: string }[] = [];
  for (;;) {
    const expired = (await services.db.query<{ id: string }>(EXPIRED_IDS, [BATCH_SIZE])).map(({ id }) => id);
    if (expired.length === 0) return { entryIds, refused };
    const before = entryIds.length;
    await isolating(
      expired,
      async (some) => {
        entryIds.push(...(await takeOverExpired(services, some)));
        return some;
      },
      (entryId, error) => {
        refused.push({ entryId, reason: refusedBecause(error) });
        return entryId;
      },
    );
    // The remaining entries are locked by other transactions, or were refused: another query would only find
    // them again.
    if (expired.length < BATCH_SIZE || entryIds.length === before) return { entryIds, refused };
  }
}

async function takeOverExpired(services: TakeoverServices, ids: readonly string[]): Promise<string[]> {
  return unit(asSystem(services, 'takeover'), async (tx) => {
    const expired = await tx.query<ExpiredLease>(EXPIRED, [openForMs(services.config.PROVIDER_TIMEOUT), ids]);
    if (expired.length === 0) return [];
    const rows = expired.map((entry) => {
      const decision = afterInterruption(entry, entry.now, entry.lookupFinalAt);
      return {
        id: entry.id,
        status: decision.status,
        retry_count: decision.retryCount,
        next_retry_at: decision.nextRetryAt,
        interruption_count: decision.interruptionCount,
        lookup_final_at: decision.lookupFinalAt,
        is_lookup_only: decision.isLookupOnly,
        attempt_number: entry.attemptNumber,
        node_id: entry.nodeId,
        due_at: entry.nextRetryAt,
        started_at: entry.startedAt,
      };
    });
    await tx.query(INTERRUPT, [JSON.stringify(rows), MESSAGE, failureGroupOf('ATTEMPT_INTERRUPTED', MESSAGE)]);
    const entryIds = expired.map((entry) => entry.id);
    tx.happened('entriesTakenOver', { after: { entryIds } });
    return entryIds;
  });
}
