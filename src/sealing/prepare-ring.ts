/**
 * What a start does to the key ring before it reads it: creates it where the database holds none, and
 * creates an audit key where that is missing.
 */
import type { Database, Queryable } from '../database/database.ts';
import { hasKeyRing, SELECT_KEYS, type StoredKey } from './stored-keys.ts';
import { insertKey, LOCK_KEY_RING, type MasterKeys, masterFor, unwrapAll } from './wrapped-keys.ts';

/** Two nodes at once create one ring. Throws MasterKeyError. */
export function prepareRing(db: Database, masters: MasterKeys): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.query(LOCK_KEY_RING);
    const keys = await unwrapAll(await tx.query<StoredKey>(SELECT_KEYS), masters);
    const master = masterFor(keys, masters);
    const hasRing = await hasKeyRing(tx);
    const origin = hasRing || (await hasBeenUsed(tx)) ? 'missing' : 'first';
    if (!hasRing) for (const purpose of ['seal', 'digest'] as const) await insertKey(tx, purpose, origin, master);
    // A ring without an audit key gets a new one, so that work continues. The key itself stores, under the
    // master key, that one was missing: someone may have deleted it to empty the trail with it.
    if (!keys.some(({ purpose }) => purpose === 'audit')) await insertKey(tx, 'audit', origin, master);
  });
}

/** Whether a server has used this database: every server leaves rows here at its first start. */
async function hasBeenUsed(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ isUsed: boolean }>(
    `SELECT EXISTS (SELECT FROM auth.server_nodes) OR EXISTS (SELECT FROM auth.job_schedules)
         OR EXISTS (SELECT FROM auth.audit_entries) OR EXISTS (SELECT FROM auth.audit_prunings) AS "isUsed"`,
  );
  return row?.isUsed === true;
}
