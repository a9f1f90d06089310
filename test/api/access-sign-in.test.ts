/**
 * The browser sign-in as HTTP: the page, the form, the flow through an issuer, cookies, and sessions that every
 * node knows and that end with the credential that started them.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';
import { subscribe } from '../support/sse.ts';

const ADMIN = 'an-admin-token-that-is-long-enough-0123';
let database: TestDatabase;
let issuer: TestIssuer;
let first: TestApp;
let second: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  const client = { clientId: 'hub-client', clientSecret: 'a secret: %' };
  issuer = await startIssuer({ audience: 'the-project', ...client });
  const config = {
    ADMIN_TOKEN: ADMIN,
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: 'the-project',
    OIDC_CLIENT_ID: client.clientId,
    OIDC_CLIENT_SECRET: client.clientSecret,
    authenticationFailuresPerMinute: 1_000,
  };
  first = await startTestApp({ url: database.url, config, hasTimers: false });
  second = await startTestApp({
    url: database.url,
    config: { ...config, PUBLIC_URL: 'https://jobs.example.org' },
    hasTimers: false,
  });
});
afterAll(async () => {
  await Promise.all([first?.close(), second?.close()]);
  await issuer?.close();
  await database?.drop();
});

const get = (app: TestApp, path: string, headers: Record<string, string> = {}) =>
  fetch(app.url + path, { redirect: 'manual', headers: { accept: 'text/html', ...headers } });
const post = (app: TestApp, path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(app.url + path, { method: 'POST', redirect: 'manual', body: new URLSearchParams(fields), headers });
/** The cookie that a response sets, as a browser sends it back. */
const cookieOf = (response: Response, name: string): string => {
  const line = response.headers.getSetCookie().find((one) => one.includes(`family-hub-${name}=`)) ?? '';
  return line.split(';')[0] ?? '';
};
const signIn = async (token: string): Promise<string> => cookieOf(await post(first, '/sign-in', { token }), 'session');
const viewer = async (app: TestApp, cookie: string) => {
  const answer = await app.graphql<{ viewer: object }>('{ viewer { kind name role tokenPrefix } }', {}, { cookie });
  return answer.status === 200 ? answer.body.data.viewer : answer.status;
};
const makeToken = async (name: string, expiresAt?: string) => {
  const { body } = await first.graphql<{ createApiToken: { token: string; apiToken: { apiTokenId: string } } }>(
    `mutation ($input: CreateApiTokenInput!) { createApiToken(input: $input) {
       ... on CreateApiTokenPayload { token apiToken { apiTokenId } } } }`,
    { input: { name, role: 'OPERATOR', expiresAt } },
    { authorization: `Bearer ${ADMIN}` },
  );
  return body.data.createApiToken;
};
/** The cookie of the same session on a server that is not reached over loopback. */
const abroad = (cookie: string): string => `__Host-${cookie}`;

