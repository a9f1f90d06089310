/**
 * Authentication: with access control only callers with a verified credential, without it every local caller; the
 * errors that the others get; and that guessing is slowed down.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/graphql/errors.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { startIssuer, type TestIssuer } from '../support/issuer.ts';
import { subscribe } from '../support/sse.ts';

const ADMIN = 'an-admin-token-that-is-long-enough-0123';
const METRICS = 'a-metrics-token-that-is-long-enough-012';
let folder: string;
let adminFile: string;
let database: TestDatabase;
let issuer: TestIssuer;
/** A server with access control. */
let guarded: TestApp;
/** A server without access control. */
let open: TestApp;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'family-hub-jobs-access-'));
  adminFile = join(folder, 'admin-token');
  writeFileSync(adminFile, `${ADMIN}\n`);
  database = await createTestDatabase();
  issuer = await startIssuer({ audience: 'the-project', clientId: 'client' });
  const oidc = {
    OIDC_ISSUER: issuer.url,
    OIDC_AUDIENCE: 'the-project',
    OIDC_FAMILY_CLAIM: 'family',
    OIDC_CLIENT_ID: 'client',
  };
  guarded = await startTestApp({
    url: database.url,
    hasTimers: false,
    config: { ADMIN_TOKEN_FILE: adminFile, METRICS_TOKEN: METRICS, ...oidc },
  });
  open = await startTestApp({ url: database.url, hasTimers: false });
});
afterAll(async () => {
  await Promise.all([guarded?.close(), open?.close()]);
  await issuer?.close();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Sends a request from a chosen local address: all of 127.0.0.0/8 is loopback. */
function ask(
  app: TestApp,
  path: string,
  {
    from = '127.0.0.1',
    query,
    ...credential
  }: { from?: string; authorization?: string; cookie?: string; query?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const shown = Object.entries(credential).filter(([, value]) => value !== undefined);
    const headers = { 'content-type': 'application/json', ...Object.fromEntries(shown) };
    const sent = request(
      new URL(path, app.url),
      { method: query === undefined ? 'GET' : 'POST', localAddress: from, headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
      },
    );
    sent.once('error', reject).end(query === undefined ? undefined : JSON.stringify({ query }));
  });
}
const viewer = (app: TestApp, authorization?: string, from?: string): Promise<Answer> =>
  ask(app, '/graphql', { query: '{ viewer { kind name role familyId } }', authorization, from });
const bearer = (token: string): string => `Bearer ${token}`;
const codeOf = ({ text }: Answer): string | undefined =>
  (JSON.parse(text) as { errors?: { extensions: { code: string } }[] }).errors?.[0]?.extensions.code;

describe('with access control', () => {
  test('nobody is let in unasked, and what to do is said', async () => {
    const answer = await viewer(guarded);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="family-hub-jobs"');
    expect(answer.text).toContain('Authorization: Bearer');
    expect(ERROR_CODES).toHaveProperty('UNAUTHENTICATED');
  });

  test.each([
    ['an unknown token', bearer('x'.repeat(40)), 'invalid_token'],
    ['a good form of a token that was never made', bearer(`fhj_aaaaaaaa_${'a'.repeat(49)}`), 'invalid_token'],
    ['another scheme', `Basic ${Buffer.from('a:b').toString('base64')}`, 'invalid_request'],
    ['a scheme alone', 'Bearer', 'invalid_request'],
  ])('%s is refused', async (_what, authorization, error) => {
    const answer = await viewer(guarded, authorization, '127.0.1.1');
    expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answer.headers['www-authenticate']).toMatch(new RegExp(`^Bearer realm="[^"]+", error="${error}"`));
  });

  test('health says up or not, and nothing more', async () => {
    for (const path of ['/health/live', '/health/ready']) {
      const answer = await ask(guarded, path);
      expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { status: 'up' }]);
    }
  });

  test('the metrics are for METRICS_TOKEN, which is good for nothing else, and for callers of all families', async () => {
    const { familyId } = await seedFamily(database.db);
    const ofFamily = await issuer.token({ roles: ['family-hub-viewer'], family: familyId });
    const ofAll = await issuer.token({ roles: ['family-hub-viewer'], family: '*' });
    const scrape = async (token?: string) =>
      (await ask(guarded, '/metrics', token === undefined ? {} : { authorization: bearer(token), from: '127.0.1.2' }))
        .status;
    expect([await scrape(), await scrape('x'.repeat(32)), await scrape(ofFamily)]).toEqual([401, 401, 403]);
    expect([await scrape(METRICS), await scrape(ofAll), await scrape(ADMIN)]).toEqual([200, 200, 200]);
    expect((await viewer(guarded, bearer(METRICS), '127.0.1.2')).status).toBe(401);
  });

  test('a token of the issuer is its subject, in its role and family', async () => {
    const { familyId } = await seedFamily(database.db);
    const token = await issuer.token({
      sub: 'ada',
      name: 'Ada\nAdams',
      roles: ['family-hub-operator'],
      family: familyId,
    });
    expect(JSON.parse((await viewer(guarded, bearer(token))).text)).toEqual({
      data: { viewer: { kind: 'OIDC', name: 'Ada Adams', role: 'OPERATOR', familyId } },
    });
    const unbound = await viewer(guarded, bearer(await issuer.token({ family: undefined })));
    expect([unbound.status, codeOf(unbound)]).toEqual([403, 'FORBIDDEN']);
    const expired = await viewer(guarded, bearer(await issuer.token({ exp: 1_000_000_000, family: '*' })));
    expect([expired.status, codeOf(expired)]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('nobody can say while the issuer is away: 503, and no guess', async () => {
    const away = await startTestApp({
      url: database.url,
      hasTimers: false,
      config: { OIDC_ISSUER: 'http://127.0.0.1:9', OIDC_AUDIENCE: 'x' },
    });
    try {
      for (let n = 0; n < 12; n++) {
        const answer = await viewer(away, bearer(await issuer.token()));
        expect([answer.status, codeOf(answer)]).toEqual([503, 'SERVICE_UNAVAILABLE']);
        expect(answer.headers['retry-after']).toBe('5');
      }
    } finally {
      await away.close();
    }
  });

  test('a changed ADMIN_TOKEN_FILE is felt: the old token is nobody’s, and what it held open ends', async () => {
    expect((await viewer(guarded, bearer(ADMIN))).status).toBe(200);
    const stream = await subscribe(guarded, 'subscription { jobRunChanged { runId } }', {
      authorization: bearer(ADMIN),
    });
    const next = 'another-admin-token-that-is-long-enough';
    writeFileSync(adminFile, next);
    const from = (n: number): string => `127.0.2.${n}`;
    let tries = 0;
    await expect
      .poll(async () => (await viewer(guarded, bearer(next), from(++tries))).status, { timeout: 30_000 })
      .toBe(200);
    expect((await viewer(guarded, bearer(ADMIN), '127.0.1.3')).status).toBe(401);
    // A changed file sends no notice; any access notice makes the server check its streams too.
    guarded.notices.notify('access');
    await stream.ended;
    expect(stream.events().at(-1)).toContain('"code":"UNAUTHENTICATED"');
    writeFileSync(adminFile, 'short');
    const complaints = async (): Promise<number> => {
      expect((await viewer(guarded, bearer(next))).status, 'an unusable file changes nothing').toBe(200);
      return guarded.logLines.filter(({ msg }) => String(msg).includes('does not hold 32 to 512')).length;
    };
    await expect.poll(complaints, { timeout: 30_000 }).toBe(1);
    writeFileSync(adminFile, next);
  });
});

describe('without access control', () => {
  test('everybody on this machine is local; a token that is shown all the same is looked at', async () => {
    expect(JSON.parse((await viewer(open)).text)).toEqual({
      data: { viewer: { kind: 'LOCAL', name: 'local', role: 'ADMIN', familyId: null } },
    });
    const { body } = await open.graphql<{ createApiToken: { token: string } }>(
      'mutation { createApiToken(input: { name: "tried out", role: VIEWER }) { ... on CreateApiTokenPayload { token } } }',
    );
    expect(JSON.parse((await viewer(open, bearer(body.data.createApiToken.token))).text)).toEqual({
      data: { viewer: { kind: 'API_TOKEN', name: 'tried out', role: 'VIEWER', familyId: null } },
    });
    expect((await viewer(open, bearer('wrong'))).status).toBe(401);
    for (let n = 0; n < 12; n++) {
      const stale = await open.graphql('{ viewer { name } }', {}, { cookie: 'family-hub-session=of-another-server' });
      expect(stale.status, 'a stale cookie is nobody’s fault').toBe(200);
    }
    expect((await ask(open, '/metrics')).status).toBe(200);
  });
});

describe('guessing', () => {
  const guess = (n: number, from: string) => viewer(guarded, bearer(`a guess, number ${n}`.replaceAll(' ', '-')), from);

  test('is answered unseen from the eleventh on, and only where it comes from', async () => {
    const from = '127.0.9.1';
    const { token } = await madeByAdmin('behind-the-same-address');
    expect((await viewer(guarded, bearer(token), from)).status, 'seen here before').toBe(200);
    for (let n = 0; n < 10; n++) expect((await guess(n, from)).status).toBe(401);
    const stopped = await guess(10, from);
    expect([stopped.status, codeOf(stopped)]).toEqual([429, 'RATE_LIMITED']);
    expect(Number(stopped.headers['retry-after'])).toBeGreaterThan(25);

    const { token: good } = await madeByAdmin('never-shown-here');
    expect((await viewer(guarded, bearer(good), from)).status, 'unseen means unseen').toBe(429);
    expect((await viewer(guarded, bearer('another-admin-token-that-is-long-enough'), from)).status).toBe(429);
    expect((await viewer(guarded, bearer(good), '127.0.9.2')).status, 'elsewhere it is good').toBe(200);
    expect((await viewer(guarded, bearer(token), from)).status, 'who was known here goes on').toBe(200);
    expect((await viewer(guarded, undefined, from)).status, 'nothing shown is no guess').toBe(401);
  });

  test('is told once in the log, without what was tried, and counted', async () => {
    const from = '127.0.9.3';
    const before = guarded.logLines.length;
    for (let n = 0; n < 15; n++) await guess(n, from);
    const lines = guarded.logLines.slice(before).filter(({ address }) => address === from);
    expect(lines.map(({ msg }) => msg)).toEqual([
      'An authentication failed',
      'Too many failed authentications: this address is answered unseen for a while',
    ]);
    expect(JSON.stringify(guarded.logLines)).not.toContain('a-guess');
    const { text } = await guarded.metrics.scrape();
    const countOf = (reason: string) =>
      Number(new RegExp(`family_hub_authentication_failures_total{reason="${reason}"} (\\d+)`).exec(text)?.[1]);
    expect(countOf('unknown')).toBeGreaterThanOrEqual(20);
    expect(countOf('throttled')).toBeGreaterThanOrEqual(5);
  });

  test('by made-up returns from the issuer counts too, and the issuer is spared', async () => {
    const departure = { state: 's', nonce: 'n', verifier: 'v'.repeat(43), returnTo: '/graphql' };
    const cookie = `family-hub-departure=${Buffer.from(JSON.stringify(departure)).toString('base64url')}`;
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) {
      const path = `/sign-in/callback?state=s&code=made-up-${n}`;
      statuses.push((await ask(guarded, path, { cookie, from: '127.0.9.4' })).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(400), 429, 429]);
    expect(issuer.asked['/token']).toBe(10);
  });

  async function madeByAdmin(name: string): Promise<{ token: string }> {
    const { body } = await open.graphql<{ createApiToken: { token: string } }>(
      'mutation ($name: String!) { createApiToken(input: { name: $name, role: VIEWER }) { ... on CreateApiTokenPayload { token } } }',
      { name },
    );
    return body.data.createApiToken;
  }
});
