/** How many passwords and secrets are sealed under each key: their first 96 characters name it. */
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

/** Secrets of webhooks by the key that they are sealed under. There are few. */
export async function countSealedSecrets(db: Queryable): Promise<ReadonlyMap<string | undefined, number>> {
  const groups = await db.query<{ beginning: string; count: number }>(
    `SELECT substr(sealed_secret, 1, 96) AS beginning, count(*)::int AS count FROM auth.webhook_secrets GROUP BY 1`,
  );
  return new Map(groups.map(({ beginning, count }) => [keyIdOf(beginning), count]));
}

export interface Usage {
  /** Entries that have a password sealed under the key. */
  readonly entryCount: number;
  /** Secrets of webhooks, former ones too while they sign. */
  readonly secretCount: number;
}

/** Both for one key. */
export async function countSealedUnder(db: Queryable, keyId: string): Promise<Usage> {
  const [usage] = await db.query<Usage>(
    `SELECT (SELECT count(*)::int FROM auth.queued_managed_account_creations
             WHERE encrypted_password IS NOT NULL AND substr(encrypted_password, 1, 96) = $1) AS "entryCount",
            (SELECT count(*)::int FROM auth.webhook_secrets WHERE substr(sealed_secret, 1, 96) = $1) AS "secretCount"`,
    [beginningOf(keyId)],
  );
  return usage ?? { entryCount: 0, secretCount: 0 };
}
