/**
 * Browser sign-in at the issuer: OpenID Connect's authorization code flow with PKCE, state and nonce, by
 * `openid-client`. What must be kept between leaving and returning is kept in the browser's own cookie, so
 * that another browser cannot complete a sign-in that this one started.
 */
import * as client from 'openid-client';
import type { Config } from '../../config/config.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Verdict } from '../authentication/proven.ts';
import { CLOCK_TOLERANCE_S, callerOfClaims, claimOf, type IssuerRules } from './claims.rules.ts';

/** The state of a sign-in in progress, which the browser keeps in a cookie while it is at the issuer. */
export interface Departure {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly returnTo: string;
}

export interface CodeFlow {
  /** The issuer's host, to display. */
  readonly issuerName: string;
  /** Returns where to send the browser. Throws if the issuer cannot be reached. */
  depart(redirectUri: string, returnTo: string): Promise<{ url: string; departure: Departure }>;
  /** Completes the sign-in at the address that the issuer redirected to. Throws for faults of the issuer. */
  arrive(url: URL, departure: Departure): Promise<Verdict>;
}

const TIMEOUT_S = 10;
const FAILURE_COOLDOWN_MS = 5_000;

/** Returns undefined if browsers cannot sign in at an issuer. Contacts the issuer only at the first sign-in. */
export function createCodeFlow(config: Config, rules: IssuerRules, logger: Logger): CodeFlow | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: secret } = config;
  if (issuer === undefined || clientId === undefined) return undefined;
  let opening: Promise<client.Configuration> | undefined;
  let failedAt = Number.NEGATIVE_INFINITY;
  const open = (): Promise<client.Configuration> => {
    if (opening === undefined && performance.now() - failedAt < FAILURE_COOLDOWN_MS)
      throw new Error('The issuer could not be reached a moment ago.');
    opening ??= discover(issuer, clientId, secret).catch((error: unknown) => {
      opening = undefined;
      failedAt = performance.now();
      logger.warn({ err: error, issuer }, 'The OpenID Connect issuer cannot be reached');
      throw error;
    });
    return opening;
  };

  return {
    issuerName: new URL(issuer).host,
    async depart(redirectUri, returnTo) {
      const configuration = await open();
      const departure = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
        returnTo,
      };
      const url = client.buildAuthorizationUrl(configuration, {
        redirect_uri: redirectUri,
        scope: config.OIDC_SCOPES,
        state: departure.state,
        nonce: departure.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(departure.verifier),
        code_challenge_method: 'S256',
      });
      return { url: url.href, departure };
    },
    async arrive(url, { state, nonce, verifier }) {
      const configuration = await open();
      const tokens = await client.authorizationCodeGrant(configuration, url, {
        expectedState: state,
        expectedNonce: nonce,
        pkceCodeVerifier: verifier,
        idTokenExpected: true,
      });
      const claims = await allClaims(configuration, tokens, rules.roleClaim);
      const answer = callerOfClaims(claims, rules);
      if ('problem' in answer) return { failure: 'forbidden', message: answer.problem };
      return {
        proof: {
          caller: { kind: 'oidc', ...answer.caller, tokenPrefix: null },
          validUntil: null,
          apiTokenId: null,
          sessionId: null,
          sourceDigest: rules.sourceDigest,
        },
        endsAt: null,
      };
    },
  };
}

async function discover(issuer: string, clientId: string, secret: string | undefined) {
  const url = new URL(issuer);
  const configuration = await client.discovery(
    url,
    clientId,
    { [client.clockTolerance]: CLOCK_TOLERANCE_S },
    secret === undefined ? client.None() : client.ClientSecretBasic(secret),
    // The configuration accepts plain HTTP on this machine only.
    { timeout: TIMEOUT_S, execute: url.protocol === 'http:' ? [client.allowInsecureRequests] : [] },
  );
  // Also check the ID token's signature, although it came directly from the issuer.
  client.enableNonRepudiationChecks(configuration);
  return configuration;
}

/** Returns the ID token's claims; if they have no roles, merged with the user info, where some issuers put roles. */
async function allClaims(
  configuration: client.Configuration,
  tokens: Awaited<ReturnType<typeof client.authorizationCodeGrant>>,
  roleClaim: string,
): Promise<Record<string, unknown>> {
  const claims = tokens.claims();
  if (claims === undefined) throw new Error('The issuer sent no ID token.');
  const hasUserInfo = configuration.serverMetadata().userinfo_endpoint !== undefined;
  if (claimOf(claims, roleClaim) !== undefined || !hasUserInfo) return claims;
  return { ...(await client.fetchUserInfo(configuration, tokens.access_token, claims.sub)), ...claims };
}