describe('the page', () => {
  test('is led to, has a form with a label, and lets nothing run', async () => {
    const led = await get(first, '/graphql');
    expect([led.status, led.headers.get('location')]).toEqual([302, '/sign-in?returnTo=%2Fgraphql']);
    const page = await get(first, '/sign-in?returnTo=/graphql');
    const html = await page.text();
    expect(page.status).toBe(200);
    expect(html).toContain('<label for="token">');
    expect(html).toContain(`Sign in at ${new URL(issuer.url).host}`);
    expect(html).not.toMatch(/<script|javascript:|\son\w+=|style="/);
    expect(page.headers.get('cache-control')).toBe('no-store');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self'; /);
    expect(policy).not.toContain('unsafe');
  });

  test('writes what it is given as text', async () => {
    const html = await (
      await get(first, `/sign-in?returnTo=${encodeURIComponent('/a"><script>alert(1)</script>')}`)
    ).text();
    expect(html).not.toContain('<script');
  });

  test('asks again where another site has led, and leads on who is signed in', async () => {
    const path = '/sign-in?returnTo=/graphql';
    const asked = await (await get(first, path, { 'sec-fetch-site': 'cross-site' })).text();
    expect(asked).toContain('<meta http-equiv="refresh" content="0; url=/sign-in?returnTo=%2Fgraphql">');
    const cookie = await signIn(ADMIN);
    const led = await get(first, path, { cookie, 'sec-fetch-site': 'same-origin' });
    expect([led.status, led.headers.get('location')]).toEqual([303, '/graphql']);
  });

  test('answers only the methods that it has', async () => {
    const answer = await fetch(`${first.url}/sign-out`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('with a token', () => {
  test('a browser gets a cookie that no script reads and no other site sends', async () => {
    const answer = await post(first, '/sign-in', { token: ` ${ADMIN}\n`, returnTo: '/graphql?a=1' });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/graphql?a=1']);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^family-hub-session=[\w-]{43}; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/),
    ]);
    const elsewhere = await post(second, '/sign-in', { token: ADMIN });
    expect(elsewhere.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-family-hub-session=[\w-]{43}; Path=\/; .*HttpOnly; SameSite=Strict; Secure$/),
    ]);
  });

  test('it is the token’s owner on every node, until it signs out', async () => {
    const { token } = await makeToken('of-a-browser');
    const cookie = await signIn(token);
    const owner = { kind: 'API_TOKEN', name: 'of-a-browser', role: 'OPERATOR', tokenPrefix: token.slice(0, 12) };
    expect(await viewer(first, cookie)).toEqual(owner);
    expect(await viewer(second, abroad(cookie))).toEqual(owner);
    expect(await (await get(first, '/sign-in', { cookie })).text()).toContain('signed in as <strong>of-a-browser');
    expect((await get(first, '/graphql', { cookie })).status, 'GraphiQL').toBe(200);

    const stream = await subscribe(first, 'subscription { jobRunChanged { runId } }', { cookie });
    const out = await post(first, '/sign-out', {}, { cookie });
    expect([out.status, out.headers.get('location')]).toEqual([303, '/sign-in']);
    expect(out.headers.getSetCookie()).toEqual([expect.stringMatching(/^family-hub-session=; .*Max-Age=0;/)]);
    await stream.ended;
    expect(await viewer(first, cookie)).toBe(401);
    const forgets = (await get(first, '/sign-in', { cookie })).headers.getSetCookie();
    expect(forgets, 'a cookie that was kept is forgotten').toEqual([expect.stringContaining('Max-Age=0')]);
    await expect.poll(() => viewer(second, abroad(cookie)), { timeout: 30_000, interval: 10 }).toBe(401);
    const acts = await database.db.query<{ action: string }>(
      `SELECT action FROM auth.audit_entries WHERE actor = 'of-a-browser' ORDER BY sequence`,
    );
    expect(acts.map(({ action }) => action)).toEqual(['signIn', 'signOut']);
  });

  test('the session ends with the token, and not later than it', async () => {
    const { token, apiToken } = await makeToken('ends', new Date(Date.now() + 3_600_000).toISOString());
    const cookie = await signIn(token);
    expect(await viewer(second, abroad(cookie))).toMatchObject({ name: 'ends' });
    const [session] = await database.db.query<{ isBound: boolean }>(
      `SELECT session.expires_at = token.expires_at AS "isBound" FROM auth.sessions AS session
         JOIN auth.api_tokens AS token ON token.id = session.api_token_id WHERE token.id = $1`,
      [apiToken.apiTokenId],
    );
    expect(session?.isBound).toBe(true);
    await first.graphql(
      'mutation ($id: UUID!) { revokeApiToken(input: { apiTokenId: $id }) { __typename } }',
      { id: apiToken.apiTokenId },
      { authorization: `Bearer ${ADMIN}` },
    );
    await expect.poll(() => viewer(second, abroad(cookie)), { timeout: 30_000, interval: 10 }).toBe(401);
    const page = await get(first, '/sign-in?returnTo=/queue', { cookie });
    expect(await page.text()).toContain(
      '<p role="alert">You were signed out: your token was revoked. Sign in again.</p>',
    );
    expect(page.headers.getSetCookie().join()).toContain('family-hub-session=; Path=/; Max-Age=0');
  });

  test('a changed ADMIN_TOKEN ends its sessions, and none is known from a dump', async () => {
    const cookie = await signIn(ADMIN);
    expect(await viewer(first, cookie)).toMatchObject({ kind: 'ADMIN_TOKEN', role: 'ADMIN' });
    const other = await startTestApp({
      url: database.url,
      config: { ADMIN_TOKEN: ADMIN.replace('an', 'another') },
      hasTimers: false,
    });
    try {
      expect(await viewer(other, cookie)).toBe(401);
    } finally {
      await other.close();
    }
    const rows = await database.db.query('SELECT row(s.*)::text FROM auth.sessions AS s');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toContain(cookie.split('=')[1]);
  });

  test('that is wrong, the page says so and nothing is set', async () => {
    const answer = await post(first, '/sign-in', { token: 'wrong', returnTo: '//evil.example' });
    const html = await answer.text();
    expect(answer.status).toBe(401);
    expect(html).toMatch(/<p role="alert">The token is not one of this server/);
    expect(html).not.toContain('evil.example');
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect((await post(first, '/sign-in', { token: '' })).status).toBe(400);
  });

  test.each([
    ['the sign-in', '/sign-in'],
    ['the sign-out', '/sign-out'],
  ])('%s is no business of another site', async (_what, path) => {
    const cookie = await signIn(ADMIN);
    const foreign: Record<string, string>[] = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', origin: first.url },
      { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' },
    ];
    for (const headers of foreign) {
      const answer = await post(first, path, { token: ADMIN }, { cookie, ...headers });
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
    }
    expect(await viewer(first, cookie), 'still signed in').toMatchObject({ role: 'ADMIN' });
    expect((await post(first, path, { token: ADMIN }, { origin: first.url })).status).toBe(303);
  });

  test('the API answers no other site in the name of who is signed in, and anybody who shows a token', async () => {
    const cookie = await signIn(ADMIN);
    const ask = (headers: Record<string, string>) => first.graphql('{ viewer { name } }', {}, headers);
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site', origin: first.url },
      { 'sec-fetch-site': 'same-site', origin: 'http://127.0.0.1:1' },
    ] as Record<string, string>[]) {
      const { status, body } = await ask({ cookie, ...headers });
      expect([status, body.errors?.[0]?.extensions.code]).toEqual([403, 'FORBIDDEN']);
      expect(body.errors?.[0]?.message).toContain('Authorization: Bearer');
      expect((await ask({ authorization: `Bearer ${ADMIN}`, ...headers })).status).toBe(200);
    }
    expect((await ask({ cookie, 'sec-fetch-site': 'same-origin', origin: first.url })).status).toBe(200);
    expect((await ask({ cookie, origin: first.url })).status).toBe(200);
    expect((await ask({ cookie })).status, 'a program').toBe(200);
    const link = await get(first, '/graphql', { cookie, 'sec-fetch-site': 'same-site', 'sec-fetch-mode': 'navigate' });
    expect(link.status, 'a link to GraphiQL').toBe(200);
  });

  test('over plain HTTP off this machine, the page says why it cannot last', async () => {
    const answer = await post(second, '/sign-in', { token: ADMIN }, { origin: 'http://jobs.example.org' });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([403, []]);
    expect(await answer.text()).toContain('Open https://jobs.example.org/sign-in instead');
    expect((await post(second, '/sign-in', { token: ADMIN }, { origin: 'https://jobs.example.org' })).status).toBe(303);
  });

  test('a GET with a cookie needs a header that no other site can send', async () => {
    const cookie = await signIn(ADMIN);
    const path = `/graphql?query=${encodeURIComponent('{ viewer { name } }')}`;
    const accept = 'application/json';
    expect((await get(first, path, { cookie, accept })).status).toBe(400);
    expect((await get(first, path, { cookie, accept, 'x-graphql-yoga-csrf': '1' })).status).toBe(200);
  });
});

