/**
 * Claiming past what is paused: the entries that are due first and last are looked at, which costs
 * the same whatever waits. Only where all of these are paused and more is due, the families must
 * be gone round (queue-control-claim.ts).
 */
import type { Queryable } from '../../database/database.ts';
import { CLAIMED, type ClaimedEntry, type ClaimOptions, claimBy } from '../claim.ts';

/** Due entries that are looked at from either end: half a millisecond. */
const LOOK = 100;

/** Claims up to `limit` of these, oldest first; `isMore` when nothing was claimed and more is due than was looked at. */
export async function claimAtEnds(
  tx: Queryable,
  { nodeId, leaseMs }: ClaimOptions,
  pausedFamilyIds: readonly string[],
  limit: number,
): Promise<{ entries: ClaimedEntry[]; isMore: boolean }> {
  const entries = await claimBy(tx, CLAIM_AT_ENDS, [pausedFamilyIds, limit, nodeId, leaseMs]);
  if (entries.length > 0) return { entries, isMore: false };
  const [due] = await tx.query<{ isMore: boolean }>(IS_MORE_DUE);
  return { entries, isMore: due?.isMore ?? false };
}

// A big family that is paused fills one end with what it had when it was paused, or the other with
// what came since; what others just enqueued, or had to retry, is seldom far from both.
const CLAIM_AT_ENDS = `
  WITH looked AS (
    (SELECT id, family_id FROM auth.queued_managed_account_creations
     WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= now() + interval '1 millisecond'
     ORDER BY coalesce(next_retry_at, '-infinity'::timestamptz) LIMIT ${LOOK})
    UNION
    (SELECT id, family_id FROM auth.queued_managed_account_creations
     WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= now() + interval '1 millisecond'
     ORDER BY coalesce(next_retry_at, '-infinity'::timestamptz) DESC LIMIT ${LOOK})
  ), due AS (
    SELECT id FROM auth.queued_managed_account_creations
    WHERE id = ANY (ARRAY(SELECT id FROM looked WHERE NOT coalesce(family_id IN (SELECT unnest($1::uuid[])), false)))
      AND status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= now() + interval '1 millisecond'
    ORDER BY coalesce(next_retry_at, '-infinity'::timestamptz)
    LIMIT $2
    FOR UPDATE SKIP LOCKED
  )
  UPDATE auth.queued_managed_account_creations e
  SET status = 'processing', lease_token = gen_random_uuid(), lease_node_id = $3, leased_at = clock_timestamp(),
      lease_expires_at = clock_timestamp() + $4 * interval '1 millisecond', attempt_count = least(e.attempt_count + 1, 1000000), updated_at = now()
  FROM due WHERE e.id = due.id
  RETURNING ${CLAIMED}`;

const IS_MORE_DUE = `
  SELECT count(*) > ${2 * LOOK} AS "isMore" FROM (
    SELECT 1 FROM auth.queued_managed_account_creations
    WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= now() + interval '1 millisecond'
    LIMIT ${2 * LOOK + 1}) AS due`;
