/**
 * Data keys as they lie in `auth.data_protection_keys`: each wrapped (as a JWE, by `jose`) under a
 * master key. While the master key is being changed a row may be wrapped under either of two.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { CompactEncrypt, compactDecrypt } from 'jose';
import type { Queryable } from '../database/database.ts';
import { type MasterKey, MasterKeyError } from './master-key.ts';

export type KeyPurpose = 'seal' | 'digest' | 'audit';

/** A wrapped key's row. */
export interface KeyRow {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly wrappedKey: string;
  readonly masterKeyId: string;
}

/** A key that was opened. */
export interface DataKey {
  readonly id: string;
  readonly purpose: KeyPurpose;
  readonly key: Buffer;
  readonly masterKeyId: string;
}

/** The master keys a node holds: the present one, and the one that is to take its place. */
export type MasterKeys = readonly [present: MasterKey, next?: MasterKey];

/** Two transactions that change the ring, or judge it, wait for each other. */
export const LOCK_KEY_RING = `SELECT pg_advisory_xact_lock(hashtext('family-hub-jobs key ring'))`;

/** Opens every row. Throws MasterKeyError that names the master key which is needed. */
export function unwrapAll(rows: readonly KeyRow[], masters: MasterKeys): Promise<DataKey[]> {
  return Promise.all(rows.map((row) => unwrap(row, masters)));
}

/** Opens one row. Throws MasterKeyError that names the master key which is needed. */
export async function unwrap({ id, purpose, wrappedKey, masterKeyId }: KeyRow, masters: MasterKeys): Promise<DataKey> {
  const [present] = masters;
  const master = masters.find((one) => one?.id === masterKeyId) ?? present;
  try {
    const { plaintext } = await compactDecrypt(wrappedKey, master.key);
    return { id, purpose, masterKeyId, key: Buffer.from(plaintext) };
  } catch {
    const held = masters.flatMap((one) => (one === undefined ? [] : [`${one.source}, id ${one.id}`])).join('; ');
    throw new MasterKeyError(
      `The master key (${held}) does not open this database's key ring, which was made under the master key with id ${masterKeyId}. Give the server that master key; nothing was changed.`,
    );
  }
}

/** Wraps a key under a master key. */
export const wrap = (key: Buffer, master: MasterKey): Promise<string> =>
  new CompactEncrypt(key).setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: master.id }).encrypt(master.key);

/** A key that was made just now. */
export interface MadeKey {
  readonly id: string;
  readonly key: Buffer;
  readonly activatedAt: Date;
}

/** Adds a new random key, active `delayMs` from now by the database's clock. */
export async function insertKey(tx: Queryable, purpose: KeyPurpose, master: MasterKey, delayMs = 0): Promise<MadeKey> {
  const id = randomUUID();
  const key = randomBytes(32);
  const [row] = await tx.query<{ activatedAt: Date }>(
    `INSERT INTO auth.data_protection_keys (id, purpose, wrapped_key, master_key_id, activated_at)
     VALUES ($1, $2, $3, $4, now() + $5 * interval '1 millisecond') RETURNING activated_at AS "activatedAt"`,
    [id, purpose, await wrap(key, master), master.id, delayMs],
  );
  return { id, key, activatedAt: row?.activatedAt ?? new Date() };
}

/**
 * Under which of a node's master keys a new key is wrapped: the one that the others are under, so
 * that no node meets a key it cannot open while the master key is being changed.
 */
export function masterFor(keys: readonly DataKey[], masters: MasterKeys): MasterKey {
  const [present] = masters;
  const newest = keys.findLast(({ purpose }) => purpose === 'seal');
  return masters.find((one) => one?.id === newest?.masterKeyId) ?? present;
}
