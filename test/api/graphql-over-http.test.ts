/**
 * The GraphQL-over-HTTP specification, audited from outside through the real HTTP server: one test for each audit
 * of `graphql-http`, the recommendations (SHOULD, MAY) as well as the MUSTs.
 */
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let server: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestApp({ url: database.url, hasTimers: false });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

/** Adds the header that a GET needs to pass the CSRF check. */
const fetchOnPurpose: typeof fetch = (url, init) =>
  fetch(url, { ...init, headers: { 'x-graphql-yoga-csrf': '1', ...(init?.headers as Record<string, string>) } });
const audits = serverAudits({ url: () => `${server.url}/graphql`, fetchFn: fetchOnPurpose });

describe('GraphQL over HTTP', () => {
  test('is audited in full', () => expect(audits).toHaveLength(61));

  test.each(audits)('$id $name', async ({ fn }) => {
    const result = await fn();
    expect(result.status, 'reason' in result ? result.reason : undefined).toBe('ok');
  });

  test.each(['variables=%7B', 'variables=%ff', 'extensions=%7B', 'variables=%7B%22a%22%3A%22%00%22%7D'])(
    'a GET with %s is the sender’s mistake',
    async (parameters) => {
      const answer = await fetchOnPurpose(`${server.url}/graphql?query=%7B__typename%7D&${parameters}`);
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
    },
  );
});
