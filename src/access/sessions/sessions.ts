/**
 * Browser sessions: one row each, found by the digest of its cookie, so that every node knows them and none
 * can be forged from a dump. A session ends with the credential it was started with: with its token, when
 * ADMIN_TOKEN changes, and when the configuration of the issuer or of its roles changes.
 */
import { randomBytes } from 'node:crypto';
import type { Queryable } from '../../database/database.ts';
import type { CallerKind, Role } from '../../work/caller.ts';
import type { Context } from '../../work/context.ts';
import { announce, unit } from '../../work/unit.ts';
import { sha256 } from '../authentication/given-secret.ts';
import { endIn, type Proof, type Verdict } from '../authentication/proven.ts';
import type { Departure } from '../oidc/code-flow.ts';
import { type BrowserHeaders, cookieLine, cookieValue } from './browser.ts';

/** Gives the reason: a session cannot be guessed, so only the owner of its cookie sees it. */
const ended = (why: string): Extract<Verdict, { failure: string }> => ({
  failure: 'ended',
  message: `You were signed out: ${why} Sign in again.`,
});

interface SessionRow {
  readonly id: string;
  readonly kind: CallerKind;
  readonly callerId: string;
  readonly callerName: string;
  readonly role: Role;
  readonly familyId: string | null;
  readonly apiTokenId: string | null;
  readonly prefix: string | null;
  readonly sourceDigest: string | null;
  readonly expiresAt: Date;
  readonly msLeft: number;
  readonly isTokenRevoked: boolean;
  readonly isTokenExpired: boolean;
}

/**
 * Starts a session for the context's caller. Returns the value of its cookie. It ends after SESSION_LIFETIME,
 * or with its credential.
 */
export function beginSession(ctx: Context, { validUntil, apiTokenId, sourceDigest }: Proof): Promise<string> {
  const { caller, config } = ctx;
  const cookie = randomBytes(32).toString('base64url');
  return unit(ctx, async (tx) => {
    const [row] = await tx.query<{ id: string }>(
      `INSERT INTO auth.sessions
       (digest, kind, caller_id, caller_name, role, family_id, api_token_id, source_digest, expires_at)
     VALUES ($1, $2, $3, $4, $5::auth.api_role, $6, $7, $8,
             least(now() + $9 * interval '1 millisecond', $10::timestamptz))
     RETURNING id`,
      [
        sha256(cookie),
        caller.kind,
        caller.id,
        caller.name,
        caller.role,
        caller.familyId,
        apiTokenId,
        sourceDigest,
        config.SESSION_LIFETIME,
        validUntil,
      ],
    );
    if (row === undefined) throw new Error('No session was stored.');
    tx.happened('signedIn', { id: row.id, familyId: caller.familyId, after: { kind: caller.kind } });
    return cookie;
  });
}

/**
 * Returns the verdict on the session whose cookie has this SHA-256, by the database's clock. `sourceDigestOf`
 * returns the digest that a session of a kind other than an API token's must have been started with.
 */
export async function findSession(
  db: Queryable,
  digest: Buffer,
  sourceDigestOf: (kind: CallerKind) => string | null,
): Promise<Verdict> {
  const [row] = await db.query<SessionRow>(
    `SELECT session.id, session.kind, session.caller_id AS "callerId", session.caller_name AS "callerName",
            coalesce(token.role, session.role) AS role,
            CASE WHEN token.id IS NULL THEN session.family_id ELSE token.family_id END AS "familyId", session.api_token_id AS "apiTokenId", token.prefix,
            session.source_digest AS "sourceDigest", session.expires_at AS "expiresAt",
            (extract(epoch FROM session.expires_at - now()) * 1000)::float8 AS "msLeft",
            token.revoked_at IS NOT NULL AS "isTokenRevoked",
            coalesce(token.expires_at <= now(), false) AS "isTokenExpired"
       FROM auth.sessions AS session LEFT JOIN auth.api_tokens AS token ON token.id = session.api_token_id
      WHERE session.digest = $1`,
    [digest],
  );
  // Either it ended long ago (its row is deleted), or it was invented: `unknown` counts it as a guess from its address.
  if (row === undefined) return { ...ended('your session is over.'), failure: 'unknown' };
  if (row.isTokenRevoked) return ended('your token was revoked.');
  if (row.isTokenExpired) return ended('your token has expired.');
  if (row.msLeft <= 0) return ended('your session is over.');
  if (row.apiTokenId === null && row.sourceDigest !== sourceDigestOf(row.kind))
    return ended(
      row.kind === 'admin_token' ? 'the admin token was changed.' : 'the settings of the issuer were changed.',
    );
  const { kind, callerId, callerName, role, familyId, prefix, expiresAt, msLeft } = row;
  return {
    proof: {
      caller: { kind, id: callerId, name: callerName, role, familyId, tokenPrefix: prefix },
      validUntil: expiresAt,
      apiTokenId: row.apiTokenId,
      sessionId: row.id,
      sourceDigest: row.sourceDigest,
    },
    endsAt: endIn(msLeft),
  };
}

/** Ends a session, on every node within a second. Can be repeated. */
export async function endSession(ctx: Context, id: string): Promise<void> {
  const isEnded = await unit(ctx, async (tx) => {
    const ended = await tx.query('DELETE FROM auth.sessions WHERE id = $1 RETURNING 1', [id]);
    if (ended.length > 0) tx.happened('signedOut', { id, familyId: ctx.caller.familyId });
    return ended.length > 0;
  });
  // A repeated sign-out notifies the nodes again: the first notification may have been lost.
  if (!isEnded) announce(ctx, 'signedOut');
}

/** How long a person may take at the issuer. */
const AWAY_MS = 10 * 60_000;

/** Returns the Set-Cookie value; undefined deletes the cookie. Lax: sent when the issuer redirects back. */
export const departureLine = (departure: Departure | undefined, origin: string): string =>
  cookieLine(
    'departure',
    departure === undefined ? '' : Buffer.from(JSON.stringify(departure)).toString('base64url'),
    origin,
    { maxAgeMs: departure === undefined ? 0 : AWAY_MS, sameSite: 'Lax' },
  );

/** Returns what the browser kept; undefined if it kept nothing, or not a departure of ours. */
export function departureOf(headers: BrowserHeaders, origin: string): Departure | undefined {
  const cookie = cookieValue(headers, 'departure', origin);
  if (cookie === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { state, nonce, verifier, returnTo } = value as Record<string, unknown>;
  return typeof state === 'string' &&
    typeof nonce === 'string' &&
    typeof verifier === 'string' &&
    typeof returnTo === 'string'
    ? { state, nonce, verifier, returnTo }
    : undefined;
}
