/**
 * Destroying passwords that nobody needs any more: the undo window after a cancel, a retention
 * time after a final failure. (A completed entry's is destroyed by the statement that completes it.)
 */
import type { Acts } from '../access/acts.ts';
import { systemCaller } from '../access/caller.ts';
import { isMoreLikely, planAnew } from '../database/by-place.ts';

// One branch for each index: an OR over both would walk every failed entry that has a password.
const DESTROY = `
  WITH cancelled AS (
    SELECT ctid AS place FROM auth.queued_managed_account_creations
    WHERE encrypted_password IS NOT NULL AND status = 'cancelled'
      AND coalesce(cancelled_at, updated_at) <= now() - $1 * interval '1 millisecond'
    LIMIT 1000 FOR UPDATE SKIP LOCKED
  ), failed AS (
    SELECT ctid AS place FROM auth.queued_managed_account_creations
    WHERE encrypted_password IS NOT NULL AND status = 'failed'
      AND coalesce(failed_at, updated_at) <= now() - $2 * interval '1 millisecond'
    LIMIT 1000 FOR UPDATE SKIP LOCKED
  )
  UPDATE auth.queued_managed_account_creations
  SET encrypted_password = NULL, password_destroyed_at = now(), updated_at = now(),
      password_destroyed_because = CASE status WHEN 'cancelled' THEN 'cancelled' ELSE 'retention' END::auth.password_destruction
  WHERE ctid = ANY (ARRAY(SELECT place FROM cancelled UNION ALL SELECT place FROM failed))
  RETURNING id`;

const RETENTION = systemCaller('retention');

/** Destroys every such password, in batches of some thousand; answers the entries' ids. */
export async function destroyOldPasswords(
  acts: Acts,
  undoWindowMs: number,
  failedRetentionMs: number,
): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const some = await acts.transaction(async (tx, acted) => {
      await planAnew(tx);
      const rows = await tx.query<{ id: string }>(DESTROY, [undoWindowMs, failedRetentionMs]);
      const entryIds = rows.map((row) => row.id);
      if (entryIds.length > 0) acted({ caller: RETENTION, action: 'passwordsDestroyed', after: { entryIds } });
      return entryIds;
    });
    ids.push(...some);
    if (!isMoreLikely(some.length, 1_000)) return ids;
  }
}
