/**
 * The OpenID Connect issuer: its discovery document and its keys, fetched on first use and cached. Neither an
 * unreachable issuer nor tokens with invented key ids cause more than one request per cooldown. "Cannot be
 * verified now" (IssuerUnavailableError) is distinct from "invalid".
 */
import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Logger } from '../../telemetry/logger.ts';

const TIMEOUT_MS = 5_000;
/** After a failure, no request is sent to the issuer for this long. */
const FAILURE_COOLDOWN_MS = 5_000;
/** An unknown key id causes the keys to be fetched again, but at most this often. */
const UNKNOWN_KEY_COOLDOWN_MS = 30_000;

/** The issuer cannot be reached or sends an invalid response, so a token cannot be verified. */
export class IssuerUnavailableError extends Error {
  override readonly name = 'IssuerUnavailableError';
}

interface IssuerDocument {
  readonly issuer: string;
  readonly jwks_uri: string;
}

export interface Issuer {
  /** Returns the key that a token's header names. Throws jose's errors if no key fits, and IssuerUnavailableError. */
  readonly getKey: JWTVerifyGetKey;
}

export interface IssuerOptions {
  /** The issuer's identifier, exactly as the issuer writes it. */
  readonly issuer: string;
  readonly logger: Logger;
  readonly cooldowns?: { readonly failureMs: number; readonly unknownKeyMs: number };
}

export function createIssuer({ issuer, logger, cooldowns }: IssuerOptions): Issuer {
  const { failureMs, unknownKeyMs } = cooldowns ?? {
    failureMs: FAILURE_COOLDOWN_MS,
    unknownKeyMs: UNKNOWN_KEY_COOLDOWN_MS,
  };
  let failedAt = Number.NEGATIVE_INFINITY;
  let opening: Promise<ReturnType<typeof createRemoteJWKSet>> | undefined;

  const failed = (error: unknown): IssuerUnavailableError => {
    failedAt = performance.now();
    const what = error instanceof Error ? error.message : String(error);
    logger.warn({ err: error, issuer }, 'The OpenID Connect issuer cannot be reached');
    return new IssuerUnavailableError(`The keys of the issuer ${issuer} cannot be fetched: ${what}`);
  };

  const openKeys = async () => {
    const { jwks_uri } = await discover(issuer);
    return createRemoteJWKSet(new URL(jwks_uri), { timeoutDuration: TIMEOUT_MS, cooldownDuration: unknownKeyMs });
  };

  return {
    async getKey(header, token) {
      const isCoolingDown = performance.now() - failedAt < failureMs;
      if (opening === undefined && isCoolingDown)
        throw new IssuerUnavailableError(`The issuer ${issuer} could not be reached a moment ago.`);
      opening ??= openKeys();
      let keys: Awaited<typeof opening>;
      try {
        keys = await opening;
      } catch (error) {
        opening = undefined;
        throw error instanceof IssuerUnavailableError ? error : failed(error);
      }
      if (!keys.fresh && isCoolingDown)
        throw new IssuerUnavailableError(`The issuer ${issuer} could not be reached a moment ago.`);
      try {
        return await keys(header, token);
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
        // A key that exists but does not suit this token is the token's fault.
        if (error instanceof errors.JOSENotSupported) throw error;
        throw failed(error);
      }
    },
  };
}

/** OpenID Connect Discovery 1.0, section 4: the document must name exactly the issuer that was requested. */
async function discover(issuer: string): Promise<IssuerDocument> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, {
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  const document = (await response.json()) as Partial<IssuerDocument> | null;
  if (document?.issuer !== issuer)
    throw new Error(`${url} names another issuer than OIDC_ISSUER (they must be the same to the letter)`);
  const { jwks_uri } = document;
  if (typeof jwks_uri !== 'string' || !URL.canParse(jwks_uri)) throw new Error(`${url} names no jwks_uri`);
  if (new URL(issuer).protocol === 'https:' && new URL(jwks_uri).protocol !== 'https:')
    throw new Error(`${url} names keys that would be fetched unencrypted`);
  return { issuer, jwks_uri };
}
