/**
 * Data keys as stored in `auth.data_protection_keys`: each wrapped (as a JWE, by `jose`) under a master key.
 * While the master key is being changed, a row may be wrapped under either of two. The protected header binds
 * the key's id, purpose and origin, so that someone who can write to the table can neither exchange keys nor
 * pass one off as another.
 */

import { randomBytes, randomUUID } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import type { Queryable } from '../database/database.ts';
import { NotFoundError } from '../refusals.ts';
import { type KeyState, type KeyTimes, keyState } from './key.rules.ts';
import { type MasterKey, MasterKeyError } from './master-key.ts';

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

export type KeyPurpose = 'seal' | 'digest' | 'audit';

/**
 * Why a key was created: with the ring, by a rotation, or because a ring that was not new had none,
 * which happens only when someone deletes keys by SQL.
 */
export type KeyOrigin = 'first' | 'rotation' | 'missing';

/** A wrapped key's row. */
export interface KeyRow {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly wrappedKey: string;
  readonly masterKeyId: string;
}

/** An unwrapped key. */
export interface DataKey {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly key: Buffer;
  readonly masterKeyId: string;
  readonly origin: KeyOrigin;
  /** When it was created, in milliseconds since the epoch. */
  readonly madeAt: number;
}

/** The master keys a node holds: the current one, and the one that is to replace it. */
export type MasterKeys = readonly [present: MasterKey, next?: MasterKey];

/** Transactions that change or check the ring wait for each other. */
export const LOCK_KEY_RING = `SELECT pg_advisory_xact_lock(hashtext('family-hub-jobs key ring'))`;

/** Unwraps every row. Throws MasterKeyError that names the master key needed. */
export function unwrapAll(rows: readonly KeyRow[], masters: MasterKeys): Promise<DataKey[]> {
  return Promise.all(rows.map((row) => unwrap(row, masters)));
}

/**
 * Unwraps one row. Throws MasterKeyError that names the master key needed, or the row if its key was not
 * wrapped for it.
 */
export async function unwrap({ id, purpose, wrappedKey, masterKeyId }: KeyRow, masters: MasterKeys): Promise<DataKey> {
  const { plaintext, protectedHeader } = await decrypt(wrappedKey, masterKeyId, masters);
  const { key, purpose: wrappedFor, origin, madeAt } = protectedHeader as unknown as Binding;
  if (key !== id || wrappedFor !== purpose) throw wrongRow(id);
  return { id, purpose, masterKeyId, key: Buffer.from(plaintext), origin, madeAt };
}

/** The error for a row whose key was wrapped for another row. */
export const wrongRow = (id: string): MasterKeyError =>
  new MasterKeyError(
    `The row ${id} of auth.data_protection_keys holds a key that was not wrapped for it: someone changed that table. Restore it from a backup.`,
  );

/** The fields of the protected header besides `alg`, `enc` and `kid` (the master key's id). */
interface Binding {
  readonly key: string;
  readonly purpose: KeyPurpose;
  readonly origin: KeyOrigin;
  readonly madeAt: number;
}

async function decrypt(wrappedKey: string, masterKeyId: string, masters: MasterKeys) {
  const [present] = masters;
  const master = masters.find((one) => one?.id === masterKeyId) ?? present;
  try {
    return await compactDecrypt(wrappedKey, master.key);
  } catch {
    const held = masters.flatMap((one) => (one === undefined ? [] : [`${one.source}, id ${one.id}`])).join('; ');
    throw new MasterKeyError(
      `The master key (${held}) does not open this database's key ring, which was created with the master key ${masterKeyId}. Give the server that master key; nothing was changed.`,
    );
  }
}

const wrap = (
  { id, purpose, origin, madeAt, key }: Pick<DataKey, 'id' | 'purpose' | 'origin' | 'madeAt' | 'key'>,
  master: MasterKey,
): Promise<string> =>
  new CompactEncrypt(key)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: master.id, key: id, purpose, origin, madeAt })
    .encrypt(master.key);

/** Wraps a key again in its row, unless the row has changed meanwhile. */
export async function rewrap(tx: Queryable, row: KeyRow, key: DataKey, master: MasterKey): Promise<void> {
  await tx.query(
    'UPDATE auth.data_protection_keys SET wrapped_key = $3, master_key_id = $4 WHERE id = $1 AND wrapped_key = $2',
    [row.id, row.wrappedKey, await wrap(key, master), master.id],
  );
}

/** A newly created key. */
export interface MadeKey {
  readonly id: string;
  readonly key: Buffer;
  readonly activatedAt: Date;
}

export async function insertKey(
  tx: Queryable,
  purpose: KeyPurpose,
  origin: KeyOrigin,
  master: MasterKey,
  delayMs = 0,
): Promise<MadeKey> {
  const id = randomUUID();
  const key = randomBytes(32);
  const wrapped = await wrap({ id, purpose, origin, madeAt: Date.now(), key }, master);
  const [row] = await tx.query<{ activatedAt: Date }>(
    `INSERT INTO auth.data_protection_keys (id, purpose, wrapped_key, master_key_id, activated_at)
     VALUES ($1, $2, $3, $4, now() + $5 * interval '1 millisecond') RETURNING activated_at AS "activatedAt"`,
    [id, purpose, wrapped, master.id, delayMs],
  );
  return { id, key, activatedAt: row?.activatedAt ?? new Date() };
}

/**
 * Returns the master key to wrap a new key under: the one that the other keys are under, so that no node
 * meets a key that it cannot unwrap while the master key is being changed.
 */
export function masterFor(keys: readonly DataKey[], masters: MasterKeys): MasterKey {
  const [present] = masters;
  const newest = keys.findLast(({ purpose }) => purpose === 'seal');
  return masters.find((one) => one?.id === newest?.masterKeyId) ?? present;
}
