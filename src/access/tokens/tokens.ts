/**
 * API tokens: created, revoked, and found by the digest of the whole token, so that the time of a lookup
 * reveals nothing about the beginning of a guess. A name keeps its role and family for ever, because it
 * identifies the caller in the audit trail: another token of the same name is the same caller.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Queryable } from '../../database/database.ts';
import { type InputIssue, InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Caller, Role } from '../../work/caller.ts';
import type { Context } from '../../work/context.ts';
import { announce, unit } from '../../work/unit.ts';
import { sha256 } from '../authentication/given-secret.ts';
import { idempotencyKeyIssues } from '../idempotency.rules.ts';
import { once } from '../idempotency.ts';
import { requireFamily, unknownFamily } from '../scope.ts';
import { composeToken, RANDOM_BYTES, tokenNameProblem } from './token-format.rules.ts';

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  /** Null or left out: all families. */
  readonly familyId?: string | null;
  /** Null or left out: until it is revoked. */
  readonly expiresAt?: Date | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface MadeToken {
  readonly id: string;
  /** Shown only once. */
  readonly token: string;
  readonly prefix: string;
}

/**
 * Creates a token. Only this result contains its text, so a repeat with the same key cannot return it: it
 * throws InvalidStateError, which names the token that the first request created. Throws InvalidInputError,
 * IdempotencyConflictError, NotFoundError for an unknown family (for a caller bound to a family, every other
 * one is unknown), InvalidStateError if the name has another role or family.
 */
export async function createToken(ctx: Context, request: NewToken): Promise<MadeToken> {
  requireValid(request, ctx.clock);
  const { name, role, reason, idempotencyKey: key } = request;
  const familyId = request.familyId?.toLowerCase() ?? null;
  const shown = { name, role: role.toUpperCase(), familyId, expiresAt: request.expiresAt?.toISOString() ?? null };
  return unit(ctx, async (tx) => {
    let made: MadeToken | undefined;
    const { resultId } = await once(tx, ctx, { mutation: 'createApiToken', key, input: shown }, async () => {
      made = await insertToken(tx, ctx.caller, { ...request, familyId });
      return made.id;
    });
    if (made === undefined)
      throw new InvalidStateError(
        `An earlier request with this idempotencyKey created the token ${resultId}, which cannot be shown again. If its answer was lost, revoke it (revokeApiToken) and create another one with a new key.`,
      );
    tx.happened('tokenCreated', {
      id: made.id,
      familyId,
      reason,
      after: { ...shown, prefix: made.prefix },
      payload: { apiTokenId: made.id, name, role, familyId },
    });
    return made;
  });
}

export interface TokenToRevoke {
  readonly apiTokenId: string;
  readonly reason?: string | null;
}

/**
 * Revokes a token: within a second no node accepts it, and its sessions and subscriptions end. Changes
 * nothing if it is already revoked (`isChanged: false`). Throws NotFoundError.
 */
export async function revokeToken(
  ctx: Context,
  { apiTokenId: id, reason }: TokenToRevoke,
): Promise<{ id: string; isChanged: boolean }> {
  const { caller } = ctx;
  const isChanged = await unit(ctx, async (tx) => {
    const [token] = await tx.query<{
      name: string;
      role: Role;
      familyId: string | null;
      prefix: string;
      isRevoked: boolean;
    }>(
      `SELECT name, role, family_id AS "familyId", prefix, revoked_at IS NOT NULL AS "isRevoked"
         FROM auth.api_tokens WHERE id = $1 FOR UPDATE`,
      [id],
    );
    if (token === undefined || !isWithin(caller, token.familyId))
      throw new NotFoundError(`There is no API token with the id ${id}. \`apiTokens\` lists them.`);
    const { name, role, familyId, prefix, isRevoked } = token;
    if (isRevoked) return false;
    await tx.query('UPDATE auth.api_tokens SET revoked_at = now(), revoked_by = $2, revoke_reason = $3 WHERE id = $1', [
      id,
      caller.name,
      reason,
    ]);
    const shown = { name, role: role.toUpperCase(), prefix };
    tx.happened('tokenRevoked', {
      id,
      familyId,
      reason,
      before: { ...shown, status: 'ACTIVE' },
      after: { ...shown, status: 'REVOKED' },
      payload: { apiTokenId: id, name, role, familyId },
    });
    return true;
  });
  // A repeat notifies the nodes again: the first notification may have been lost.
  if (!isChanged) announce(ctx, 'tokenRevoked');
  return { id, isChanged };
}

/** Throws InvalidInputError with all problems. */
function requireValid({ name, expiresAt, idempotencyKey }: NewToken, clock: Clock): void {
  const issues: InputIssue[] = [];
  const nameProblem = tokenNameProblem(name);
  if (nameProblem !== undefined) issues.push({ path: ['name'], ...nameProblem });
  if (expiresAt && expiresAt <= clock.now())
    issues.push({
      path: ['expiresAt'],
      code: 'IN_THE_PAST',
      message: `${expiresAt.toISOString()} is not in the future. Leave it out for a token without an end.`,
    });
  issues.push(...idempotencyKeyIssues(idempotencyKey));
  if (issues.length > 0) throw new InvalidInputError(issues);
}

type TokenRow = NewToken & { readonly familyId: string | null };

async function insertToken(tx: Queryable, caller: Caller, wanted: TokenRow): Promise<MadeToken> {
  const { name, role, familyId, expiresAt, reason } = wanted;
  requireFamily(caller, familyId);
  if (familyId !== null) {
    // Locked, so that the family is not deleted before this transaction ends.
    const found = await tx.query('SELECT 1 FROM auth.families WHERE id = $1 FOR KEY SHARE', [familyId]);
    if (found.length === 0) throw unknownFamily(familyId);
  }
  const namesake = await takeName(tx, wanted);
  if (namesake.role !== role || namesake.familyId !== familyId)
    throw new InvalidStateError(
      isWithin(caller, namesake.familyId)
        ? `The name "${name}" belongs to the role ${namesake.role.toUpperCase()}${namesake.familyId === null ? '' : ` of the family ${namesake.familyId}`}, and stays with it. Take another name.`
        : `The name "${name}" is taken. Take another one.`,
    );
  const { token, prefix } = composeToken(randomBytes(RANDOM_BYTES));
  const [row] = await tx.query<{ id: string }>(
    `INSERT INTO auth.api_tokens (name, role, family_id, prefix, digest, created_by, reason, expires_at)
     VALUES ($1, $2::auth.api_role, $3, $4, $5, $6, $7, $8) RETURNING id`,
    [name, role, familyId, prefix, sha256(token), caller.name, reason, expiresAt],
  );
  if (row === undefined) throw new Error('No token was stored.');
  return { id: row.id, token, prefix };
}

/** Returns the role and family of a name; reserves a free name. Of two concurrent calls the second waits. */
async function takeName(
  tx: Queryable,
  { name, role, familyId }: TokenRow,
): Promise<Pick<TokenRow, 'role' | 'familyId'>> {
  await tx.query(
    `INSERT INTO auth.api_token_names (name, role, family_id) VALUES ($1, $2::auth.api_role, $3)
     ON CONFLICT (name) DO NOTHING`,
    [name, role, familyId],
  );
  const [taken] = await tx.query<Pick<TokenRow, 'role' | 'familyId'>>(
    'SELECT role, family_id AS "familyId" FROM auth.api_token_names WHERE name = $1',
    [name],
  );
  if (taken === undefined) throw new Error('The name of a token was not kept.');
  return taken;
}

const isWithin = (caller: Caller, familyId: string | null): boolean =>
  caller.familyId === null || caller.familyId === familyId;
