/**
 * The simulator's token endpoint: accepts a service account's signed assertion as Zitadel does and
 * issues a token with a limited lifetime. Its errors are Zitadel's own: 404 for an unknown key, 500
 * for an assertion that fails verification.
 */
import { createPublicKey, randomBytes } from 'node:crypto';
import { decodeProtectedHeader, errors, jwtVerify } from 'jose';
import type { Reply } from './answers.rules.ts';
import type { RegisteredKey } from './service-account.ts';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const API_SCOPE = 'urn:zitadel:iam:org:project:id:zitadel:aud';

export interface TokenEndpointOptions {
  readonly keys: readonly RegisteredKey[];
  /** The audience that an assertion must have; read for each request. */
  readonly issuer: () => string;
  readonly lifetimeMs: number;
}

export interface TokenEndpoint {
  answer(form: string): Promise<Reply>;
  /** Whether this is a token that this endpoint issued and that has not expired. */
  accepts(token: string): boolean;
  /** Revokes all tokens. */
  revokeAll(): void;
}

export function createTokenEndpoint({ keys, issuer, lifetimeMs }: TokenEndpointOptions): TokenEndpoint {
  const issued = new Map<string, number>();

  async function answer(form: string): Promise<Reply> {
    const fields = new URLSearchParams(form);
    if (fields.get('grant_type') !== GRANT_TYPE) return oauthError(400, 'unsupported_grant_type');
    if (!fields.get('scope')?.split(' ').includes(API_SCOPE)) {
      return oauthError(400, 'invalid_scope', 'Errors.Simulated: the scope would not let the token in to the API');
    }
    const assertion = fields.get('assertion') ?? '';
    const key = keyOf(assertion);
    if (key === undefined) return oauthError(404, 'invalid_request', 'Errors.AuthNKey.NotFound');
    try {
      await jwtVerify(assertion, createPublicKey(key.publicKey), {
        algorithms: ['RS256'],
        issuer: key.userId,
        subject: key.userId,
        audience: issuer(),
        requiredClaims: ['exp', 'iat'],
        maxTokenAge: '1h',
      });
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      return oauthError(500, 'server_error', 'Errors.Internal');
    }
    const token = randomBytes(24).toString('base64url');
    issued.set(token, performance.now() + lifetimeMs);
    return json(200, { access_token: token, token_type: 'Bearer', expires_in: lifetimeMs / 1_000 });
  }

  function keyOf(assertion: string): RegisteredKey | undefined {
    try {
      const { kid } = decodeProtectedHeader(assertion);
      return keys.find(({ keyId }) => keyId === kid);
    } catch {
      return undefined;
    }
  }

  return {
    answer,
    accepts(token) {
      const endsAt = issued.get(token);
      return endsAt !== undefined && performance.now() < endsAt;
    },
    revokeAll: () => issued.clear(),
  };
}

/** An error of the token endpoint, in the format of RFC 6749. */
export function oauthError(status: number, error: string, description?: string): Reply {
  return json(status, { error, ...(description === undefined ? {} : { error_description: description }) });
}

function json(status: number, body: object): Reply {
  return { status, headers: { 'cache-control': 'no-store' }, body: JSON.stringify(body) };
}
