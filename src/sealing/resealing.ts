/**
 * Starts a re-encryption of passwords and webhook secrets under the active key. One node at a time runs it in
 * the background (resealing-runner.ts). A re-encryption that is started while another is in progress replaces
 * it: this is how to change the pace or the choice of keys.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { requireUsableKey } from '../access/idempotency.rules.ts';
import { once } from '../access/idempotency.ts';
import type { Queryable } from '../database/database.ts';
import { InvalidStateError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { countSealed, countSealedSecrets } from './key-usage.ts';
import { findKey } from './wrapped-keys.ts';

/** Passwords per second by default: uses a few percent of one processor. */
export const DEFAULT_PER_SECOND = 1_000;
export const MOST_PER_SECOND = 10_000;

export interface ResealingRequest {
  /** Only what is encrypted under this key; left out: under any but the active one. */
  readonly keyId?: string | null;
  readonly perSecond?: number | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

/**
 * Starts a re-encryption. Returns its id. Throws InvalidInputError, NotFoundError, IdempotencyConflictError,
 * or InvalidStateError if `keyId` is not a superseded key for passwords.
 */
export async function resealEntries(
  ctx: Context,
  { keyId = null, perSecond, reason, idempotencyKey: key }: ResealingRequest,
): Promise<{ resealingId: string; isReplay: boolean }> {
  const pace = perSecond ?? DEFAULT_PER_SECOND;
  requireUsableKey(key);
  const call = { mutation: 'resealEntries', key, input: { keyId, perSecond, reason } };
  await untilActive(ctx);
  const { resultId, isReplay } = await unit(ctx, (tx) =>
    once(tx, ctx, call, async () => {
      if (keyId !== null) await requireSuperseded(tx, keyId);
      const totalCount = await countOld(tx, keyId, ctx.keyRing.sealingKeyId);
      const resealingId = randomUUID();
      await tx.query(`UPDATE auth.resealings SET status = 'replaced', finished_at = now() WHERE status = 'running'`);
      await tx.query(
        `INSERT INTO auth.resealings (id, key_id, per_second, reason, actor, total_count) VALUES ($1, $2, $3, $4, $5, $6)`,
        [resealingId, keyId, pace, reason ?? null, ctx.caller.name, totalCount],
      );
      tx.happened('resealingStarted', { id: resealingId, reason, after: { keyId, perSecond: pace, totalCount } });
      return resealingId;
    }),
  );
  return { resealingId: resultId, isReplay };
}

/** Waits until a key that was just created becomes active, so that the re-encryption uses it. */
async function untilActive({ db, keyRing }: Context): Promise<void> {
  const [pending] = await db.query<{ inMs: number }>(
    `SELECT (extract(epoch FROM activated_at - now()) * 1000)::float8 AS "inMs" FROM auth.data_protection_keys
     WHERE purpose = 'seal' AND activated_at > now() AND retired_at IS NULL ORDER BY activated_at DESC LIMIT 1`,
  );
  if (pending === undefined) return;
  await keyRing.refresh();
  await delay(Math.min(pending.inMs, LONGEST_WAIT_MS) + 50);
}

/** Keys become active within seconds; a clock that jumps must not block a request for long. */
const LONGEST_WAIT_MS = 10_000;

async function requireSuperseded(tx: Queryable, keyId: string): Promise<void> {
  const { purpose, state } = await findKey(tx, keyId);
  if (purpose === 'seal' && state === 'superseded') return;
  throw new InvalidStateError(
    state === 'active' || state === 'pending'
      ? 'This key is active, or about to be. Create another with "rotateEncryptionKey" first.'
      : 'This key encrypts nothing. Leave keyId out to re-encrypt everything that is not under the active key.',
  );
}

async function countOld(tx: Queryable, keyId: string | null, activeKeyId: string): Promise<number> {
  const counts = [...(await countSealed(tx)), ...(await countSealedSecrets(tx))];
  const isOld = (id: string | undefined) => (keyId === null ? id !== activeKeyId : id === keyId);
  return counts.reduce((sum, [id, count]) => (isOld(id) ? sum + count : sum), 0);
}
