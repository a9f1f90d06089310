/** Counts the passwords and secrets encrypted under each key: their first 96 characters identify it. */

import { isHeard } from '../config/node-silence.ts';
import type { Database, Queryable } from '../database/database.ts';
import { beginningOf, keyIdOf } from './jwe.ts';
import type { KeyRing } from './key-ring.ts';
import { LOCK_KEY_RING } from './wrapped-keys.ts';

/**
 * Counts the entries that still have a password, by the key it is encrypted under; undefined stands for what
 * this server did not encrypt. Reads every entry that has a password.
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

/** Counts webhook secrets by the key that they are encrypted under. There are few. */
export async function countSealedSecrets(db: Queryable): Promise<ReadonlyMap<string | undefined, number>> {
  const groups = await db.query<{ beginning: string; count: number }>(
    `SELECT substr(sealed_secret, 1, 96) AS beginning, count(*)::int AS count FROM auth.webhook_secrets GROUP BY 1`,
  );
  return new Map(groups.map(({ beginning, count }) => [keyIdOf(beginning), count]));
}

export interface Usage {
  /** Entries that have a password encrypted under the key. */
  readonly entryCount: number;
  /** Webhook secrets, including former ones while they still sign. */
  readonly secretCount: number;
}

/** Counts both for one key. */
export async function countSealedUnder(db: Queryable, keyId: string): Promise<Usage> {
  const [usage] = await db.query<Usage>(
    `SELECT (SELECT count(*)::int FROM auth.queued_managed_account_creations
             WHERE encrypted_password IS NOT NULL AND substr(encrypted_password, 1, 96) = $1) AS "entryCount",
            (SELECT count(*)::int FROM auth.webhook_secrets WHERE substr(sealed_secret, 1, 96) = $1) AS "secretCount"`,
    [beginningOf(keyId)],
  );
  return usage ?? { entryCount: 0, secretCount: 0 };
}

/**
 * A starting node stores which keys it holds, and then checks that they still decrypt the ring: so either a
 * change of the master key sees this node, or this node sees the change. Throws MasterKeyError.
 */
export async function announceKeys(db: Database, nodeId: string, keyRing: KeyRing): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(LOCK_KEY_RING);
    await reportKeys(tx, nodeId, keyRing);
  });
  await keyRing.refresh();
}

/** Stores which keys the node uses. */
export async function reportKeys(db: Queryable, nodeId: string, keyRing: KeyRing): Promise<void> {
  await db.query('UPDATE auth.server_nodes SET sealing_key_id = $2, master_key_ids = $3 WHERE id = $1', [
    nodeId,
    keyRing.sealingKeyId,
    keyRing.masters.flatMap((one) => (one === undefined ? [] : [one.id])),
  ]);
}

/** Returns the names of live nodes that encrypt under the key, or have not reported under which. */
export async function nodesSealingUnder(db: Queryable, keyId: string, silenceMs: number): Promise<string[]> {
  const nodes = await db.query<{ name: string }>(
    `SELECT name FROM auth.server_nodes
     WHERE state <> 'gone' AND ${isHeard('$2')}
       AND (sealing_key_id IS NULL OR sealing_key_id = $1) ORDER BY name`,
    [keyId, silenceMs],
  );
  return nodes.map(({ name }) => name);
}

/** Returns the names of live nodes that do not hold the master key. */
export async function nodesWithoutMaster(db: Queryable, masterKeyId: string, silenceMs: number): Promise<string[]> {
  const nodes = await db.query<{ name: string }>(
    `SELECT name FROM auth.server_nodes
     WHERE state <> 'gone' AND ${isHeard('$2')}
       AND NOT coalesce($1 = ANY(master_key_ids), false) ORDER BY name`,
    [masterKeyId, silenceMs],
  );
  return nodes.map(({ name }) => name);
}
