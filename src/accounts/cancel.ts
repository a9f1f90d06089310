/**
 * Cancels a pending or failed entry. If an earlier attempt may have created the account, it is looked up first:
 * an account that exists completes the entry, and if no lookup is possible, the cancel is refused.
 */
import { randomUUID } from 'node:crypto';
import { entryScope } from '../access/scope.ts';
import type { EntryStatus } from '../database/generated/prisma/enums.ts';
import { InvalidStateError, NotFoundError } from '../refusals.ts';
import type { Context } from '../work/context.ts';
import { announce, unit } from '../work/unit.ts';
import { isLookupFinal, lookUpAccount, unsealPassword, until } from './attempt.ts';
import { type ClaimedEntry, claimForLookup, claimOptions, giveBack } from './claim.ts';
import { completeEntries } from './complete.ts';
import { OutcomeUnknownError } from './entry.errors.ts';
import { cancelProblem } from './entry.rules.ts';
import { DROP_LEASE } from './lease.ts';

const CLAIMED_JUST_NOW =
  'The entry was claimed by a node at this very moment. Wait for the outcome, then cancel it if it failed.';
const ACCOUNT_EXISTS =
  'The account exists at the identity provider, which refused the new password. Retry the entry with another password, or remove the account there.';

export interface CancelRequest {
  readonly entryId: string;
  readonly reason?: string | null;
}

const CANCEL = `
  UPDATE auth.queued_managed_account_creations
  SET status = 'cancelled', cancelled_at = now(), updated_at = now(), next_retry_at = NULL, needs_lookup = false, lookup_final_at = NULL, is_lookup_only = false,
      attempt_count = attempt_count - CASE WHEN status = 'processing' THEN 1 ELSE 0 END,
      ${DROP_LEASE}
  WHERE id = $1 AND ((status IN ('pending', 'failed') AND NOT needs_lookup) OR (status = 'processing' AND lease_token = $2))
  RETURNING 1`;

/**
 * Cancels an entry; returns `isChanged: false` if it was already cancelled. Throws NotFoundError,
 * InvalidStateError or OutcomeUnknownError.
 */
export async function cancelEntry(
  ctx: Context,
  { entryId, reason }: CancelRequest,
): Promise<{ entryId: string; isChanged: boolean }> {
  const { db } = ctx;
  const scope = entryScope(ctx.caller);
  const [entry] = await db.query<{
    status: EntryStatus;
    needsLookup: boolean;
    familyId: string | null;
    username: string;
  }>(
    `SELECT status, needs_lookup AS "needsLookup", family_id AS "familyId", username FROM auth.queued_managed_account_creations
     WHERE id = $1 AND ($2::uuid IS NULL OR family_id = $2) AND ($3::text IS NULL OR enqueuer = $3)`,
    [entryId, scope.familyId, scope.enqueuer],
  );
  if (entry === undefined)
    throw new NotFoundError(`There is no entry with the id ${entryId}. List them with the query "queuedCreations".`);
  if (entry.status === 'cancelled') return { entryId, isChanged: false };
  const problem = cancelProblem(entry.status);
  if (problem !== undefined) throw new InvalidStateError(problem);

  if (entry.status === 'failed' && entry.needsLookup) throw new InvalidStateError(ACCOUNT_EXISTS);

  const looked = entry.needsLookup ? await lookFirst(ctx, entryId) : undefined;
  const isCancelled = await unit(ctx, async (tx) => {
    const cancelled = await tx.query(CANCEL, [entryId, looked?.leaseToken ?? null]);
    if (cancelled.length === 0) return false;
    const { status, familyId, username } = entry;
    tx.happened('entryCancelled', {
      id: entryId,
      familyId,
      reason,
      before: { status },
      after: { status: 'cancelled' },
      payload: { entryId, familyId, username, bulkActionId: null },
    });
    return true;
  });
  if (!isCancelled) {
    const [now] = await db.query<{ status: EntryStatus }>(
      'SELECT status FROM auth.queued_managed_account_creations WHERE id = $1',
      [entryId],
    );
    if (now?.status === 'cancelled') return { entryId, isChanged: false };
    throw new InvalidStateError(CLAIMED_JUST_NOW);
  }
  return { entryId, isChanged: true };
}

/** Claims the entry and looks up its account. Returns the claimed entry if there is no account; throws otherwise. */
async function lookFirst(ctx: Context, entryId: string): Promise<ClaimedEntry> {
  const { db, provider, config, keyRing } = ctx;
  const entry = await claimForLookup(db, claimOptions(ctx), entryId);
  if (entry === undefined) throw new InvalidStateError(CLAIMED_JUST_NOW);
  const startedAt = entry.claimedAt;
  // So that an error that quotes the password does not show it.
  const { plain } = await unsealPassword(entry, keyRing);
  const found = await lookUpAccount(entry, provider, plain, until(config.PROVIDER_TIMEOUT));
  if (found.kind === 'absent' && isLookupFinal(entry)) return entry;
  if (found.kind === 'created' && entry.isPasswordReplaced) {
    // The account was created with an earlier password: a worker adopts it and sets the current one.
    await giveBack(db, [entry]);
    await db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = date_trunc('milliseconds', now()), updated_at = now()
       WHERE id = $1 AND status = 'pending'`,
      [entryId],
    );
    announce(ctx, 'entriesGivenBack');
    throw new InvalidStateError(
      'An earlier attempt created the account: the entry is being completed now, with its new password. Remove the account at the identity provider instead.',
    );
  }
  if (found.kind === 'created') {
    const [completion] = await completeEntries(db, provider.name, [
      { entry, result: found, userId: randomUUID(), startedAt, finishedAt: entry.now() },
    ]);
    if (completion?.kind === 'completed') {
      announce(ctx, 'accountCreated');
      throw new InvalidStateError(
        'An earlier attempt created the account: the entry is completed now. Remove the account at the identity provider instead.',
      );
    }
  }
  // A permanent error (the id belongs to another account) proves that this entry's account does not exist.
  if (found.kind === 'failure' && found.class === 'permanent') return entry;
  await giveBack(db, [entry]);
  // The entry may have fallen due during the lookup.
  announce(ctx, 'entriesGivenBack');
  if (found.kind === 'absent') {
    throw new OutcomeUnknownError(
      `There is no account so far, but the identity provider may still be processing the request of an earlier attempt. Cancel the entry again after ${entry.lookupFinalAt?.toISOString()}.`,
    );
  }
  const why = found.kind === 'failure' ? found.message : 'its user row could not be written';
  throw new OutcomeUnknownError(
    `An earlier attempt may have created the account, and the check failed: ${why} Cancel the entry again once this is fixed.`,
  );
}
