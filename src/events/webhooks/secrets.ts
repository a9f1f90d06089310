/**
 * A webhook's secrets: each is encrypted by the key ring, bound to its row, and returned only by the request
 * that created it. The current one does not expire; the former one signs too until it expires, so that
 * receivers can switch in their own time.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Queryable } from '../../database/database.ts';
import type { InputIssue } from '../../refusals.ts';
import { type KeyRing, openSealed } from '../../sealing/key-ring.ts';
import { LEAST_SECRET_BYTES, MOST_SECRET_BYTES, readSecret, SECRET_PREFIX, writeSecret } from './signature.rules.ts';

const MADE_BYTES = 32;

/** Creates a secret of 32 random bytes. */
export const makeSecret = (): string => writeSecret(randomBytes(MADE_BYTES));

/** Returns the problems of a secret that the caller gave, without quoting it. */
export function secretIssues(secret: string | null | undefined): InputIssue[] {
  if (secret === null || secret === undefined || readSecret(secret) !== undefined) return [];
  const message = `is not a secret of Standard Webhooks: "${SECRET_PREFIX}" and ${LEAST_SECRET_BYTES} to ${MOST_SECRET_BYTES} bytes in base64. Leave it out to generate one.`;
  return [{ path: ['secret'], code: 'INVALID_SECRET', message }];
}

/**
 * Replaces the current secret, within the caller's transaction. The former one still signs for `overlapMs`;
 * older ones are deleted.
 */
export async function insertSecret(
  tx: Queryable,
  keyRing: Pick<KeyRing, 'seal'>,
  { webhookId, secret, overlapMs }: { webhookId: string; secret: string; overlapMs: number },
): Promise<void> {
  const id = randomUUID();
  await tx.query('DELETE FROM auth.webhook_secrets WHERE webhook_id = $1 AND (expires_at IS NOT NULL OR $2 <= 0)', [
    webhookId,
    overlapMs,
  ]);
  await tx.query(
    `UPDATE auth.webhook_secrets SET expires_at = now() + $2 * interval '1 millisecond' WHERE webhook_id = $1`,
    [webhookId, overlapMs],
  );
  await tx.query('INSERT INTO auth.webhook_secrets (id, webhook_id, sealed_secret) VALUES ($1, $2, $3)', [
    id,
    webhookId,
    keyRing.seal(secret, id),
  ]);
}

/** A secret as stored: encrypted. */
export interface SealedSecret {
  readonly id: string;
  readonly sealed: string;
}

/** Decrypts the secrets in order, and leaves out those that cannot be decrypted. */
export async function openSecrets(keyRing: KeyRing, sealed: readonly SealedSecret[]): Promise<string[]> {
  const opened = await Promise.allSettled(sealed.map((one) => openSealed(keyRing, one.sealed, one.id)));
  return opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
