/**
 * What a start does to the key ring before it is read: makes it where the database holds none, gives
 * it an audit key where that is missing, and binds keys that were wrapped before they were bound.
 */
import type { Database, Queryable } from '../database/database.ts';
import { hasKeyRing, openable, SELECT_KEYS, type StoredKey } from './stored-keys.ts';
import {
  type DataKey,
  insertKey,
  LOCK_KEY_RING,
  type MasterKeys,
  masterFor,
  notBound,
  rewrap,
  unwrapAll,
} from './wrapped-keys.ts';

/** Two nodes at once make one ring. Throws MasterKeyError. */
export function prepareRing(db: Database, masters: MasterKeys): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.query(LOCK_KEY_RING);
    const stored = await tx.query<StoredKey>(SELECT_KEYS);
    const keys = await bound(tx, openable(stored, masters), masters);
    const current = stored.filter(({ isLost }) => !isLost);
    const master = masterFor(keys, masters);
    const hasRing = await hasKeyRing(tx);
    const origin = hasRing || (await hasBeenUsed(tx)) ? 'missing' : 'first';
    if (!hasRing) for (const purpose of ['seal', 'digest'] as const) await insertKey(tx, purpose, origin, master);
    // A ring without an audit key gets another, so that the work goes on. The key itself says that one
    // was missing, under the master key: somebody may have taken it away to empty the trail with it.
    if (!current.some(({ purpose }) => purpose === 'audit')) await insertKey(tx, 'audit', origin, master);
  });
}

/**
 * Opens the keys. Where none of them is bound to its row, as they once were not, all are wrapped anew;
 * a single one that is not among others that are was put there. Lost ones, whose master key was found
 * again, could not be wrapped with the rest, and are wrapped now. Throws MasterKeyError.
 */
async function bound(tx: Queryable, rows: readonly StoredKey[], masters: MasterKeys): Promise<DataKey[]> {
  const keys = await unwrapAll(rows, masters);
  const current = keys.filter((_, index) => !rows[index]?.isLost);
  if (current.some(({ isBound }) => isBound)) for (const key of current) if (!key.isBound) throw notBound(key);
  for (const [index, key] of keys.entries()) {
    if (key.isBound) continue;
    const [row, master] = [rows[index], masters.find((one) => one?.id === key.masterKeyId)];
    if (row !== undefined && master !== undefined) await rewrap(tx, row, { ...key, madeAt: Date.now() }, master);
  }
  return keys;
}

/** Whether a server has worked on this database, in what each leaves at its first start. */
async function hasBeenUsed(tx: Queryable): Promise<boolean> {
  const [row] = await tx.query<{ isUsed: boolean }>(
    `SELECT EXISTS (SELECT FROM auth.server_nodes) OR EXISTS (SELECT FROM auth.job_schedules)
         OR EXISTS (SELECT FROM auth.audit_entries) OR EXISTS (SELECT FROM auth.audit_prunings) AS "isUsed"`,
  );
  return row?.isUsed === true;
}
