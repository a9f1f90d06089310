/**
 * Gets access tokens with a service account's key: sends a signed assertion to Zitadel's token endpoint and
 * receives a token that is valid for some hours. The token is renewed in the last quarter of its lifetime by a
 * single request, however many calls need it, and calls do not wait for the renewal while the old token is valid.
 */
import { readFile } from 'node:fs/promises';
import { SignJWT } from 'jose';
import { type Clock, systemClock } from '../clock.ts';
import { failureOf } from '../diagnosis/failure-messages.ts';
import { type AccessToken, type TokenAnswer, type TokenExchange, unreadableFile } from './access-token.ts';
import { type HeldToken, keyUnusable, parseKeyFile, readTokenAnswer } from './access-token-key.rules.ts';

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** The second scope allows the token to call Zitadel's own API. */
const SCOPE = 'openid urn:zitadel:iam:org:project:id:zitadel:aud';
const ASSERTION_LIFETIME_S = 300;
/** How long to wait after a failed renewal before the next one, while the old token is still valid. */
const RENEW_AGAIN_MS = 5_000;

export interface KeyTokenOptions {
  /** ZITADEL_KEY_FILE; read with each request for a token, so that a new key needs no restart. */
  readonly path: string;
  /** Zitadel's external URL, see issuerOf. */
  readonly issuer: string;
  readonly clock?: Clock;
}

/** Reads and requests nothing before the first token is needed. */
export function tokenFromKey({ path, issuer, clock = systemClock }: KeyTokenOptions): AccessToken {
  let held: HeldToken | undefined;
  let renewing: Promise<TokenAnswer> | undefined;
  let renewNotBefore = 0;

  async function renew(exchange: TokenExchange): Promise<TokenAnswer> {
    const text = await readFile(path, 'utf8').catch((error: unknown) =>
      keyUnusable(unreadableFile('ZITADEL_KEY_FILE', path, error)),
    );
    if (typeof text !== 'string') return text;
    const key = parseKeyFile(text, path);
    if ('kind' in key) return key;
    const askedAt = clock.now().getTime();
    const issuedAt = Math.floor(askedAt / 1_000);
    const assertion = await new SignJWT({})
      .setProtectedHeader({ alg: 'RS256', kid: key.keyId })
      .setIssuer(key.userId)
      .setSubject(key.userId)
      .setAudience(issuer)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ASSERTION_LIFETIME_S)
      .sign(key.privateKey);
    const form = new URLSearchParams({ grant_type: GRANT_TYPE, scope: SCOPE, assertion });
    const answer = await exchange(form.toString(), assertion);
    if (answer.kind === 'failure') return answer;
    const token = readTokenAnswer(answer.body, askedAt);
    if (token === undefined) {
      return failureOf('PROVIDER_ANSWER_UNREADABLE', { detail: 'It answered a request for a token without a token.' });
    }
    held = token;
    return token.token;
  }

  function renewOnce(exchange: TokenExchange): Promise<TokenAnswer> {
    renewing ??= renew(exchange)
      .then((answer) => {
        renewNotBefore = typeof answer === 'string' ? 0 : clock.now().getTime() + RENEW_AGAIN_MS;
        return answer;
      })
      .finally(() => {
        renewing = undefined;
      });
    return renewing;
  }

  return {
    kind: 'service_account_key',
    get(refused, exchange) {
      if (refused !== undefined && held?.token === refused) held = undefined;
      const now = clock.now().getTime();
      if (held === undefined || now >= held.usableUntil) return renewOnce(exchange);
      // A failed renewal is not reported: its cause appears when the old token has expired.
      if (now >= held.refreshAt && now >= renewNotBefore) void renewOnce(exchange).catch(() => undefined);
      return held.token;
    },
    expiresAt: () => (held === undefined ? null : new Date(held.expiresAt)),
  };
}
