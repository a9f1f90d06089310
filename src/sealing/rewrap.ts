/**
 * Changes the master key: wraps every key of the ring under the new one while the server runs. The keys
 * themselves stay, and so does what is encrypted under them. It is one transaction over a few rows: if it is
 * interrupted, nothing has changed, and it can be repeated. A node that holds both master keys can open a
 * ring that is partly under each (for example, from a restored backup) and wraps all of it under the new one.
 */

import { nodeSilenceMs } from '../config/node-silence.ts';
import type { Queryable } from '../database/database.ts';
import { InvalidStateError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { nodesWithoutMaster } from './key-usage.ts';
import type { MasterKey } from './master-key.ts';
import { type KeyRow, LOCK_KEY_RING, type MasterKeys, rewrap, unwrap } from './wrapped-keys.ts';

export interface Rewrapped {
  /** The master key that the ring is under now. */
  readonly masterKeyId: string;
  /** Keys that this call wrapped again; `keyCount` counts all keys that are not destroyed. */
  readonly rewrappedCount: number;
  readonly keyCount: number;
  readonly isChanged: boolean;
}

/**
 * Wraps the ring under the new master key. Changes nothing if it already is (`isChanged: false`). Throws
 * InvalidStateError if this node, or another live one, does not hold the new key.
 */
export async function wrapWithNewMasterKey(
  ctx: Context,
  { reason }: { readonly reason?: string | null },
): Promise<Rewrapped> {
  const { keyRing, config } = ctx;
  const [, next] = keyRing.masters;
  if (next === undefined)
    throw new InvalidStateError(
      'This node knows no new master key. Start every node with both: MASTER_KEY (or MASTER_KEY_FILE) as it is, and the new one in NEW_MASTER_KEY (or NEW_MASTER_KEY_FILE). Then ask again.',
    );
  const answer = await unit(ctx, async (tx) => {
    await tx.query(LOCK_KEY_RING);
    const without = await nodesWithoutMaster(tx, next.id, nodeSilenceMs(config));
    if (without.length > 0)
      throw new InvalidStateError(
        `Nodes are running that do not hold the new master key (id ${next.id}): ${without.join(', ')}. Start them again with NEW_MASTER_KEY (or NEW_MASTER_KEY_FILE), or stop them; then ask again.`,
      );
    const { rewrapped, formerIds, keyCount } = await rewrapAll(tx, keyRing.masters, next);
    if (rewrapped > 0)
      tx.happened('keysRewrapped', {
        reason,
        before: { masterKeyIds: formerIds },
        after: { masterKeyId: next.id, rewrappedCount: rewrapped },
      });
    return { masterKeyId: next.id, rewrappedCount: rewrapped, keyCount, isChanged: rewrapped > 0 };
  });
  await keyRing.refresh();
  return answer;
}

async function rewrapAll(tx: Queryable, masters: MasterKeys, next: MasterKey) {
  const rows = await tx.query<KeyRow>(
    `SELECT id, purpose, wrapped_key AS "wrappedKey", master_key_id AS "masterKeyId" FROM auth.data_protection_keys
     WHERE retired_at IS NULL ORDER BY id FOR UPDATE`,
  );
  const old = rows.filter(({ masterKeyId }) => masterKeyId !== next.id);
  for (const row of old) await rewrap(tx, row, await unwrap(row, masters), next);
  return {
    rewrapped: old.length,
    formerIds: [...new Set(old.map(({ masterKeyId }) => masterKeyId))],
    keyCount: rows.length,
  };
}
