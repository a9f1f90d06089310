/** Finds an API token by its digest, and stores when it was last used: once a minute, not at each request. */
import type { Queryable } from '../../database/database.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Role } from '../../work/caller.ts';
import { endIn, UNKNOWN, type Verdict } from '../authentication/proven.ts';

const USE_WRITTEN_EVERY_MS = 60_000;

interface TokenRow {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly familyId: string | null;
  readonly prefix: string;
  readonly expiresAt: Date | null;
  readonly msLeft: number | null;
  readonly revokedAt: Date | null;
}

/** Returns the verdict on the token with this SHA-256, by the database's clock. */
export async function findToken(db: Queryable, digest: Buffer): Promise<Verdict> {
  const [row] = await db.query<TokenRow>(
    `SELECT id, name, role, family_id AS "familyId", prefix, expires_at AS "expiresAt", revoked_at AS "revokedAt",
            (extract(epoch FROM expires_at - now()) * 1000)::float8 AS "msLeft"
       FROM auth.api_tokens WHERE digest = $1`,
    [digest],
  );
  if (row === undefined) return UNKNOWN;
  const { id, name, role, familyId, prefix, expiresAt, msLeft, revokedAt } = row;
  if (revokedAt !== null)
    return { failure: 'ended', message: `The token was revoked at ${revokedAt.toISOString()}. Ask for another one.` };
  if (expiresAt !== null && (msLeft ?? 0) <= 0)
    return { failure: 'ended', message: `The token expired at ${expiresAt.toISOString()}. Ask for another one.` };
  return {
    proof: {
      caller: { kind: 'api_token', id: `token:${name}`, name, role, familyId, tokenPrefix: prefix },
      validUntil: expiresAt,
      apiTokenId: id,
      sessionId: null,
      sourceDigest: null,
    },
    endsAt: endIn(msLeft),
  };
}

export interface UseRecorder {
  /** Call when the token is used; this node stores the time at most once a minute per token. */
  used(tokenId: string): void;
  /** Resolves when all writes in progress have ended. */
  settled(): Promise<void>;
}

export function createUseRecorder(db: Queryable, logger: Logger): UseRecorder {
  const writtenAt = new Map<string, number>();
  const writing = new Set<Promise<void>>();
  return {
    used(tokenId) {
      const now = performance.now();
      if (now - (writtenAt.get(tokenId) ?? Number.NEGATIVE_INFINITY) < USE_WRITTEN_EVERY_MS) return;
      writtenAt.set(tokenId, now);
      // Other nodes write it too: an older timestamp never overwrites a newer one.
      const write = db
        .query('UPDATE auth.api_tokens SET last_used_at = greatest(last_used_at, now()) WHERE id = $1', [tokenId])
        .then(
          () => undefined,
          (error: unknown) => {
            writtenAt.delete(tokenId);
            logger.debug({ err: error }, 'The use of a token was not written down');
          },
        )
        .finally(() => writing.delete(write));
      writing.add(write);
    },
    settled: async () => {
      await Promise.all(writing);
    },
  };
}
