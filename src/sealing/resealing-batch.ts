/**
 * One batch of a re-encryption, in one transaction. It locks the re-encryption's row and checks that this
 * node leases it, so that the counts stay correct whichever node continues. Entries that others have locked
 * are skipped and retried later; a password that changed meanwhile is never overwritten, and a running
 * attempt has its own copy of what it needs.
 */
import type { Queryable } from '../database/database.ts';
import type { Services } from '../work/context.ts';
import { beginningOf, UnsealError } from './jwe.ts';
import { type KeyRing, openSealed } from './key-ring.ts';

/** Small enough to hold locks for only about ten milliseconds. */
const LARGEST_BATCH = 200;
/** A slow re-encryption runs small batches rather than long pauses. */
const BATCHES_PER_SECOND = 5;

export interface LeasedResealing {
  readonly id: string;
  readonly keyId: string | null;
  readonly perSecond: number;
}

export type ResealingServices = Pick<Services, 'config' | 'db' | 'keyRing' | 'nodeId'>;

export type BatchResult =
  | { readonly kind: 'batch'; readonly size: number }
  /** Others have locked everything that is left. */
  | { readonly kind: 'again' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'lost' };

interface Sealed {
  readonly id: string;
  readonly sealed: string;
}

/** Runs the next batch, or finishes the re-encryption when a whole pass found nothing more. */
export function nextBatch(services: ResealingServices, leased: LeasedResealing): Promise<BatchResult> {
  return services.db.transaction((tx) => batch(tx, services, leased));
}

async function batch(
  tx: Queryable,
  { config, keyRing, nodeId }: ResealingServices,
  { id, keyId, perSecond }: LeasedResealing,
): Promise<BatchResult> {
  const [held] = await tx.query<{ passedId: string }>(
    `UPDATE auth.resealings SET lease_expires_at = now() + $3 * interval '1 millisecond'
     WHERE id = $1 AND lease_node_id = $2 AND status = 'running'
     RETURNING coalesce(passed_id, '00000000-0000-0000-0000-000000000000') AS "passedId"`,
    [id, nodeId, config.LEASE_DURATION],
  );
  if (held === undefined) return { kind: 'lost' };
  const wanted = [id, keyId === null ? null : beginningOf(keyId), beginningOf(keyRing.sealingKeyId)];
  const size = Math.min(LARGEST_BATCH, Math.ceil(perSecond / BATCHES_PER_SECOND));
  const next = await tx.query<Sealed>(NEXT, [...wanted, held.passedId, size]);
  const last = next.at(-1);
  if (last === undefined) {
    if ((await tx.query(ANY_LEFT, wanted)).length > 0) {
      await tx.query('UPDATE auth.resealings SET passed_id = NULL WHERE id = $1', [id]);
      return { kind: 'again' };
    }
    const secrets = await resealSecrets(tx, keyRing, keyId);
    await tx.query(FINISH, [id, secrets.resealedCount, secrets.skippedCount]);
    return { kind: 'finished' };
  }
  const { resealed, skipped } = await encryptAgain(keyRing, next);
  const written = await tx.query(RESEAL, [
    resealed.map((one) => one.id),
    resealed.map((one) => one.before),
    resealed.map((one) => one.sealed),
  ]);
  await tx.query(SKIP, [id, skipped.map((one) => one.id), skipped.map((one) => one.problem)]);
  await tx.query(COUNT, [id, written.length, skipped.length, last.id]);
  return { kind: 'batch', size: next.length };
}

async function encryptAgain(keyRing: KeyRing, entries: readonly Sealed[]) {
  const resealed: { id: string; before: string; sealed: string }[] = [];
  const skipped: { id: string; problem: string }[] = [];
  for (const { id, sealed } of entries) {
    try {
      const plain = await openSealed(keyRing, sealed, id);
      resealed.push({ id, before: sealed, sealed: keyRing.seal(plain, id) });
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
      skipped.push({ id, problem: error.message });
    }
  }
  return { resealed, skipped };
}

