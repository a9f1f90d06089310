/**
 * Destroys passwords that are no longer needed: UNDO_WINDOW after a cancel, FAILED_PASSWORD_RETENTION after a
 * final failure. (A completed entry's password is destroyed by the statement that completes it.)
 */
import { isMoreLikely, planForValues, restAfter } from '../database/by-place.ts';
import { asSystem, type Services } from '../work/context.ts';
import { type Loop, loop, UNTIL_WOKEN } from '../work/loop.ts';
import { type UnitContext, unit } from '../work/unit.ts';

/** Rows of each kind per batch, which takes about 50 ms. */
const BATCH = 500;

// One branch per index: an OR over both would scan every failed entry that has a password.
const DESTROY = `
  WITH cancelled AS (
    SELECT ctid AS place FROM auth.queued_managed_account_creations
    WHERE encrypted_password IS NOT NULL AND status = 'cancelled'
      AND coalesce(cancelled_at, updated_at) <= now() - $1 * interval '1 millisecond'
    LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
  ), failed AS (
    SELECT ctid AS place FROM auth.queued_managed_account_creations
    WHERE encrypted_password IS NOT NULL AND status = 'failed'
      AND coalesce(failed_at, updated_at) <= now() - $2 * interval '1 millisecond'
    LIMIT ${BATCH} FOR UPDATE SKIP LOCKED
  )
  UPDATE auth.queued_managed_account_creations
  SET encrypted_password = NULL, password_destroyed_at = now(), updated_at = now(),
      password_destroyed_because = CASE status WHEN 'cancelled' THEN 'cancelled' ELSE 'retention' END::auth.password_destruction
  WHERE ctid = ANY (ARRAY(SELECT place FROM cancelled UNION ALL SELECT place FROM failed))
  RETURNING id`;

/** The services that destroying passwords needs. */
export type PasswordServices = Omit<UnitContext, 'caller'> & Pick<Services, 'config'>;

/**
 * Destroys up to one batch of each kind of password whose time (UNDO_WINDOW, FAILED_PASSWORD_RETENTION) is
 * over. Returns how many, and whether there are probably more.
 */
export async function destroySomePasswords(services: PasswordServices): Promise<{ count: number; isMore: boolean }> {
  const { UNDO_WINDOW, FAILED_PASSWORD_RETENTION } = services.config;
  return unit(asSystem(services, 'retention'), async (tx) => {
    await planForValues(tx);
    const rows = await tx.query<{ id: string }>(DESTROY, [UNDO_WINDOW, FAILED_PASSWORD_RETENTION]);
    const entryIds = rows.map((row) => row.id);
    if (entryIds.length > 0) tx.happened('passwordsDestroyed', { after: { entryIds } });
    return { count: entryIds.length, isMore: isMoreLikely(entryIds.length, BATCH) };
  });
}

/**
 * Creates a node's loop that destroys passwords in batches, with a rest after each. It does nothing until it is
 * woken; when stopped, it ends after the current batch.
 */
export function createPasswordDestroyer(services: PasswordServices): Loop {
  return loop({
    name: 'Destroying old passwords',
    outage: services.db.outage,
    async once(stopping) {
      const begun = performance.now();
      const { isMore } = await destroySomePasswords(services);
      if (!isMore) return UNTIL_WOKEN;
      await restAfter(begun, stopping);
      return 0;
    },
  });
}