describe('at an issuer', () => {
  /** Follows the redirects to the issuer and back, as a browser does. */
  const travel = async (change: (back: URL) => void = () => undefined) => {
    const out = await get(first, '/sign-in/oidc?returnTo=/graphql%3Fa=1');
    const departure = cookieOf(out, 'departure');
    const atIssuer = await fetch(out.headers.get('location') ?? '', { redirect: 'manual' });
    const back = new URL(atIssuer.headers.get('location') ?? '');
    change(back);
    return { back, departure, out, atIssuer };
  };
  const comeBack = (back: URL, cookie: string) => get(first, `${back.pathname}${back.search}`, { cookie });

  test('the code flow with PKCE, state and nonce signs a person in, and goes on by itself', async () => {
    const { back, departure, out } = await travel();
    expect(out.headers.getSetCookie()[0]).toMatch(/; Max-Age=600; HttpOnly; SameSite=Lax$/);
    const asked = new URL(out.headers.get('location') ?? '').searchParams;
    expect(asked.get('redirect_uri')).toBe(`${first.url}/sign-in/callback`);
    expect(Object.fromEntries(asked)).toMatchObject({
      code_challenge_method: 'S256',
      state: expect.stringMatching(/.{20}/),
      nonce: expect.stringMatching(/.{20}/),
    });
    const arrived = await comeBack(back, departure);
    expect(arrived.status).toBe(200);
    // A redirect would not send the strict cookie, because another site started the navigation.
    expect(await arrived.text()).toContain('<meta http-equiv="refresh" content="0; url=/graphql?a=1">');
    expect(arrived.headers.getSetCookie()).toHaveLength(2);
    expect(await viewer(second, abroad(cookieOf(arrived, 'session')))).toEqual({
      kind: 'OIDC',
      name: 'Ada Adams',
      role: 'ADMIN',
      tokenPrefix: null,
    });
    expect((await comeBack(back, departure)).status, 'a code is good once').toBe(400);
  });

  test('PUBLIC_URL says where to come back to', async () => {
    const out = await get(second, '/sign-in/oidc');
    const asked = new URL(out.headers.get('location') ?? '').searchParams;
    expect(asked.get('redirect_uri')).toBe('https://jobs.example.org/sign-in/callback');
    expect(cookieOf(out, 'departure')).toMatch(/^__Host-family-hub-departure=/);
  });

  test('the session ends when the issuer, or what its roles mean, is configured anew', async () => {
    const { back, departure } = await travel();
    const cookie = cookieOf(await comeBack(back, departure), 'session');
    const shown = cookieOf(await post(first, '/sign-in', { token: await issuer.token() }), 'session');
    const asBefore = {
      ADMIN_TOKEN: ADMIN,
      OIDC_ISSUER: issuer.url,
      OIDC_AUDIENCE: 'the-project',
      OIDC_CLIENT_ID: 'hub-client',
      OIDC_CLIENT_SECRET: 'another secret is no other configuration',
    };
    const changes: [string, Partial<Config>, boolean][] = [
      ['nothing', {}, true],
      ['the issuer', { OIDC_ISSUER: 'https://id.example.org' }, false],
      ['the audience', { OIDC_AUDIENCE: 'another-project' }, false],
      ['the client', { OIDC_CLIENT_ID: 'another-client' }, false],
      ['the claim of the roles', { OIDC_ROLE_CLAIM: 'groups' }, false],
      ['the map of the roles', { OIDC_ROLE_MAP: new Map([['family-hub-admin', 'viewer']]) }, false],
      ['the claim of the family', { OIDC_FAMILY_CLAIM: 'family_id' }, false],
      ['that there is an issuer', { OIDC_ISSUER: undefined, OIDC_AUDIENCE: undefined }, false],
    ];
    for (const [what, change, isGood] of changes) {
      const other = await startTestApp({ url: database.url, config: { ...asBefore, ...change }, hasTimers: false });
      try {
        for (const one of [cookie, shown])
          expect(await viewer(other, one), what).toEqual(isGood ? expect.objectContaining({ kind: 'OIDC' }) : 401);
      } finally {
        await other.close();
      }
    }
    expect(await viewer(first, cookie)).toMatchObject({ kind: 'OIDC', role: 'ADMIN' });
  });

  test('roles that only the user info has count too', async () => {
    issuer.user = { sub: 'user-2', name: 'Bob' };
    issuer.userInfo = { roles: ['family-hub-viewer'] };
    const { back, departure } = await travel();
    expect(await viewer(first, cookieOf(await comeBack(back, departure), 'session'))).toMatchObject({ role: 'VIEWER' });
    issuer.userInfo = {};
    const again = await travel();
    const refused = await comeBack(again.back, again.departure);
    expect(refused.status).toBe(403);
    expect(await refused.text()).toContain('None of your roles at the issuer (claim roles) is a role of this server.');
    issuer.user = { sub: 'user-1', name: 'Ada Adams', roles: ['family-hub-admin'] };
  });

  test.each<[string, (back: URL, departure: string) => [URL, string]]>([
    ['without what it set out with', (back) => [back, '']],
    ['with another state', (back, cookie) => [withParameter(back, 'state', 'x'.repeat(43)), cookie]],
    ['with a made-up code', (back, cookie) => [withParameter(back, 'code', 'made-up'), cookie]],
    ['with an error', (back, cookie) => [withParameter(back, 'error', 'access_denied'), cookie]],
    ['with nonsense for a cookie', (back) => [back, 'family-hub-departure=e30']],
  ])('who comes back %s is not signed in', async (_what, change) => {
    const { back, departure } = await travel();
    const answer = await comeBack(...change(back, departure));
    expect(answer.status).toBe(400);
    expect(cookieOf(answer, 'session')).toBe('');
    expect(await answer.text()).toContain('role="alert"');
  });

  test('who comes back in another browser’s stead is not signed in: the PKCE verifier is another', async () => {
    const [mine, theirs] = [await travel(), await travel()];
    const stolen = withParameter(mine.back, 'code', theirs.back.searchParams.get('code') ?? '');
    expect((await comeBack(stolen, mine.departure)).status).toBe(400);
  });

  test.each([
    ['nonce', { nonce: 'another' }],
    ['audience', { aud: 'another-client' }],
    ['issuer', { iss: 'https://evil.example' }],
    ['end', { exp: 1_000_000_000 }],
  ])('an ID token with a wrong %s signs nobody in', async (_what, claims) => {
    issuer.idTokenClaims = claims;
    const { back, departure } = await travel();
    const answer = await comeBack(back, departure);
    issuer.idTokenClaims = {};
    expect([answer.status, cookieOf(answer, 'session')]).toEqual([400, '']);
  });

  test('that is away, the page says so and a token still does', async () => {
    const lost = await startTestApp({
      url: database.url,
      hasTimers: false,
      config: { ADMIN_TOKEN: ADMIN, OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_AUDIENCE: 'x', OIDC_CLIENT_ID: 'y' },
    });
    try {
      const answer = await get(lost, '/sign-in/oidc');
      expect(answer.status).toBe(503);
      expect(await answer.text()).toContain('127.0.0.1:9 cannot be reached now');
      expect((await post(lost, '/sign-in', { token: ADMIN })).status).toBe(303);
    } finally {
      await lost.close();
    }
  });
});

function withParameter(url: URL, name: string, value: string): URL {
  const changed = new URL(url);
  changed.searchParams.set(name, value);
  return changed;
}
