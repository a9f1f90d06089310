/**
 * An OpenID Connect issuer for tests: discovery, key rotation, tokens of any kind, and a code flow that enforces
 * PKCE, the redirect URI and the client's secret.
 */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

interface IssuerUser {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

export interface TestIssuer {
  /** The issuer identifier, for example `http://localhost:40123`. */
  readonly url: string;
  /** The number of requests per path. */
  readonly asked: Readonly<Record<string, number>>;
  /** The user who is signed in at the issuer and for whom it issues tokens. */
  user: IssuerUser;
  /** Claims that only the userinfo endpoint returns. */
  userInfo: Readonly<Record<string, unknown>>;
  /** Additional claims of the next ID tokens; they override the correct ones. */
  idTokenClaims: Readonly<Record<string, unknown>>;
  /** Signs a token with the newest key by default; `claims` override valid ones. */
  token(claims?: JWTPayload, header?: { alg?: string; kid?: string; key?: CryptoKey }): Promise<string>;
  /** The newest public key, as published by the issuer. */
  publicKey(): CryptoKey;
  /** Adds a key that signs from now on. The earlier keys stay published unless `drop` is set. */
  rollOver(options?: { drop?: boolean }): Promise<void>;
  /** With true, responds 503 to everything from now on; with false, works again. */
  setDown(isDown: boolean): void;
  close(): Promise<void>;
}

export interface IssuerOptions {
  readonly audience: string;
  readonly clientId: string;
  readonly clientSecret?: string;
}

interface Code {
  readonly challenge: string;
  readonly redirectUri: string;
  readonly nonce: string | null;
}

export async function startIssuer({ audience, clientId, clientSecret }: IssuerOptions): Promise<TestIssuer> {
  const asked: Record<string, number> = {};
  const codes = new Map<string, Code>();
  let isDown = false;
  let made = 0;
  const makeKey = async () => ({ kid: `key-${++made}`, ...(await generateKeyPair('RS256', { extractable: true })) });
  let keys = [await makeKey()];
  const newest = () => {
    const key = keys.at(-1);
    if (key === undefined) throw new Error('The issuer has no key.');
    return key;
  };

  const sign = (claims: JWTPayload, header: { alg?: string; kid?: string; key?: CryptoKey } = {}): Promise<string> =>
    new SignJWT({ iss: issuer.url, ...claims })
      .setProtectedHeader({ alg: header.alg ?? 'RS256', kid: header.kid ?? newest().kid })
      .sign(header.key ?? newest().privateKey);

  const paths: Record<string, (request: IncomingMessage, url: URL, response: ServerResponse) => Promise<void> | void> =
    {
      '/.well-known/openid-configuration': (_request, _url, response) =>
        json(response, 200, {
          issuer: issuer.url,
          jwks_uri: `${issuer.url}/keys`,
          authorization_endpoint: `${issuer.url}/authorize`,
          token_endpoint: `${issuer.url}/token`,
          userinfo_endpoint: `${issuer.url}/userinfo`,
          response_types_supported: ['code'],
          subject_types_supported: ['public'],
          id_token_signing_alg_values_supported: ['RS256'],
          code_challenge_methods_supported: ['S256'],
        }),
      '/keys': async (_request, _url, response) =>
        json(response, 200, {
          keys: await Promise.all(
            keys.map(async ({ kid, publicKey }) => ({
              ...(await exportJWK(publicKey)),
              kid,
              alg: 'RS256',
              use: 'sig',
            })),
          ),
        }),
      '/authorize': (_request, { searchParams: given }, response) => {
        const redirectUri = given.get('redirect_uri') ?? '';
        const isRight =
          given.get('client_id') === clientId &&
          given.get('response_type') === 'code' &&
          given.get('code_challenge_method') === 'S256' &&
          /^[\w-]{43}$/.test(given.get('code_challenge') ?? '') &&
          (given.get('scope') ?? '').split(' ').includes('openid') &&
          redirectUri.endsWith('/sign-in/callback');
        if (!isRight) return json(response, 400, { error: 'invalid_request' });
        const code = randomBytes(16).toString('base64url');
        codes.set(code, { challenge: given.get('code_challenge') ?? '', redirectUri, nonce: given.get('nonce') });
        const back = new URL(redirectUri);
        back.searchParams.set('code', code);
        back.searchParams.set('state', given.get('state') ?? '');
        response.writeHead(302, { location: back.href }).end();
      },
      '/token': async (request, _url, response) => {
        const form = new URLSearchParams(await bodyOf(request));
        const code = codes.get(form.get('code') ?? '');
        codes.delete(form.get('code') ?? '');
        const challenge = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        const isClient =
          clientSecret === undefined ? form.get('client_id') === clientId : isBasic(request, clientId, clientSecret);
        if (!isClient) return json(response, 401, { error: 'invalid_client' });
        if (code === undefined || code.challenge !== challenge || code.redirectUri !== form.get('redirect_uri'))
          return json(response, 400, { error: 'invalid_grant' });
        const nonce = code.nonce === null ? {} : { nonce: code.nonce };
        const claims = { ...times(), aud: clientId, ...nonce, ...issuer.user, ...issuer.idTokenClaims };
        json(response, 200, {
          access_token: await issuer.token({ sub: issuer.user.sub }),
          token_type: 'Bearer',
          expires_in: 300,
          id_token: await sign(claims),
        });
      },
      '/userinfo': (_request, _url, response) => json(response, 200, { sub: issuer.user.sub, ...issuer.userInfo }),
    };

  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://issuer');
    asked[url.pathname] = (asked[url.pathname] ?? 0) + 1;
    const handler = paths[url.pathname];
    if (isDown) json(response, 503, { error: 'temporarily_unavailable' });
    else if (handler === undefined) json(response, 404, {});
    else void handler(request, url, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');

  const issuer: TestIssuer = {
    // A different site than 127.0.0.1, where the servers run.
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    asked,
    user: { sub: 'user-1', name: 'Ada Adams', roles: ['family-hub-admin'] },
    userInfo: {},
    idTokenClaims: {},
    token: (claims = {}, header = {}) =>
      sign({ ...times(), aud: audience, sub: 'user-1', roles: ['family-hub-admin'], ...claims }, header),
    publicKey: () => newest().publicKey,
    async rollOver({ drop = false } = {}) {
      keys = [...(drop ? [] : keys), await makeKey()];
    },
    setDown(is) {
      isDown = is;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return issuer;
}

function times(): { iat: number; exp: number } {
  const now = Math.floor(Date.now() / 1_000);
  return { iat: now, exp: now + 300 };
}

/** RFC 6749, section 2.3.1: id and secret are form-encoded before they are joined. */
function isBasic({ headers }: IncomingMessage, clientId: string, clientSecret: string): boolean {
  const [scheme, encoded = ''] = (headers.authorization ?? '').split(' ');
  const parts = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const decoded = parts.map((part) => new URLSearchParams(`v=${part}`).get('v'));
  return scheme === 'Basic' && decoded[0] === clientId && decoded[1] === clientSecret;
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
