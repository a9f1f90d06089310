/**
 * The key ring: data keys in `auth.data_protection_keys`, each wrapped (as a JWE, by `jose`)
 * under the master key. A wrong or missing master key is refused before anything is touched,
 * and never leads to a second ring beside the first.
 */
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import type { Database, Queryable } from '../database/database.ts';
import { headerOf, seal, UnsealError, unseal } from './jwe.ts';
import { type MasterKey, MasterKeyError } from './master-key.ts';

export interface KeyRing {
  /** Seals a password for one entry, under the newest active key. */
  seal(plain: string, entryId: string): string;
  /** Opens a sealed password. Throws UnsealError that says why it cannot be opened. */
  unseal(sealed: string, entryId: string): string;
  /** A keyed digest: equal values have equal digests, and nobody without the ring can guess one. */
  digest(value: string): string;
  /** Reads keys that other nodes have added. */
  refresh(): Promise<void>;
}

interface KeyRow {
  id: string;
  purpose: 'seal' | 'digest';
  wrappedKey: string;
  masterKeyId: string;
}

const SELECT_KEYS = `
  SELECT id, purpose, wrapped_key AS "wrappedKey", master_key_id AS "masterKeyId"
  FROM auth.data_protection_keys
  WHERE retired_at IS NULL AND activated_at <= now()
  ORDER BY activated_at, id`;

/**
 * Whether the database holds a key ring already; callers decide by it whether a master key may
 * be made. Works on a database that has no tables yet.
 */
export async function hasKeyRing(db: Queryable): Promise<boolean> {
  const [table] = await db.query<{ exists: boolean }>(
    `SELECT to_regclass('auth.data_protection_keys') IS NOT NULL AS exists`,
  );
  if (!table?.exists) return false;
  return (await db.query('SELECT 1 FROM auth.data_protection_keys LIMIT 1')).length > 0;
}

/**
 * Proves that this master key opens the ring that the database holds; passes when there is
 * none. Throws MasterKeyError otherwise. Changes nothing.
 */
export async function verifyMasterKey(db: Queryable, master: MasterKey): Promise<void> {
  if (!(await hasKeyRing(db))) return;
  await unwrapAll(await db.query<KeyRow>(SELECT_KEYS), master);
}

/** Opens the key ring, and makes it if the database holds none; two nodes at once make one. */
export async function openKeyRing(db: Database, master: MasterKey): Promise<KeyRing> {
  await db.transaction(async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('family-hub-jobs key ring'))`);
    if (await hasKeyRing(tx)) return;
    for (const purpose of ['seal', 'digest']) {
      await tx.query(
        `INSERT INTO auth.data_protection_keys (id, purpose, wrapped_key, master_key_id) VALUES ($1, $2, $3, $4)`,
        [randomUUID(), purpose, await wrap(randomBytes(32), master), master.id],
      );
    }
  });

  let keys = await load(db, master);
  return {
    seal: (plain, entryId) => seal(plain, entryId, keys.sealing.id, keys.sealing.key),
    unseal(sealed, entryId) {
      const key = keys.byId.get(headerOf(sealed).kid);
      if (key === undefined) throw new UnsealError('it was sealed under a key that the key ring does not hold');
      return unseal(sealed, entryId, key);
    },
    digest: (value) => createHmac('sha256', keys.digesting).update(value, 'utf8').digest('base64url'),
    async refresh() {
      keys = await load(db, master);
    },
  };
}

async function load(db: Queryable, master: MasterKey) {
  const keys = await unwrapAll(await db.query<KeyRow>(SELECT_KEYS), master);
  const sealing = keys.findLast((key) => key.purpose === 'seal');
  const digesting = keys.findLast((key) => key.purpose === 'digest');
  if (sealing === undefined || digesting === undefined) {
    throw new MasterKeyError(
      'The key ring in auth.data_protection_keys is incomplete. Restore that table from a backup.',
    );
  }
  return { sealing, digesting: digesting.key, byId: new Map(keys.map((key) => [key.id, key.key])) };
}

async function unwrapAll(rows: readonly KeyRow[], master: MasterKey) {
  return Promise.all(
    rows.map(async ({ id, purpose, wrappedKey, masterKeyId }) => {
      try {
        const { plaintext } = await compactDecrypt(wrappedKey, master.key);
        return { id, purpose, key: Buffer.from(plaintext) };
      } catch {
        throw new MasterKeyError(
          `The master key (${master.source}, id ${master.id}) does not open this database's key ring, which was made under the master key with id ${masterKeyId}. Give the server that master key; nothing was changed.`,
        );
      }
    }),
  );
}

const wrap = (key: Buffer, master: MasterKey): Promise<string> =>
  new CompactEncrypt(key).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: master.id }).encrypt(master.key);
