/**
 * Security headers, accepted host names and origins, and what can be switched off: one server with its defaults,
 * one locked down.
 */
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const FRIEND = 'https://app.example.org';

let database: TestDatabase;
let usual: TestApp;
let closed: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  usual = await startTestApp({ url: database.url, hasTimers: false });
  closed = await startTestApp({
    url: database.url,
    hasTimers: false,
    nodeName: 'closed',
    config: {
      GRAPHIQL: 'false',
      INTROSPECTION: 'false',
      ALLOWED_HOSTS: ['jobs.example.org'],
      CORS_ORIGINS: [FRIEND],
    },
  });
});
afterAll(async () => {
  await Promise.all([usual?.close(), closed?.close()]);
  await database?.drop();
});

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Uses node:http because fetch sets Host and Origin itself. */
const ask = (
  app: TestApp,
  path: string,
  headers: Record<string, string> = {},
  { method = 'GET', body = '' } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    request(new URL(path, app.url), { method, headers }, (response) => {
      let text = '';
      response.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    })
      .on('error', reject)
      .end(body);
  });

const PAGE = { accept: 'text/html' };
const JSON_POST = { 'content-type': 'application/json', accept: 'application/json' };
const TYPENAME = { method: 'POST', body: '{"query":"{ __typename }"}' };

