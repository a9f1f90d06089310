/**
 * Verifies a JWT of the issuer: its signature by one of the issuer's keys under one of our algorithms (never
 * one that the token chooses), issuer, audience, time, subject, and that it is an access token. Then reads
 * its claims.
 */
import { errors, type JWTPayload, jwtVerify } from 'jose';
import { endIn, UNKNOWN, type Verdict } from '../authentication/proven.ts';
import { CLOCK_TOLERANCE_S, callerOfClaims, type IssuerRules, noAccessToken } from './claims.rules.ts';
import { type Issuer, IssuerUnavailableError } from './issuer.ts';

/** Asymmetric signatures only: no "none", and no HMAC, for which a public key would serve as the secret. */
const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

export interface JwtRules extends IssuerRules {
  readonly issuer: string;
  readonly audience: string;
}

/** True for any text in the form of a JWT. */
export const looksLikeJwt = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);

/** Returns the verdict on a JWT. Does not throw for invalid tokens. */
export async function verifyJwt(token: string, issuer: Issuer, rules: JwtRules): Promise<Verdict> {
  let claims: JWTPayload;
  let problem: string | undefined;
  try {
    const { payload, protectedHeader } = await jwtVerify(token, issuer.getKey, {
      algorithms: ALGORITHMS,
      issuer: rules.issuer,
      audience: rules.audience,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'sub'],
    });
    claims = payload;
    problem = noAccessToken(protectedHeader, payload);
  } catch (error) {
    return failureOf(error, rules);
  }
  if (problem !== undefined) return { failure: 'ended', message: problem };
  const answer = callerOfClaims(claims, rules);
  if ('problem' in answer) return { failure: answer.isForbidden ? 'forbidden' : 'ended', message: answer.problem };
  const end = ((claims.exp ?? 0) + CLOCK_TOLERANCE_S) * 1_000;
  return {
    proof: {
      caller: { kind: 'oidc', ...answer.caller, tokenPrefix: null },
      validUntil: new Date(end),
      apiTokenId: null,
      sessionId: null,
      sourceDigest: rules.sourceDigest,
    },
    endsAt: endIn(end - Date.now()),
  };
}

/** Messages about claims reach only senders of a token that the issuer signed: jose checks the claims last. */
function failureOf(error: unknown, { issuer, audience }: JwtRules): Verdict {
  if (error instanceof IssuerUnavailableError)
    return {
      failure: 'unavailable',
      message: 'The keys of your token’s issuer cannot be fetched. Try again in a moment.',
    };
  if (error instanceof errors.JWTExpired)
    return { failure: 'ended', message: 'The token has expired. Get a new one from its issuer.' };
  if (error instanceof errors.JWTClaimValidationFailed) {
    const wrong: Record<string, string> = {
      aud: `The token is for another audience than ${audience} (aud).`,
      iss: `The token is of another issuer than ${issuer} (iss).`,
      nbf: 'The token is not valid yet (nbf). Compare the clocks of its issuer and this server.',
    };
    return { failure: 'ended', message: wrong[error.claim] ?? `The token's claim ${error.claim} is missing or wrong.` };
  }
  if (error instanceof errors.JOSEError) return UNKNOWN;
  throw error;
}
