/**
 * Rotation: creates a new key that encrypts passwords. It becomes active shortly after its creation, so that
 * every node knows it before any node uses it. Existing ciphertexts stay as they are until they are
 * re-encrypted.
 */
import { requireUsableKey } from '../access/idempotency.rules.ts';
import { once } from '../access/idempotency.ts';
import type { Queryable } from '../database/database.ts';
import { InvalidStateError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import type { KeyRing } from './key-ring.ts';
import { insertKey, LOCK_KEY_RING } from './wrapped-keys.ts';

/** A notification takes milliseconds, and the poll that replaces it half a second. */
const ACTIVATION_DELAY_MS = 2_000;

export interface RotateRequest {
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

/**
 * Creates the next key, which becomes active after `activationMs`. Returns its id. Throws InvalidInputError,
 * IdempotencyConflictError, or InvalidStateError if this node does not hold the master key that the ring is
 * under.
 */
export async function rotateEncryptionKey(
  ctx: Context,
  { reason, idempotencyKey: key }: RotateRequest,
  activationMs = ACTIVATION_DELAY_MS,
): Promise<{ keyId: string; isReplay: boolean }> {
  requireUsableKey(key);
  const call = { mutation: 'rotateEncryptionKey', key, input: { reason } };
  const { resultId, isReplay } = await unit(ctx, (tx) =>
    once(tx, ctx, call, async () => {
      await tx.query(LOCK_KEY_RING);
      const made = await insertKey(tx, 'seal', 'rotation', await presentMaster(tx, ctx.keyRing), activationMs);
      const before = await tx.query<{ id: string }>(
        `UPDATE auth.data_protection_keys SET superseded_at = $2
         WHERE purpose = 'seal' AND id <> $1 AND superseded_at IS NULL RETURNING id`,
        [made.id, made.activatedAt],
      );
      tx.happened('keyRotated', {
        id: made.id,
        reason,
        before: { activeKeyId: before[0]?.id ?? null },
        after: { activeKeyId: made.id, activatedAt: made.activatedAt.toISOString() },
        payload: { keyId: made.id },
      });
      return made.id;
    }),
  );
  // The other nodes read the ring again after the notification, this one now.
  await ctx.keyRing.refresh();
  return { keyId: resultId, isReplay };
}

/** Returns the master key that the newest key is wrapped under: the one that every node holds. */
async function presentMaster(tx: Queryable, { masters }: KeyRing) {
  const [newest] = await tx.query<{ masterKeyId: string }>(
    `SELECT master_key_id AS "masterKeyId" FROM auth.data_protection_keys
     WHERE purpose = 'seal' AND retired_at IS NULL ORDER BY activated_at DESC, id DESC LIMIT 1`,
  );
  const master = masters.find((one) => one?.id === newest?.masterKeyId);
  if (master === undefined)
    throw new InvalidStateError(
      `The key ring is under the master key with id ${newest?.masterKeyId}, which this node does not hold. Give the node that master key, and start it again.`,
    );
  return master;
}
