/**
 * Claiming past what is paused: the entries that are due first and last are looked at, which costs
 * the same whatever waits. Only where all of these are paused and more is due, the families must
 * be gone round (queue-control-claim.ts).
 */
import type { Queryable } from '../../database/database.ts';
import { CLAIM, type ClaimedEntry, type ClaimOptions, claimBy } from '../claim.ts';
import { DUE_AT, IS_DUE } from '../lease.ts';

/** Due entries that are looked at from either end: half a millisecond. */
const LOOK = 100;

/** Claims up to `limit` of these, oldest first; `isMore` when nothing was claimed and more is due than was looked at. */
export async function claimAtEnds(
  tx: Queryable,
  options: ClaimOptions,
  pausedFamilyIds: readonly string[],
  limit: number,
): Promise<{ entries: ClaimedEntry[]; isMore: boolean }> {
  const entries = await claimBy(tx, options, CLAIM_AT_ENDS, pausedFamilyIds, limit);
  if (entries.length > 0) return { entries, isMore: false };
  const [due] = await tx.query<{ isMore: boolean }>(IS_MORE_DUE);
  return { entries, isMore: due?.isMore ?? false };
}

// A big family that is paused fills one end with what it had when it was paused, or the other with
// what came since; what others just enqueued, or had to retry, is seldom far from both.
const CLAIM_AT_ENDS = `
  WITH looked AS (
    (SELECT id, family_id FROM auth.queued_managed_account_creations
     WHERE status = 'pending' AND ${IS_DUE}
     ORDER BY ${DUE_AT} LIMIT ${LOOK})
    UNION
    (SELECT id, family_id FROM auth.queued_managed_account_creations
     WHERE status = 'pending' AND ${IS_DUE}
     ORDER BY ${DUE_AT} DESC LIMIT ${LOOK})
  ), due AS (
    SELECT id FROM auth.queued_managed_account_creations
    WHERE id = ANY (ARRAY(SELECT id FROM looked WHERE NOT coalesce(family_id IN (SELECT unnest($3::uuid[])), false)))
      AND status = 'pending' AND ${IS_DUE}
    ORDER BY ${DUE_AT}
    LIMIT $4
    FOR UPDATE SKIP LOCKED
  )
  ${CLAIM}`;

const IS_MORE_DUE = `
  SELECT count(*) > ${2 * LOOK} AS "isMore" FROM (
    SELECT 1 FROM auth.queued_managed_account_creations
    WHERE status = 'pending' AND ${IS_DUE}
    LIMIT ${2 * LOOK + 1}) AS due`;