describe('every answer', () => {
  test.each<[string, string, Record<string, string>, object]>([
    ['a refused request', '/graphql', { 'content-type': 'text/plain' }, TYPENAME],
    ['the page', '/graphql', PAGE, {}],
    ['its script', '/graphiql/graphiql.js', {}, {}],
    ['health', '/health/live', {}, {}],
    ['metrics', '/metrics', {}, {}],
    ['nothing', '/nothing-here', {}, {}],
    ['a misdirected request', '/graphql', { host: 'evil.example' }, {}],
  ])('%s has the security headers', async (_what, path, headers, options) => {
    const answer = await ask(usual, path, headers, options);
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'permissions-policy': expect.stringContaining('geolocation=()'),
    });
    const policy = String(answer.headers['content-security-policy']);
    for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "object-src 'none'"])
      expect(policy).toContain(rule);
    expect(policy).not.toMatch(/script-src[^;]*'unsafe-(inline|eval)'/);
    expect(answer.headers['x-powered-by']).toBeUndefined();
    expect(answer.headers.server).toBeUndefined();
  });

  test('data that a program asked for has those that matter where nothing is shown', async () => {
    const answer = await ask(usual, '/graphql', JSON_POST, TYPENAME);
    expect(answer.headers).toMatchObject({
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'cross-origin-resource-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    });
  });

  test('only GraphiQL may set styles', async () => {
    const page = await ask(usual, '/graphql', PAGE);
    expect(page.headers['content-security-policy']).toContain("style-src 'self' 'unsafe-inline'");
    const other = await ask(usual, '/health/live');
    expect(other.headers['content-security-policy']).not.toContain('unsafe');
  });

  test('browsers are told to keep to TLS where it came over TLS, but not for localhost', async () => {
    const secure = { 'x-forwarded-proto': 'https', host: 'jobs.example.org' };
    expect((await ask(closed, '/health/live', secure)).headers['strict-transport-security']).toBe('max-age=31536000');
    for (const headers of [{ host: 'jobs.example.org' }, { ...secure, host: 'localhost' }])
      expect((await ask(closed, '/health/live', headers)).headers['strict-transport-security']).toBeUndefined();
  });

  test('a header cannot be smuggled into it', async () => {
    const answer = await ask(usual, '/health/live%0d%0ax-evil:%201', { 'x-request-id': 'a b; x-evil: 1' });
    expect(answer.headers['x-evil']).toBeUndefined();
    expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('the Host header', () => {
  test.each([
    ['evil.example', 421],
    ['evil.example:4000', 421],
    ['localhost.evil.example', 421],
    ['10.0.0.1', 421],
    ['0.0.0.0', 421],
    ['localhost', 200],
    ['127.0.0.1', 200],
  ])('%s: %i on loopback', async (host, status) => {
    const answer = await ask(usual, '/graphql', { ...JSON_POST, host }, TYPENAME);
    expect(answer.status).toBe(status);
    if (status === 421) expect(answer.text).toContain('ALLOWED_HOSTS');
  });

  test.each([
    ['jobs.example.org', 200],
    ['jobs.example.org:8443', 200],
    ['evil.example', 421],
    ['x.jobs.example.org', 421],
  ])('%s: %i where jobs.example.org is listed', async (host, status) => {
    expect((await ask(closed, '/graphql', { ...JSON_POST, host }, TYPENAME)).status).toBe(status);
  });
});

describe('the Origin header', () => {
  const preflight = (app: TestApp, origin: string) =>
    ask(
      app,
      '/graphql',
      { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
      { method: 'OPTIONS' },
    );
  const corsHeaders = ({ headers }: Answer) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('access-control-')));

  test('where none is listed no origin gets a CORS header, asked or answered', async () => {
    for (const origin of [FRIEND, 'http://evil.example', 'null', usual.url]) {
      const answer = await ask(usual, '/graphql', { ...JSON_POST, origin }, TYPENAME);
      expect(corsHeaders(answer)).toEqual({});
      const asked = await preflight(usual, origin);
      expect(corsHeaders(asked)).toEqual({});
      expect(asked.status).toBeGreaterThanOrEqual(400);
    }
  });

  test('a listed origin may ask, without cookies, and is told what it may send', async () => {
    const asked = await preflight(closed, FRIEND);
    expect(asked.status).toBe(204);
    expect(corsHeaders(asked)).toEqual({
      'access-control-allow-origin': FRIEND,
      'access-control-allow-methods': 'GET, POST',
      'access-control-allow-headers': expect.stringContaining('authorization'),
      'access-control-expose-headers': expect.stringContaining('x-request-id'),
      'access-control-max-age': '600',
    });
    const answer = await ask(closed, '/graphql', { ...JSON_POST, origin: FRIEND }, TYPENAME);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': FRIEND,
      vary: expect.stringMatching(/origin/i),
    });
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined();
  });

  test.each([
    'http://app.example.org',
    'https://app.example.org:444',
    'https://app.example.org.evil.example',
    'https://evil-app.example.org',
    'https://APP.example.org',
    'null',
    '*',
  ])('%s is not the listed one', async (origin) => {
    expect(corsHeaders(await preflight(closed, origin))).toEqual({});
    expect(corsHeaders(await ask(closed, '/graphql', { ...JSON_POST, origin }, TYPENAME))).toEqual({});
  });
});

describe('what is switched off', () => {
  test('GraphiQL: no page and no part of it', async () => {
    expect((await ask(usual, '/graphql', PAGE)).text.length).toBeGreaterThan(100);
    const page = await ask(closed, '/graphql', PAGE);
    expect(page.headers['content-type']).not.toContain('html');
    expect(page.status).toBeGreaterThanOrEqual(400);
    expect((await ask(closed, '/graphiql/graphiql.js')).status).toBe(404);
  });

  test.each([
    '{ __schema { types { name } } }',
    '{ __type(name: "Query") { name } }',
    'query A { ...F } fragment F on Query { __schema { queryType { name } } }',
  ])('introspection: %s', async (query) => {
    expect((await usual.graphql(query)).body.errors).toBeUndefined();
    const { status, body } = await closed.graphql(query);
    expect(status).toBe(400);
    expect(body.data).toBeUndefined();
    expect(body.errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
  });

  test.each<[string, string, Record<string, unknown>?]>([
    ['a field', '{ queueStatistic { dueCount } }'],
    ['a field below', '{ queueStatistics { dueCoun } }'],
    ['a type', 'query ($x: QueuedCreationFilte) { __typename }'],
    ['an argument', '{ queuedCreations(filtr: {}) { totalCount } }'],
    ['an input field', '{ queuedCreations(filter: {usernam: "x"}) { totalCount } }'],
    ['an enum value', '{ queuedCreations(filter: {status: PENDNG}) { totalCount } }'],
    [
      'a variable’s field',
      'query ($f: QueuedCreationFilter) { queuedCreations(filter: $f) { totalCount } }',
      { f: { usernam: 1 } },
    ],
    [
      'a variable’s enum',
      'query ($f: QueuedCreationFilter) { queuedCreations(filter: $f) { totalCount } }',
      { f: { status: 'PENDNG' } },
    ],
  ])('suggestions: %s that is nearly one', async (_what, query, variables) => {
    const told = await usual.graphql(query, variables);
    expect(JSON.stringify(told.body.errors)).toContain('Did you mean');
    const { body } = await closed.graphql(query, variables);
    expect(body.errors?.length).toBeGreaterThan(0);
    expect(JSON.stringify(body.errors)).not.toContain('Did you mean');
    expect(JSON.stringify(body.errors)).not.toMatch(/queueStatistics\b|dueCount\b|"filter"|include\b|PENDING/);
  });
});