// Ordered by the primary key, from the last row passed; the first 96 characters identify the key.
const NEXT = `
  SELECT id, encrypted_password AS sealed FROM auth.queued_managed_account_creations e
  WHERE id > $4 AND encrypted_password IS NOT NULL
    AND CASE WHEN $2::text IS NULL THEN substr(encrypted_password, 1, 96) <> $3
             ELSE substr(encrypted_password, 1, 96) = $2 AND $2 <> $3 END
    AND NOT EXISTS (SELECT 1 FROM auth.resealing_skips s WHERE s.resealing_id = $1 AND s.entry_id = e.id)
  ORDER BY id LIMIT $5
  FOR NO KEY UPDATE SKIP LOCKED`;

const ANY_LEFT = `
  SELECT 1 FROM auth.queued_managed_account_creations e
  WHERE encrypted_password IS NOT NULL
    AND CASE WHEN $2::text IS NULL THEN substr(encrypted_password, 1, 96) <> $3
             ELSE substr(encrypted_password, 1, 96) = $2 AND $2 <> $3 END
    AND NOT EXISTS (SELECT 1 FROM auth.resealing_skips s WHERE s.resealing_id = $1 AND s.entry_id = e.id)
  LIMIT 1`;

// updated_at stays: nothing visible has changed.
const RESEAL = `
  UPDATE auth.queued_managed_account_creations e SET encrypted_password = r.sealed
  FROM unnest($1::uuid[], $2::text[], $3::text[]) AS r(id, before, sealed)
  WHERE e.id = r.id AND e.encrypted_password = r.before RETURNING 1`;

const SKIP = `
  INSERT INTO auth.resealing_skips (resealing_id, entry_id, problem)
  SELECT $1, s.id, s.problem FROM unnest($2::uuid[], $3::text[]) AS s(id, problem)`;

const FINISH = `
  UPDATE auth.resealings
  SET resealed_count = resealed_count + $2, skipped_count = skipped_count + $3, status = 'finished', finished_at = now()
  WHERE id = $1`;

const COUNT = `
  UPDATE auth.resealings SET resealed_count = resealed_count + $2, skipped_count = skipped_count + $3, passed_id = $4
  WHERE id = $1`;

interface ResealedSecrets {
  readonly resealedCount: number;
  readonly skippedCount: number;
}

/** Re-encrypts the webhook secrets under this key or, with null, under any but the active one. */
async function resealSecrets(tx: Queryable, keyRing: KeyRing, keyId: string | null): Promise<ResealedSecrets> {
  const old = await tx.query<{ id: string; sealed: string }>(
    `SELECT id, sealed_secret AS sealed FROM auth.webhook_secrets
     WHERE CASE WHEN $1::text IS NULL THEN substr(sealed_secret, 1, 96) <> $2
                ELSE substr(sealed_secret, 1, 96) = $1 AND $1 <> $2 END
     ORDER BY id FOR UPDATE`,
    [keyId === null ? null : beginningOf(keyId), beginningOf(keyRing.sealingKeyId)],
  );
  const renewed: { id: string; sealed: string }[] = [];
  for (const { id, sealed } of old) {
    try {
      renewed.push({ id, sealed: keyRing.seal(await openSealed(keyRing, sealed, id), id) });
    } catch (error) {
      if (!(error instanceof UnsealError)) throw error;
    }
  }
  await tx.query(
    `UPDATE auth.webhook_secrets AS secret SET sealed_secret = renewed.sealed
     FROM unnest($1::uuid[], $2::text[]) AS renewed(id, sealed) WHERE secret.id = renewed.id`,
    [renewed.map(({ id }) => id), renewed.map(({ sealed }) => sealed)],
  );
  return { resealedCount: renewed.length, skippedCount: old.length - renewed.length };
}
