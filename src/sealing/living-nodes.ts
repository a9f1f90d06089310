/**
 * What the living nodes say of their keys: which they seal under, and which master keys they hold.
 * A node says it before it works and at its heartbeats; one that is silent is gone, and whatever
 * it still seals the database refuses once the key is closed.
 */
import { isHeard } from '../config/node-silence.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { KeyRing } from './key-ring.ts';
import { LOCK_KEY_RING } from './wrapped-keys.ts';

/**
 * A starting node says which keys it holds, and then sees whether they still open the ring: after
 * whoever changes the master key has looked for such nodes, or before. Throws MasterKeyError.
 */
export async function announceKeys(db: Database, nodeId: string, keyRing: KeyRing): Promise<void> {
  await db.transaction(async (tx) => {
    await tx.query(LOCK_KEY_RING);
    await reportKeys(tx, nodeId, keyRing);
  });
  await keyRing.refresh();
}

/** Writes down which keys the node uses. */
export async function reportKeys(db: Queryable, nodeId: string, keyRing: KeyRing): Promise<void> {
  await db.query('UPDATE auth.server_nodes SET sealing_key_id = $2, master_key_ids = $3 WHERE id = $1', [
    nodeId,
    keyRing.sealingKeyId,
    keyRing.masters.flatMap((one) => (one === undefined ? [] : [one.id])),
  ]);
}

/** The names of living nodes that seal under the key, or do not say. */
export async function nodesSealingUnder(db: Queryable, keyId: string, silenceMs: number): Promise<string[]> {
  const nodes = await db.query<{ name: string }>(
    `SELECT name FROM auth.server_nodes
     WHERE state <> 'gone' AND ${isHeard('$2')}
       AND (sealing_key_id IS NULL OR sealing_key_id = $1) ORDER BY name`,
    [keyId, silenceMs],
  );
  return nodes.map(({ name }) => name);
}

/** The names of living nodes that do not hold the master key. */
export async function nodesWithoutMaster(db: Queryable, masterKeyId: string, silenceMs: number): Promise<string[]> {
  const nodes = await db.query<{ name: string }>(
    `SELECT name FROM auth.server_nodes
     WHERE state <> 'gone' AND ${isHeard('$2')}
       AND NOT coalesce($1 = ANY(master_key_ids), false) ORDER BY name`,
    [masterKeyId, silenceMs],
  );
  return nodes.map(({ name }) => name);
}
