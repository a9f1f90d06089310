/** Manual retry: starts a new series of attempts, due now; earlier attempts are kept. */

import { idempotencyKeyIssues } from '../access/idempotency.rules.ts';
import { once } from '../access/idempotency.ts';
import { type EntryScope, entryScope } from '../access/scope.ts';
import type { Queryable } from '../database/database.ts';
import type { EntryStatus } from '../database/generated/prisma/enums.ts';
import { violation } from '../database/violations.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';
import { UnsealError } from '../sealing/jwe.ts';
import { type KeyRing, sealingAgain, UnknownKeyError } from '../sealing/key-ring.ts';
import type { Context } from '../work/context.ts';
import { type UnitTransaction, unit } from '../work/unit.ts';
import { passwordProblem } from './account.rules.ts';
import { PasswordDestroyedError, UsernameTakenError } from './entry.errors.ts';
import { retryProblem } from './entry.rules.ts';

export interface RetryRequest {
  readonly entryId: string;
  /** Replaces the encrypted password; required if that was destroyed. */
  readonly password?: string | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

interface StoredEntry {
  readonly username: string;
  readonly status: EntryStatus;
  readonly familyId: string | null;
  readonly retryCount: number;
  readonly encryptedPassword: string | null;
  readonly hasFamily: boolean;
}

/**
 * Starts a new series of attempts. Throws NotFoundError, InvalidInputError, InvalidStateError,
 * PasswordDestroyedError, UsernameTakenError or IdempotencyConflictError.
 */
export async function retryEntry(ctx: Context, request: RetryRequest): Promise<{ entryId: string; isReplay: boolean }> {
  requireUsable(request);
  const { entryId, password, reason, idempotencyKey: key } = request;
  const call = { mutation: 'retryEntry', key, input: { entryId, password, reason } };
  return sealingAgain(ctx.keyRing, (isRingFresh) =>
    unit(ctx, async (tx) => {
      const { isReplay } = await once(tx, ctx, call, () => startAgain(tx, ctx, request, isRingFresh));
      return { entryId, isReplay };
    }),
  );
}

async function startAgain(
  tx: UnitTransaction,
  { keyRing, caller }: Context,
  { entryId, password, reason }: RetryRequest,
  isRingFresh: boolean,
): Promise<string> {
  const entry = await lockEntry(tx, entryId, entryScope(caller));
  await requireRetryable(tx, { ...entry, ...passwordOf(keyRing, entryId, entry, isRingFresh) }, Boolean(password));
  await startSeries(tx, entryId, entry.username, password ? keyRing.seal(password, entryId) : null);
  const { status, retryCount, familyId, username } = entry;
  tx.happened('entryRetried', {
    id: entryId,
    familyId,
    reason,
    before: { status, retryCount },
    after: { status: 'pending', retryCount: 0, isPasswordReplaced: Boolean(password) },
    payload: { entryId, familyId, username, bulkActionId: null },
  });
  return entryId;
}

function requireUsable({ password, idempotencyKey }: RetryRequest): void {
  const problem = password === null || password === undefined ? undefined : passwordProblem(password);
  const issues = idempotencyKeyIssues(idempotencyKey);
  if (problem !== undefined) issues.unshift({ path: ['password'], ...problem });
  if (issues.length > 0) throw new InvalidInputError(issues);
}

async function lockEntry(tx: Queryable, entryId: string, scope: EntryScope): Promise<StoredEntry> {
  const [entry] = await tx.query<StoredEntry>(
    `SELECT username, status, family_id AS "familyId", retry_count AS "retryCount",
            encrypted_password AS "encryptedPassword", family_id IS NOT NULL AS "hasFamily"
     FROM auth.queued_managed_account_creations
     WHERE id = $1 AND ($2::uuid IS NULL OR family_id = $2) AND ($3::text IS NULL OR enqueuer = $3) FOR UPDATE`,
    [entryId, scope.familyId, scope.enqueuer],
  );
  if (entry === undefined)
    throw new NotFoundError(`There is no entry with the id ${entryId}. List them with the query "queuedCreations".`);
  return entry;
}

/**
 * Whether the entry has a password, and whether an attempt could decrypt it. Throws UnknownKeyError while
 * this node's ring may be too old to contain the key.
 */
function passwordOf(keyRing: KeyRing, entryId: string, { encryptedPassword }: StoredEntry, isRingFresh: boolean) {
  if (encryptedPassword === null) return { hasPassword: false, isSealed: false };
  try {
    keyRing.unseal(encryptedPassword, entryId);
    return { hasPassword: true, isSealed: true };
  } catch (error) {
    if (!(error instanceof UnsealError) || (error instanceof UnknownKeyError && !isRingFresh)) throw error;
    return { hasPassword: true, isSealed: false };
  }
}

type RetriedEntry = StoredEntry & ReturnType<typeof passwordOf>;

async function requireRetryable(tx: Queryable, entry: RetriedEntry, comesWithPassword: boolean): Promise<void> {
  const problem = retryProblem(entry, comesWithPassword);
  if (problem?.code === 'PASSWORD_DESTROYED') throw new PasswordDestroyedError(problem.message);
  if (problem !== undefined) throw new InvalidStateError(problem.message);
  const taken = await tx.query('SELECT 1 FROM auth.users WHERE lower(username) = lower($1) LIMIT 1', [entry.username]);
  if (taken.length > 0) throw new UsernameTakenError(entry.username, 'user');
}

async function startSeries(tx: Queryable, entryId: string, username: string, sealed: string | null): Promise<void> {
  try {
    await tx.query(
      `UPDATE auth.queued_managed_account_creations
       SET status = 'pending', retry_count = 0, next_retry_at = date_trunc('milliseconds', now()), updated_at = now(),
           interruption_count = 0, is_lookup_only = false, failure_group = NULL, failed_at = NULL, cancelled_at = NULL,
           encrypted_password = coalesce($2, encrypted_password),
           is_password_replaced = is_password_replaced OR $2 IS NOT NULL,
           password_destroyed_at = CASE WHEN $2 IS NULL THEN password_destroyed_at END,
           password_destroyed_because = CASE WHEN $2 IS NULL THEN password_destroyed_because END
       WHERE id = $1`,
      [entryId, sealed],
    );
  } catch (error) {
    if (violation(error)?.constraint === 'queued_managed_account_creations_active_username_key') {
      throw new UsernameTakenError(username, 'entry');
    }
    throw error;
  }
}
