/** How many passwords are sealed under each key: their first 96 characters name it. */
import type { Queryable } from '../database/database.ts';
import { beginningOf, keyIdOf } from './jwe.ts';

/**
 * Entries that still have a password, by the key it is sealed under; undefined for what is not
 * sealed by us. Reads every entry that has a password.
 */
export async function countSealed(db: Queryable): Promise<ReadonlyMap<string | undefined, number>> {
  const groups = await db.query<{ beginning: string; count: number }>(
    `SELECT substr(encrypted_password, 1, 96) AS beginning, count(*)::int AS count
     FROM auth.queued_managed_account_creations WHERE encrypted_password IS NOT NULL GROUP BY 1`,
  );
  const counts = new Map<string | undefined, number>();
  for (const { beginning, count } of groups) {
    const keyId = keyIdOf(beginning);
    counts.set(keyId, (counts.get(keyId) ?? 0) + count);
  }
  return counts;
}

/** The same for one key. */
export async function countSealedUnder(db: Queryable, keyId: string): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations
     WHERE encrypted_password IS NOT NULL AND substr(encrypted_password, 1, 96) = $1`,
    [beginningOf(keyId)],
  );
  return row?.count ?? 0;
}
