/**
 * Destroying passwords that nobody needs any more: the undo window after a cancel, a retention
 * time after a final failure. (A completed entry's is destroyed by the statement that completes it.)
 */
import type { Queryable } from '../database/database.ts';

const DESTROY = `
  UPDATE auth.queued_managed_account_creations
  SET encrypted_password = NULL, password_destroyed_at = now(), updated_at = now(),
      password_destroyed_reason = CASE status WHEN 'cancelled' THEN 'the entry was cancelled' ELSE 'the entry had failed' END
  WHERE id IN (
    SELECT id FROM auth.queued_managed_account_creations
    WHERE encrypted_password IS NOT NULL AND status IN ('failed', 'cancelled')
      AND ((status = 'cancelled' AND coalesce(cancelled_at, updated_at) <= now() - $1 * interval '1 millisecond')
        OR (status = 'failed' AND coalesce(failed_at, updated_at) <= now() - $2 * interval '1 millisecond'))
    LIMIT 1000
    FOR UPDATE SKIP LOCKED
  )
  RETURNING id`;

/** Destroys up to 1,000 such passwords; answers the entries' ids. */
export async function destroyOldPasswords(
  db: Queryable,
  undoWindowMs: number,
  failedRetentionMs: number,
): Promise<string[]> {
  const rows = await db.query<{ id: string }>(DESTROY, [undoWindowMs, failedRetentionMs]);
  return rows.map((row) => row.id);
}
