/** One key of the ring by its id: what it is for, and which state it is in by the database's clock. */
import type { Queryable } from '../database/database.ts';
import { NotFoundError } from '../refusals.ts';
import { type KeyState, type KeyTimes, keyState } from './key.rules.ts';
import type { KeyPurpose } from './wrapped-keys.ts';

/** Throws NotFoundError. */
export async function findKey(db: Queryable, keyId: string): Promise<{ purpose: KeyPurpose; state: KeyState }> {
  const [key] = await db.query<KeyTimes & { purpose: KeyPurpose; now: Date }>(
    `SELECT purpose, activated_at AS "activatedAt", superseded_at AS "supersededAt", retired_at AS "retiredAt",
            lost_at AS "lostAt", now() AS now
     FROM auth.data_protection_keys WHERE id = $1`,
    [keyId],
  );
  if (key === undefined)
    throw new NotFoundError(`There is no key with the id ${keyId}. List them with the query "encryptionKeys".`);
  return { purpose: key.purpose, state: keyState(key, key.now) };
}
