/**
 * API tokens: made, revoked, and found by the digest of the whole token, so that the time a look
 * takes tells nothing of a guess's beginning. A name stays with its role and family for ever,
 * because it is who acted: a token's successor of the same name goes on in its footsteps.
 */
import { randomBytes } from 'node:crypto';
import type { Queryable } from '../../database/database.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Caller, Role } from '../../work/caller.ts';
import { sha256 } from '../authentication/given-secret.ts';
import { requireFamily, unknownFamily } from '../scope.ts';
import { composeToken, RANDOM_BYTES } from './token-format.rules.ts';

export interface NewToken {
  readonly name: string;
  readonly role: Role;
  /** Null: all families. */
  readonly familyId: string | null;
  /** Null: until it is revoked. */
  readonly expiresAt: Date | null;
  readonly reason: string | null;
}

export interface MadeToken {
  readonly id: string;
  /** Shown this once. */
  readonly token: string;
  readonly prefix: string;
}

/**
 * Makes a token, within the caller's transaction. Throws NotFoundError for an unknown family (for
 * a caller of one family every other is), InvalidStateError where the name has another role or
 * family.
 */
export async function createToken(tx: Queryable, caller: Caller, wanted: NewToken): Promise<MadeToken> {
  const { name, role, familyId, expiresAt, reason } = wanted;
  requireFamily(caller, familyId);
  if (familyId !== null) {
    // Until the end of the transaction it stays.
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

/** Whose the name is, from now on if it was nobody's. Of two at once the second waits for the first. */
async function takeName(
  tx: Queryable,
  { name, role, familyId }: NewToken,
): Promise<Pick<NewToken, 'role' | 'familyId'>> {
  await tx.query(
    `INSERT INTO auth.api_token_names (name, role, family_id) VALUES ($1, $2::auth.api_role, $3)
     ON CONFLICT (name) DO NOTHING`,
    [name, role, familyId],
  );
  const [taken] = await tx.query<Pick<NewToken, 'role' | 'familyId'>>(
    'SELECT role, family_id AS "familyId" FROM auth.api_token_names WHERE name = $1',
    [name],
  );
  if (taken === undefined) throw new Error('The name of a token was not kept.');
  return taken;
}

/** What became of a token that was asked to be revoked. */
export interface RevokedToken {
  readonly isChanged: boolean;
  readonly name: string;
  readonly role: Role;
  readonly familyId: string | null;
  readonly prefix: string;
}

/** Revokes a token, within the caller's transaction. Throws NotFoundError; a revoked one stays as it is. */
export async function revokeToken(
  tx: Queryable,
  caller: Caller,
  tokenId: string,
  reason: string | null,
): Promise<RevokedToken> {
  const [row] = await tx.query<Omit<RevokedToken, 'isChanged'> & { isRevoked: boolean }>(
    `SELECT name, role, family_id AS "familyId", prefix, revoked_at IS NOT NULL AS "isRevoked"
       FROM auth.api_tokens WHERE id = $1 FOR UPDATE`,
    [tokenId],
  );
  if (row === undefined || !isWithin(caller, row.familyId))
    throw new NotFoundError(`There is no API token with the id ${tokenId}. \`apiTokens\` lists them.`);
  const { isRevoked, ...token } = row;
  if (!isRevoked)
    await tx.query('UPDATE auth.api_tokens SET revoked_at = now(), revoked_by = $2, revoke_reason = $3 WHERE id = $1', [
      tokenId,
      caller.name,
      reason,
    ]);
  return { ...token, isChanged: !isRevoked };
}

const isWithin = (caller: Caller, familyId: string | null): boolean =>
  caller.familyId === null || caller.familyId === familyId;
