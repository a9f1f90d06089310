/**
 * Retires a key: destroys its wrapped form, so that no one can decrypt what was encrypted under it, for
 * example in an old dump, not even with the master key. It first closes the key: from then on the entries
 * table refuses what is encrypted under it, even from a node that was suspended meanwhile. Only then does it
 * count whether anything still needs the key.
 */

import { nodeSilenceMs } from '../config/node-silence.ts';
import type { Transactional } from '../database/database.ts';
import { sqlStateOf } from '../database/violations.ts';
import { InvalidStateError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { KeyInUseError } from './key.errors.ts';
import { retireProblem } from './key.rules.ts';
import { countSealedUnder, nodesSealingUnder } from './key-usage.ts';
import { findKey, LOCK_KEY_RING } from './wrapped-keys.ts';

export interface RetireRequest {
  readonly keyId: string;
  readonly reason?: string | null;
}

/**
 * Retires a key; an already retired one stays so (`isChanged: false`). Throws NotFoundError, KeyInUseError
 * with the counts, or InvalidStateError if the key has another purpose, still encrypts, or cannot be closed
 * yet.
 */
export async function retireEncryptionKey(
  ctx: Context,
  { keyId, reason }: RetireRequest,
): Promise<{ keyId: string; isChanged: boolean }> {
  const { db, keyRing, config } = ctx;
  const key = await findKey(db, keyId);
  const problem = retireProblem(key.purpose, key.state);
  if (problem !== undefined) throw new InvalidStateError(problem);
  if (key.state === 'retired') return { keyId, isChanged: false };
  await requireUnused(db, keyId);
  const users = await nodesSealingUnder(db, keyId, nodeSilenceMs(config));
  if (users.length > 0)
    throw new InvalidStateError(
      `A node still seals under this key, or has not said under which: ${users.join(', ')}. It takes the new key within seconds; try again then, or see with "serverNodes" what keeps it.`,
    );
  await close(db, keyId);

  const isChanged = await unit(ctx, async (tx) => {
    await tx.query(LOCK_KEY_RING);
    await requireUnused(tx, keyId);
    const retired = await tx.query<{ retiredAt: Date }>(
      `UPDATE auth.data_protection_keys SET wrapped_key = NULL, retired_at = now()
       WHERE id = $1 AND retired_at IS NULL RETURNING retired_at AS "retiredAt"`,
      [keyId],
    );
    if (retired.length === 0) return false;
    tx.happened('keyRetired', {
      id: keyId,
      reason,
      before: { state: key.state },
      after: { state: 'retired' },
      payload: { keyId },
    });
    return true;
  });
  await keyRing.refresh();
  return { keyId, isChanged };
}

async function requireUnused(db: Transactional, keyId: string): Promise<void> {
  const usage = await countSealedUnder(db, keyId);
  if (usage.entryCount + usage.secretCount > 0) throw new KeyInUseError(usage);
}

const LOCK_NOT_AVAILABLE = '55P03';

/**
 * Closes the key. The lock waits for every open transaction that may have encrypted under it (the table's
 * triggers read the keys, and hold that lock until the transaction ends): later transactions see the key
 * closed, and the count sees the earlier ones.
 */
async function close(db: Transactional, keyId: string): Promise<void> {
  try {
    await db.transaction(async (tx) => {
      await tx.query(`SET LOCAL lock_timeout = '2s'`);
      await tx.query('LOCK TABLE auth.data_protection_keys IN ACCESS EXCLUSIVE MODE');
      await tx.query('UPDATE auth.data_protection_keys SET closed_at = now() WHERE id = $1 AND closed_at IS NULL', [
        keyId,
      ]);
    });
  } catch (error) {
    if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) throw error;
    throw new InvalidStateError(
      'A long transaction, a backup for instance, reads the table of the keys: this one could not be closed. Try again when that has ended.',
    );
  }
}
