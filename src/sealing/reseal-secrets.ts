/**
 * The secrets of webhooks, sealed anew when the passwords are through: they are few, and so all of
 * them in the transaction that ends the re-sealing. One that cannot be opened is left as it is, and
 * keeps its key from being retired; "rotateWebhookSecret" puts another in its place.
 */
import type { Queryable } from '../database/database.ts';
import { beginningOf, UnsealError } from './jwe.ts';
import type { KeyRing } from './key-ring.ts';
import { openSealed } from './open-sealed.ts';

export interface ResealedSecrets {
  readonly resealedCount: number;
  readonly skippedCount: number;
}

/** Those under this key, or, with null, under any but the active one. */
export async function resealSecrets(tx: Queryable, keyRing: KeyRing, keyId: string | null): Promise<ResealedSecrets> {
  const old = await tx.query<{ id: string; sealed: string }>(
    `SELECT id, sealed_secret AS sealed FROM auth.webhook_secrets
     WHERE CASE WHEN $1::text IS NULL THEN substr(sealed_secret, 1, 96) <> $2
                ELSE substr(sealed_secret, 1, 96) = $1 AND $1 <> $2 END
     ORDER BY id FOR UPDATE`,
    [keyId === null ? null : beginningOf(keyId), beginningOf(keyRing.sealingKeyId)],
  );
  const anew: { id: string; sealed: string }[] = [];
  for (const { id, sealed } of old) {
    try {
      anew.push({ id, sealed: keyRing.seal(await openSealed(keyRing, sealed, id), id) });
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
    }
  }
  await tx.query(
    `UPDATE auth.webhook_secrets AS secret SET sealed_secret = anew.sealed
     FROM unnest($1::uuid[], $2::text[]) AS anew(id, sealed) WHERE secret.id = anew.id`,
    [anew.map(({ id }) => id), anew.map(({ sealed }) => sealed)],
  );
  return { resealedCount: anew.length, skippedCount: old.length - anew.length };
}
