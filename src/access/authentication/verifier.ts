/** Verifies a credential against the source of its kind: the configuration, the database, the issuer's keys. */
import type { CallerKind } from '../../work/caller.ts';
import type { Services } from '../../work/context.ts';
import type { IssuerRules } from '../oidc/claims.rules.ts';
import { createIssuer } from '../oidc/issuer.ts';
import { looksLikeJwt, verifyJwt } from '../oidc/verify-jwt.ts';
import { findSession } from '../sessions/sessions.ts';
import { looksLikeToken } from '../tokens/token-format.rules.ts';
import { findToken } from '../tokens/token-lookup.ts';
import { type Credential, openGivenSecret } from './given-secret.ts';
import { UNKNOWN, type Verdict } from './proven.ts';

/** Returns the rules for the claims of the configured issuer, with a digest that identifies this configuration. */
export function issuerRulesOf({ config, keyRing }: Pick<Services, 'config' | 'keyRing'>): IssuerRules {
  const { OIDC_ROLE_CLAIM: roleClaim, OIDC_ROLE_MAP: roles, OIDC_FAMILY_CLAIM: familyClaim } = config;
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_CLIENT_ID: clientId } = config;
  const source = JSON.stringify([issuer, audience, clientId, roleClaim, familyClaim, [...roles].sort()]);
  return { roleClaim, roles, familyClaim, sourceDigest: keyRing.digest(`issuer ${source}`) };
}

export function createVerifier(services: Pick<Services, 'config' | 'db' | 'logger' | 'keyRing'>) {
  const { config, db, logger, keyRing } = services;
  const adminToken = openGivenSecret({
    setting: 'ADMIN_TOKEN',
    text: config.ADMIN_TOKEN,
    path: config.ADMIN_TOKEN_FILE,
    logger,
  });
  /** Keyed, so that a dump of the sessions reveals nothing about a token that people chose. */
  const adminTokenDigest = (): string | null => {
    const digest = adminToken.digest();
    return digest === undefined ? null : keyRing.digest(`admin token ${digest.toString('base64')}`);
  };
  const { OIDC_ISSUER: issuerUrl, OIDC_AUDIENCE: audience } = config;
  const oidc =
    issuerUrl === undefined || audience === undefined
      ? undefined
      : {
          issuer: createIssuer({ issuer: issuerUrl, logger }),
          rules: {
            ...issuerRulesOf(services),
            issuer: issuerUrl,
            audience,
          },
        };
  /** The digest that sessions of this kind must have been started with to be valid now; null: none is valid. */
  const sourceDigestOf = (kind: CallerKind): string | null =>
    kind === 'admin_token' ? adminTokenDigest() : (oidc?.rules.sourceDigest ?? null);

  return {
    /** Returns the verdict on the admin token, which needs no query; undefined for all other credentials. */
    verifyAdmin: ({ kind, digest }: Credential): Verdict | undefined =>
      kind === 'bearer' && adminToken.matches(digest) ? admin(adminTokenDigest()) : undefined,
    /** Returns the verdict on any other credential. Rethrows errors of the database. */
    async verify({ kind, text, digest }: Credential): Promise<Verdict> {
      if (kind === 'session') return findSession(db, digest, sourceDigestOf);
      if (looksLikeToken(text)) return findToken(db, digest);
      return oidc !== undefined && looksLikeJwt(text) ? verifyJwt(text, oidc.issuer, oidc.rules) : UNKNOWN;
    },
  };
}

const admin = (sourceDigest: string | null): Verdict => ({
  proof: {
    caller: {
      kind: 'admin_token',
      id: 'admin-token',
      name: 'admin token',
      role: 'admin',
      familyId: null,
      tokenPrefix: null,
    },
    validUntil: null,
    apiTokenId: null,
    sessionId: null,
    sourceDigest,
  },
  endsAt: null,
});
