/**
 * Clients that speak something else than GraphQL by POST: WebSockets, EventSource, other methods and media types, and
 * a subscription client that is refused. Each is answered with what it can do instead.
 */
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { ask } from '../support/raw-request.ts';

const FRIEND = 'https://friend.example';
const ADMIN = 'the-admin-token-of-this-test-is-long';

let database: TestDatabase;
let open: TestApp;
let guarded: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  const common = { url: database.url, hasTimers: false };
  open = await startTestApp({ ...common, config: { CORS_ORIGINS: [FRIEND] } });
  guarded = await startTestApp({
    ...common,
    nodeName: 'guarded',
    config: { ADMIN_TOKEN: ADMIN, MAX_SUBSCRIPTIONS: 1 },
  });
});
afterAll(async () => {
  await Promise.all([open?.close(), guarded?.close()]);
  await database?.drop();
});

const WATCH = `/graphql?query=${encodeURIComponent('subscription { jobRunChanged { runId } }')}`;
const EVENTS = { accept: 'text/event-stream' };

describe('a client that speaks something else', () => {
  test('such as a WebSocket is told how subscriptions are had', async () => {
    const headers = {
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': 'x',
    };
    const { status, text } = await ask(guarded, '/graphql', { headers });
    expect([status, JSON.parse(text).errors[0].message]).toEqual([
      400,
      expect.stringMatching(/^WebSockets.*server-sent events.*graphql-sse/),
    ]);
  });

  test.each(['PUT', 'DELETE', 'OPTIONS'])('such as %s is told the methods', async (method) => {
    const { status, headers, text } = await ask(open, '/graphql', { method });
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD, POST']);
    expect(text).toContain('METHOD_NOT_ALLOWED');
  });

  test('EventSource of a page of this server or of CORS_ORIGINS is answered, one of another page is not', async () => {
    const own = await ask(open, WATCH, { headers: { ...EVENTS, 'sec-fetch-site': 'same-origin' } });
    expect([own.status, own.headers['content-type']]).toEqual([200, 'text/event-stream']);
    const friend = { ...EVENTS, origin: FRIEND, 'sec-fetch-site': 'cross-site' };
    const listed = await ask(open, WATCH, { headers: friend });
    expect([listed.status, listed.headers['access-control-allow-origin']]).toEqual([200, FRIEND]);
    const stranger = await ask(open, WATCH, { headers: { ...friend, origin: 'https://stranger.example' } });
    expect([stranger.status, stranger.text]).toEqual([403, expect.stringContaining('CORS_ORIGINS')]);
    for (const site of ['same-site', 'cross-site', 'none']) {
      const { status } = await ask(open, WATCH, { headers: { ...EVENTS, 'sec-fetch-site': site } });
      expect([400, 403], site).toContain(status);
    }
    const unsaid = await ask(open, WATCH, { headers: EVENTS });
    expect([unsaid.status, unsaid.text]).toEqual([
      400,
      expect.stringMatching(/EventSource.*pages of this server.*graphql-sse/),
    ]);
  });

  test('EventSource without a session learns that it cannot send a token', async () => {
    const { status, text } = await ask(guarded, WATCH, { headers: { ...EVENTS, 'sec-fetch-site': 'same-origin' } });
    expect([status, text]).toEqual([401, expect.stringMatching(/UNAUTHENTICATED/)]);
    expect(text).toMatch(/EventSource cannot send a token.*after the sign-in.*graphql-sse/);
    // A program with the same header has a way to send one.
    const program = await ask(guarded, WATCH, { headers: { ...EVENTS, authorization: 'Bearer wrong' } });
    expect([program.status, program.text]).toEqual([401, expect.not.stringContaining('EventSource')]);
  });

  test.each([
    ['application/json', 'a client without a transport for subscriptions'],
    ['multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/graphql-response+json', 'Apollo Client'],
  ])('a subscription that accepts %s, as %s does, learns the media type and the way', async (accept) => {
    const response = await fetch(`${open.url}/graphql`, {
      method: 'POST',
      headers: { accept, 'content-type': 'application/json' },
      body: JSON.stringify({ query: 'subscription { jobRunChanged { runId } }' }),
    });
    expect([response.status, await response.text()]).toEqual([
      406,
      expect.stringMatching(/text\/event-stream.*Apollo Client.*graphql-sse.*NOT_ACCEPTABLE/),
    ]);
  });
});

describe('a subscription that is refused', () => {
  const client = () =>
    createClient({ url: `${guarded.url}/graphql`, retryAttempts: 0, headers: { authorization: `Bearer ${ADMIN}` } });
  const heard = async (query: string, variables: Record<string, unknown> = {}) => {
    const sse = client();
    try {
      for await (const result of sse.iterate({ query, variables })) return result;
      return undefined;
    } finally {
      sse.dispose();
    }
  };

  test.each([
    ['subscription ($after: String!) { jobRunChanged(after: $after) { runId } }', 'BAD_USER_INPUT'],
    ['subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { ', 'GRAPHQL_PARSE_FAILED'],
    ['subscription { jobRunChanged(after: "x") { runId } }', 'BAD_USER_INPUT'],
  ])('reaches graphql-sse with its code: %s', async (query, code) => {
    const result = await heard(query);
    expect(result?.errors?.[0]).toMatchObject({ message: expect.any(String), extensions: { code } });
    expect(result?.errors?.[0]?.extensions).not.toHaveProperty('http');
  });

  test('because the caller has too many reaches graphql-sse with its code', async () => {
    const query = 'subscription { changed { cursor } }';
    const first = client();
    const opened = new Promise<void>((resolve) => {
      first.subscribe(
        { query },
        { next: () => undefined, error: () => undefined, complete: () => undefined },
        {
          connected: () => resolve(),
        },
      );
    });
    await opened;
    const result = await heard(query);
    first.dispose();
    expect(result?.errors?.[0]).toMatchObject({
      message: expect.stringContaining('MAX_SUBSCRIPTIONS'),
      extensions: { code: 'TOO_MANY_SUBSCRIPTIONS' },
    });
  });

  test('for want of a credential leaves graphql-sse the answer, with code and message', async () => {
    const sse = createClient({ url: `${guarded.url}/graphql`, retryAttempts: 0 });
    const failed = sse.iterate({ query: 'subscription { changed { cursor } }' }).next();
    const error = await failed.catch((reason: { response: Response }) => reason);
    if (!('response' in error)) throw new Error('It was not refused.');
    expect(await error.response.json()).toMatchObject({
      errors: [{ message: expect.stringMatching(/^Authenticate: /), extensions: { code: 'UNAUTHENTICATED' } }],
    });
    sse.dispose();
  });
});
