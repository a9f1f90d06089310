/**
 * The key ring: the data keys of `auth.data_protection_keys`, decrypted with the master key. A wrong or
 * missing master key is refused before anything is changed, and never leads to a second ring beside the
 * first. A node reads the ring again when a key was added and at each heartbeat, so that every node knows a
 * new key shortly before any node encrypts under it.
 */

import { createHmac } from 'node:crypto';
import type { Database, Queryable } from '../database/database.ts';
import { sqlStateOf } from '../database/violations.ts';
import type { AuditKeys } from '../work/audit-trail.ts';
import { headerOf, keyIdOf, seal, UnsealError, unseal } from './jwe.ts';
import { MasterKeyError } from './master-key.ts';
import {
  type DataKey,
  hasKeyRing,
  insertKey,
  LOCK_KEY_RING,
  type MasterKeys,
  masterFor,
  SELECT_KEYS,
  type StoredKey,
  unwrap,
  unwrapAll,
  wrongRow,
} from './wrapped-keys.ts';

/** Two nodes at once create one ring. Throws MasterKeyError. */
function prepareRing(db: Database, masters: MasterKeys): Promise<void> {
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

export interface KeyRing {
  /** Encrypts a password for one entry, under the newest active key. */
  seal(plain: string, entryId: string): string;
  /**
   * Decrypts a password. Throws UnsealError with the reason if it cannot be decrypted; UnknownKeyError if
   * this node's ring may only be too old to contain the key (`openSealed` then reads it again).
   */
  unseal(sealed: string, entryId: string): string;
  /** Whether a text was encrypted by this server, under a key that this node’s ring holds. */
  knowsKeyOf(sealed: string | null): boolean;
  /** Returns a keyed digest: equal values have equal digests, and guessing a value from its digest needs the ring. */
  digest(value: string): string;
  readonly auditKeys: AuditKeys;
  /** The key that a password would be encrypted under now. */
  readonly sealingKeyId: string;
  readonly masters: MasterKeys;
  /** Reads the ring again, with changes by other nodes; calls made during a read share the next read. */
  refresh(): Promise<void>;
  /** Returns the key used for encryption since the last call; undefined if nothing was encrypted. */
  takeUse(): string | undefined;
}

/** How long a node still knows a retired key. A claimed entry is attempted within its lease, which is shorter. */
const FORGOTTEN_MS = 3_600_000;

/** The ring, as it was last read, does not contain the key. */
export class UnknownKeyError extends UnsealError {}

/**
 * Verifies that these master keys decrypt the database's key ring. Returns the ids of those that it is
 * wrapped under; none if there is no ring. Throws MasterKeyError. Changes nothing.
 */
export async function verifyMasterKey(db: Queryable, ...masters: MasterKeys): Promise<ReadonlySet<string>> {
  if (!(await hasKeyRing(db))) return new Set();
  const keys = await unwrapAll(await db.query<StoredKey>(SELECT_KEYS), masters);
  return new Set(keys.map(({ masterKeyId }) => masterKeyId));
}

/** Opens the key ring, and creates it if the database has none; two nodes at once create one. Throws MasterKeyError. */
export async function openKeyRing(db: Database, ...masters: MasterKeys): Promise<KeyRing> {
  await prepareRing(db, masters);
  let ring = await load(db, masters, new Map());
  let active = ring.active;
  let usedKeyId: string | undefined;
  let reading: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  /** Keys retired since: an entry that was claimed before it was re-encrypted can still be decrypted. */
  const former = new Map<string, { readonly key: Buffer; readonly until: number }>();

  const read = async (): Promise<void> => {
    const before = ring;
    ring = await load(db, masters, before.unwrapped);
    active = ring.active;
    const now = performance.now();
    for (const [id, { until }] of former) if (until < now) former.delete(id);
    for (const [id, key] of before.byId) if (!ring.byId.has(id)) former.set(id, { key, until: now + FORGOTTEN_MS });
  };
  const start = (): Promise<void> => {
    reading = read().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  /** Returns the newest key that is already active. */
  const sealing = (): DataKey => {
    while (ring.upcoming[0] !== undefined && performance.now() >= ring.upcoming[0].at)
      active = ring.upcoming.shift()?.key ?? active;
    return active;
  };

  return {
    masters,
    seal(plain, entryId) {
      const { id, key } = sealing();
      usedKeyId = id;
      return seal(plain, entryId, id, key);
    },
    unseal(sealed, entryId) {
      const { kid } = headerOf(sealed);
      const key = ring.byId.get(kid) ?? former.get(kid)?.key;
      if (key === undefined) throw new UnknownKeyError('it was sealed under a key that the key ring does not hold');
      return unseal(sealed, entryId, key);
    },
    knowsKeyOf: (sealed) => sealed !== null && ring.byId.has(keyIdOf(sealed.slice(0, 96)) ?? ''),
    digest: (value) => createHmac('sha256', ring.digesting).update(value, 'utf8').digest('base64url'),
    auditKeys: {
      get newest() {
        return ring.auditing;
      },
      byId: (id) => ring.audits.get(id)?.key,
      get madeForMissing() {
        return [...ring.audits.values()].flatMap(({ origin, madeAt }) =>
          origin === 'missing' ? [new Date(madeAt)] : [],
        );
      },
    },
    get sealingKeyId() {
      return sealing().id;
    },
    refresh() {
      if (reading === undefined) return start();
      // The read in progress may have begun before the change that the caller wants to see.
      next ??= reading
        .catch(() => undefined)
        .then(() => {
          next = undefined;
          return start();
        });
      return next;
    },
    takeUse() {
      const taken = usedKeyId;
      usedKeyId = undefined;
      return taken;
    },
  };
}

/** Reads the ring. Keys that are already `known`, by their wrapped form, are not decrypted again. */
async function load(db: Queryable, masters: MasterKeys, known: ReadonlyMap<string, DataKey>) {
  const stored = await db.query<StoredKey>(SELECT_KEYS);
  const now = performance.now();
  const keys = await Promise.all(
    stored.map(async (row) => {
      const key = known.get(row.wrappedKey) ?? (await unwrap(row, masters));
      // A known key was verified for its own row, and this may be another.
      if (key.id !== row.id || key.purpose !== row.purpose) throw wrongRow(row.id);
      return { row, key };
    }),
  );
  const seals = keys.filter(({ row }) => row.purpose === 'seal');
  const active = seals.findLast(({ row }) => row.activeInMs <= 0);
  const digesting = keys.findLast(({ row }) => row.purpose === 'digest');
  const auditing = keys.findLast(({ row }) => row.purpose === 'audit');
  if (active === undefined || digesting === undefined || auditing === undefined) {
    throw new MasterKeyError(
      'The key ring in auth.data_protection_keys is incomplete. Restore that table from a backup.',
    );
  }
  return {
    active: active.key,
    upcoming: seals.flatMap(({ row, key }) => (row.activeInMs > 0 ? [{ key, at: now + row.activeInMs }] : [])),
    digesting: digesting.key.key,
    auditing: auditing.key,
    byId: new Map(keys.map(({ key }) => [key.id, key.key])),
    audits: new Map(keys.flatMap(({ key }) => (key.purpose === 'audit' ? [[key.id, key] as const] : []))),
    unwrapped: new Map(keys.map(({ row, key }) => [row.wrappedKey, key])),
  };
}

/**
 * Decrypts a password. If this node does not know the key yet, reads the ring again first. Throws UnsealError
 * if it cannot be decrypted; rethrows errors of reading the ring.
 */
export async function openSealed(keyRing: KeyRing, sealed: string, entryId: string): Promise<string> {
  try {
    return keyRing.unseal(sealed, entryId);
  } catch (error) {
    if (!(error instanceof UnknownKeyError)) throw error;
  }
  await keyRing.refresh();
  return keyRing.unseal(sealed, entryId);
}

/** The SQLSTATE with which the entries table refuses what is encrypted under a closed key. */
const CLOSED_KEY = '55000';

/**
 * Runs `work`, which encrypts or decrypts passwords. If this node’s ring may be too old (the database refuses
 * a key that was closed, or a key is unknown), reads the ring again and runs all of `work` once more, with true.
 */
export async function sealingAgain<T>(keyRing: KeyRing, work: (isAgain: boolean) => Promise<T>): Promise<T> {
  try {
    return await work(false);
  } catch (error) {
    if (!(error instanceof UnknownKeyError) && sqlStateOf(error) !== CLOSED_KEY) throw error;
  }
  await keyRing.refresh();
  return work(true);
}
