/** The rows of the key ring as stored in the database, in the order in which their keys became active. */
import type { Queryable } from '../database/database.ts';
import { NotFoundError } from '../refusals.ts';
import { type KeyState, type KeyTimes, keyState } from './key.rules.ts';
import type { KeyPurpose, KeyRow } from './wrapped-keys.ts';

export const SELECT_KEYS = `
  SELECT id, purpose, wrapped_key AS "wrappedKey", master_key_id AS "masterKeyId",
         (extract(epoch FROM activated_at - now()) * 1000)::float8 AS "activeInMs"
  FROM auth.data_protection_keys
  WHERE retired_at IS NULL
  ORDER BY activated_at, id`;

export interface StoredKey extends KeyRow {
  readonly activeInMs: number;
}

/**
 * Whether the database already has a key ring; only if not may a caller create a master key. Works on a
 * database that has no tables yet.
 */
export async function hasKeyRing(db: Queryable): Promise<boolean> {
  const [table] = await db.query<{ exists: boolean }>(
    `SELECT to_regclass('auth.data_protection_keys') IS NOT NULL AS exists`,
  );
  if (!table?.exists) return false;
  return (await db.query('SELECT 1 FROM auth.data_protection_keys LIMIT 1')).length > 0;
}

/** Returns a key's purpose and current state. Throws NotFoundError. */
export async function findKey(db: Queryable, keyId: string): Promise<{ purpose: KeyPurpose; state: KeyState }> {
  const [key] = await db.query<KeyTimes & { purpose: KeyPurpose; now: Date }>(
    `SELECT purpose, activated_at AS "activatedAt", superseded_at AS "supersededAt", retired_at AS "retiredAt",
            now() AS now
     FROM auth.data_protection_keys WHERE id = $1`,
    [keyId],
  );
  if (key === undefined)
    throw new NotFoundError(`There is no key with the id ${keyId}. List them with the query "encryptionKeys".`);
  return { purpose: key.purpose, state: keyState(key, key.now) };
}
