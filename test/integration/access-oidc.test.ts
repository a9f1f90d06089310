/**
 * JWTs of an issuer over real HTTP: what is good, what is not and why, keys that roll over, an
 * issuer that is away. The issuer is the tests' own, with keys of jose.
 */
import { createHmac } from 'node:crypto';
import { exportSPKI, generateKeyPair } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createIssuer, type Issuer } from '../../src/access/oidc/issuer.ts';
import { verifyJwt } from '../../src/access/oidc/verify-jwt.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';

const AUDIENCE = 'the-project';
const MINUTE = 60;
let issuer: TestIssuer;
let keys: Issuer;
const cooldowns = { failureMs: 200, unknownKeyMs: 200 };

beforeAll(async () => {
  issuer = await startIssuer({ audience: AUDIENCE, clientId: 'client' });
  keys = createIssuer({ issuer: issuer.url, logger: silentLogger, cooldowns });
});
afterAll(() => issuer.close());

const look = (token: string, by: Issuer = keys) =>
  verifyJwt(token, by, {
    issuer: issuer.url,
    audience: AUDIENCE,
    roleClaim: 'roles',
    roles: new Map([['family-hub-admin', 'admin']]),
    familyClaim: undefined,
    sourceDigest: 'of this configuration',
  });
const now = (): number => Math.floor(Date.now() / 1_000);
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a token of the issuer', () => {
  it('is good until it expires, give or take the clocks', async () => {
    const exp = now() + MINUTE;
    expect(await look(await issuer.token({ exp }))).toMatchObject({
      proof: { caller: { kind: 'oidc', id: 'oidc:user-1', role: 'admin', familyId: null, tokenPrefix: null } },
    });
    expect(await look(await issuer.token({ exp: now() - 2 })), 'within the tolerance').toHaveProperty('proof');
    const verdict = await look(await issuer.token({ exp }));
    expect('proof' in verdict && verdict.proof.validUntil?.getTime()).toBe((exp + 30) * 1_000);
  });

  it.each([
    ['expired', { exp: now() - MINUTE }, 'ended', 'has expired'],
    ['not yet valid', { nbf: now() + MINUTE }, 'ended', 'not valid yet'],
    ['for another audience', { aud: 'another-project' }, 'ended', 'another audience than the-project'],
    ['without an audience', { aud: undefined }, 'ended', 'aud'],
    ['of another issuer', { iss: 'https://evil.example' }, 'ended', 'another issuer'],
    ['without an end', { exp: undefined }, 'ended', 'exp'],
    ['without a subject', { sub: undefined }, 'ended', 'sub'],
    ['that is an ID token', { nonce: 'n' }, 'ended', 'Send the access token'],
    ['that is an ID token of a code flow', { at_hash: 'h' }, 'ended', 'Send the access token'],
    ['without a role of ours', { roles: ['other'] }, 'forbidden', 'OIDC_ROLE_MAP'],
  ])('%s is refused, and it is said why', async (_what, claims, failure, message) => {
    const verdict = await look(await issuer.token(claims));
    expect(verdict).toMatchObject({ failure, message: expect.stringContaining(message) });
  });

  it('under no algorithm, or a public key as a secret, is a guess', async () => {
    const claims = { iss: issuer.url, aud: AUDIENCE, sub: 'user-1', roles: ['family-hub-admin'], exp: now() + MINUTE };
    const none = `${encode({ alg: 'none' })}.${encode(claims)}.`;
    const unsigned = `${encode({ alg: 'HS256', kid: 'key-1' })}.${encode(claims)}`;
    const secret = await exportSPKI(issuer.publicKey());
    const hmac = `${unsigned}.${createHmac('sha256', secret).update(unsigned).digest('base64url')}`;
    const good = await issuer.token();
    const altered = good
      .split('.')
      .with(1, encode({ ...claims, sub: 'user-2' }))
      .join('.');
    for (const token of [none, hmac, altered, `${good.slice(0, -8)}AAAAAAAA`, `${encode({})}.${encode({})}.x`])
      expect(await look(token), token).toMatchObject({ failure: 'unknown' });
  });

  it('under a key of somebody else is a guess, also with the issuer’s key id', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    expect(await look(await issuer.token({}, { key: privateKey }))).toMatchObject({ failure: 'unknown' });
    const embedded = await issuer.token({}, { key: privateKey, kid: 'nobody' });
    expect(await look(embedded)).toMatchObject({ failure: 'unknown' });
  });
});

describe('the issuer’s keys', () => {
  it('are read once, and not again for each unknown key id', async () => {
    const fresh = createIssuer({ issuer: issuer.url, logger: silentLogger });
    const asked = { ...issuer.asked };
    const { privateKey } = await generateKeyPair('RS256');
    await look(await issuer.token(), fresh);
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, n) => issuer.token({}, { key: privateKey, kid: `made-up-${n}` })),
    );
    for (const verdict of await Promise.all(made.map((token) => look(token, fresh))))
      expect(verdict).toMatchObject({ failure: 'unknown' });
    expect((issuer.asked['/keys'] ?? 0) - (asked['/keys'] ?? 0)).toBe(1);
    expect(
      (issuer.asked['/.well-known/openid-configuration'] ?? 0) - (asked['/.well-known/openid-configuration'] ?? 0),
    ).toBe(1);
  });

  it('roll over: the new one is found, the old one is good while it is shown', async () => {
    const old = await issuer.token();
    expect(await look(old)).toHaveProperty('proof');
    await issuer.rollOver();
    const young = await issuer.token();
    await expect.poll(() => look(young), { timeout: 30_000, interval: 20 }).toHaveProperty('proof');
    expect(await look(old)).toHaveProperty('proof');
    await issuer.rollOver({ drop: true });
    const youngest = await issuer.token();
    await expect.poll(() => look(youngest), { timeout: 30_000, interval: 20 }).toHaveProperty('proof');
    expect(await look(old)).toMatchObject({ failure: 'unknown' });
  });
});

describe('an issuer that is away', () => {
  it('makes nobody a liar: nobody can say, few questions are asked, and it goes on when it is back', async () => {
    const fresh = createIssuer({ issuer: issuer.url, logger: silentLogger, cooldowns });
    const asked = issuer.asked['/.well-known/openid-configuration'] ?? 0;
    issuer.setDown(true);
    const token = await issuer.token();
    for (let n = 0; n < 20; n++) expect(await look(token, fresh)).toMatchObject({ failure: 'unavailable' });
    expect((issuer.asked['/.well-known/openid-configuration'] ?? 0) - asked).toBeLessThanOrEqual(2);
    expect(await look(token), 'whose keys are known already').toHaveProperty('proof');
    issuer.setDown(false);
    await expect.poll(() => look(token, fresh), { timeout: 30_000, interval: 20 }).toHaveProperty('proof');
  });

  it('or that names itself otherwise, is not believed', async () => {
    const { port } = new URL(issuer.url);
    const other = createIssuer({ issuer: `http://127.0.0.1:${port}`, logger: silentLogger });
    expect(await look(await issuer.token(), other)).toMatchObject({ failure: 'unavailable' });
  });
});
