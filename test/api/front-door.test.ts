/**
 * Requests before they reach GraphQL: pages of other origins, duplicate headers, invalid cookies, too many requests
 * on any path.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ask } from '../support/raw-request.ts';

const FRIEND = 'https://friend.example';
const ADMIN = 'the-admin-token-of-this-test-is-long';
const RATE = { RATE_LIMIT: 1, rateBurstSeconds: 5 };

let database: TestDatabase;
let open: TestApp;
let guarded: TestApp;
let hurried: TestApp;
let looks = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  const common = { url: database.url, hasTimers: false };
  open = await startTestApp({ ...common, config: { CORS_ORIGINS: [FRIEND] } });
  guarded = await startTestApp({
    ...common,
    nodeName: 'guarded',
    config: { ADMIN_TOKEN: ADMIN },
    wrapDatabase: (db) => ({
      ...db,
      query: (sql, values) => {
        if (sql.includes('FROM auth.sessions')) looks += 1;
        return db.query(sql, values);
      },
    }),
  });
  hurried = await startTestApp({ ...common, nodeName: 'hurried', config: { ADMIN_TOKEN: ADMIN, ...RATE } });
});
afterAll(async () => {
  await Promise.all([open?.close(), guarded?.close(), hurried?.close()]);
  await database?.drop();
});

describe('a page of another origin', () => {
  const preflight = { origin: 'https://stranger.example', 'access-control-request-method': 'POST' };

  test('that asks whether it may is told where origins are listed', async () => {
    for (const app of [open, guarded]) {
      const { status, text, headers } = await ask(app, '/graphql', { method: 'OPTIONS', headers: preflight });
      expect(status).toBe(403);
      expect(text).toMatch(/https:\/\/stranger\.example may not call this server.*CORS_ORIGINS/);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });

  test('gets nothing done where nobody is asked who they are, unless its origin is listed', async () => {
    const exports = () => database.db.query(`SELECT FROM auth.audit_entries WHERE action = 'exportAuditTrail'`);
    const foreign = { 'sec-fetch-site': 'cross-site' };
    for (const [path, headers] of [
      ['/audit/export', foreign],
      ['/audit/export', { ...foreign, origin: 'https://stranger.example' }],
      ['/audit/export', { origin: 'https://stranger.example' }],
      ['/queue/export?format=csv', foreign],
      ['/metrics', foreign],
    ] as const) {
      expect((await ask(open, path, { headers })).status, `${path} ${JSON.stringify(headers)}`).toBe(403);
    }
    expect(await exports()).toHaveLength(0);
    expect((await ask(open, '/audit/export', { headers: { ...foreign, origin: FRIEND } })).status).toBe(200);
    expect((await ask(open, '/audit/export', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200);
    expect((await ask(open, '/audit/export')).status).toBe(200);
    expect(await exports()).toHaveLength(3);
  });
});

describe('a page of the host that is asked, over plain HTTP behind a proxy', () => {
  const host = 'localhost';
  const typename = `/graphql?query=${encodeURIComponent('{ __typename }')}`;
  const from = (origin: string) => ({
    headers: { host, origin, accept: 'application/json', 'x-graphql-yoga-csrf': '1' },
  });

  test('is this server’s own; that of another host is not', async () => {
    expect((await ask(open, typename, from('http://localhost'))).status).toBe(200);
    expect((await ask(open, typename, from('http://stranger.example'))).status).toBe(403);
  });
});

describe('headers that count once', () => {
  test.each([
    ['Host', 'host: localhost\r\nhost: evil.example\r\n'],
    ['Host', 'host: localhost\r\nHOST: localhost\r\n'],
    ['Authorization', `host: localhost\r\nauthorization: Bearer ${ADMIN}\r\nauthorization: Bearer x\r\n`],
    ['Content-Type', 'host: localhost\r\ncontent-type: text/plain\r\ncontent-type: application/json\r\n'],
  ])('%s twice is refused', async (_name, headers) => {
    const socket = connect(Number(new URL(open.url).port), '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.write(`GET /health/live HTTP/1.1\r\n${headers}connection: close\r\n\r\n`);
    await once(socket, 'close');
    expect(answer).toMatch(/^HTTP\/1\.1 400 [\s\S]*two headers where one is wanted/);
  });
});

describe('cookies of no session', () => {
  const show = (value: string, from: string) =>
    ask(guarded, '/graphql', { headers: { cookie: `family-hub-session=${value}`, accept: 'application/json' }, from });

  test('that are made up are guesses: their address is answered unseen, without a question to the database', async () => {
    const from = '127.0.8.1';
    const before = looks;
    const statuses: number[] = [];
    for (let n = 0; n < 40; n++) statuses.push((await show(`made-up-${n}`, from)).status);
    expect(statuses).toEqual([...Array<number>(10).fill(401), ...Array<number>(30).fill(429)]);
    expect(looks - before).toBe(10);
    expect((await show('made-up-elsewhere', '127.0.8.2')).status).toBe(401);
  });

  test('keep nobody at their address from a token that is right', async () => {
    const from = '127.0.8.4';
    for (let n = 0; n < 15; n++) await show(`over-${n}`, from);
    expect((await show('over-too', from)).status).toBe(429);
    const query = `/graphql?query=${encodeURIComponent('{ viewer { name } }')}`;
    const headers = { authorization: `Bearer ${ADMIN}`, accept: 'application/json' };
    expect((await ask(guarded, query, { headers, from })).status).toBe(200);
    // A wrong token is counted as the first guess, not as the last.
    const wrong = { ...headers, authorization: 'Bearer wrong' };
    expect((await ask(guarded, query, { headers: wrong, from })).status).toBe(401);
  });

  test('of which a browser sends one again and again, count once', async () => {
    const from = '127.0.8.3';
    const before = looks;
    for (let n = 0; n < 40; n++) expect((await show('long-over', from)).status).toBe(401);
    expect(looks - before).toBe(1);
  });
});

describe('too many requests from one address', () => {
  const PATHS = ['/audit/export', '/queue/export', '/sign-in', '/sign-out', '/metrics', '/', '/graphiql/graphiql.js'];

  test.each(PATHS)('to %s are told when to come again', async (path) => {
    const from = `127.0.7.${PATHS.indexOf(path) + 1}`;
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask(hurried, path, { from })));
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused.length).toBeGreaterThanOrEqual(5);
    expect(refused.length).toBeLessThanOrEqual(7);
    for (const { headers, text } of refused) {
      expect(headers['retry-after']).toBe('1');
      expect(text).toContain('RATE_LIMITED');
    }
  });

  test('do not make a load balancer take the node for broken', async () => {
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => ask(hurried, '/health/ready', { from: '127.0.7.99' })),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});
