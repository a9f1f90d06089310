/**
 * Real faults: a missing table, an unreachable database. The caller gets a code and a request id but no internals;
 * the log has the details under that id.
 */

import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { composeToken, RANDOM_BYTES } from '../../src/access/tokens/token-format.rules.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { layWire, type Wire } from '../support/wire.ts';

let database: TestDatabase;
let wire: Wire;
let server: TestApp;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  wire = await layWire(database.url);
  server = await startTestApp({ url: wire.url, hasTimers: false });
});
afterAll(async () => {
  await server?.close();
  await wire?.cut();
  await database?.drop();
});

const ENQUEUE = `mutation ($input: EnqueueAccountInput!) {
  enqueueAccount(input: $input) { __typename ... on MutationError { message } }
}`;
const entry = (username: string) => ({
  input: { familyId: family.familyId, createdByUserId: family.ownerId, username, fullName: 'Somebody' },
});
/** What a response must never contain: SQL, table names, paths, stacks, the database's address. */
const INSIDES =
  /select |insert |update |relation|auth\.|queued_managed|prisma|postgres|node_modules|\.ts\b|\bat \S+ \(|127\.0\.0\.1|ECONN/i;

describe('a table that is gone', () => {
  beforeAll(() => database.db.query('ALTER TABLE auth.queued_managed_account_creations RENAME TO gone'));
  afterAll(() => database.db.query('ALTER TABLE auth.gone RENAME TO queued_managed_account_creations'));

  test.each([
    ['a page', '{ queuedCreations { nodes { entryId } } }'],
    ['a count', '{ queuedCreations { totalCount } }'],
    ['statistics', '{ queueStatistics { pendingCount } }'],
    [
      'a node',
      `{ node(id: "${Buffer.from('QueuedCreation:00000000-0000-4000-8000-000000000000').toString('base64url')}") { id } }`,
    ],
    ['enqueueing', ENQUEUE],
    ['retrying', 'mutation { retryEntry(input: { entryId: "00000000-0000-4000-8000-000000000000" }) { __typename } }'],
  ])('%s: masked, and logged under the request’s id', async (what, query) => {
    const answer = await server.graphql(query, what === 'enqueueing' ? entry('unlucky') : {});
    const requestId = answer.headers.get('x-request-id');
    expect(answer.body.errors).toHaveLength(1);
    expect(answer.body.errors?.[0]).toMatchObject({ extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } });
    expect(Object.keys(answer.body.errors?.[0]?.extensions ?? {}).sort()).toEqual(['code', 'requestId']);
    expect(answer.body.errors?.[0]?.message).toContain(requestId);
    expect(JSON.stringify(answer.body)).not.toMatch(INSIDES);
    expect(answer.status).toBe(500);

    const lines = server.logLines.filter((line) => line.requestId === requestId);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ level: 50, requestId });
    expect(JSON.stringify(lines[0]?.err)).toMatch(/queued_managed_account_creations/);
  });

  test('the rest of the query is answered', async () => {
    const { body } = await server.graphql('{ families { totalCount } queuedCreations { totalCount } }');
    expect(body.data).toEqual({ families: { totalCount: 1 }, queuedCreations: null });
  });
});

describe('a database that cannot do what it is asked, for a reason that passes', () => {
  /** Queries of families fail with the SQLSTATE of the real fault, through pg and Prisma alike. */
  beforeAll(async () => {
    await database.db.query(
      `CREATE FUNCTION auth.run_out() RETURNS boolean LANGUAGE plpgsql VOLATILE AS
       $$ BEGIN RAISE EXCEPTION 'short' USING ERRCODE = (SELECT code FROM auth.shortage); END $$`,
    );
    await database.db.query('CREATE TABLE auth.shortage AS SELECT NULL::text AS code');
    await database.db.query('ALTER TABLE auth.families RENAME TO real_families');
    await database.db.query('CREATE VIEW auth.families AS SELECT * FROM auth.real_families WHERE auth.run_out()');
  });
  afterAll(async () => {
    await database.db.query('DROP VIEW auth.families');
    await database.db.query('ALTER TABLE auth.real_families RENAME TO families');
  });

  test.each([
    ['53100', 'disk is full'],
    ['53200', 'run out of memory'],
    ['53300', 'no connection left'],
    ['53400', 'a limit of its own'],
    ['25006', 'read-only'],
    ['55P03', 'holds what this would change'],
    ['40P01', 'Others changed the same rows'],
  ])('%s is SERVICE_UNAVAILABLE, and %s is said', async (code, words) => {
    await database.db.query('UPDATE auth.shortage SET code = $1', [code]);
    for (const [query, variables] of [
      ['{ families { nodes { name } } }', {}],
      [ENQUEUE, entry('unlucky')],
    ] as const) {
      const answer = await server.graphql(query, variables);
      const requestId = answer.headers.get('x-request-id');
      expect(answer.body.errors?.[0]).toMatchObject({
        message: expect.stringContaining(words),
        extensions: { code: 'SERVICE_UNAVAILABLE', requestId },
      });
      expect(answer.status).toBe(503);
    }
    // One line a minute, not one for each of perhaps thousands of requests.
    const lines = server.logLines.filter(({ sqlState }) => sqlState === code);
    expect(lines).toMatchObject([{ level: 50, msg: expect.stringContaining(words), requestId: expect.any(String) }]);
  });
});

describe('a database that is away', () => {
  test('is SERVICE_UNAVAILABLE with 503 until it is back, then all is well again', async () => {
    await wire.cut();
    const requestIds: (string | null)[] = [];
    for (const [query, variables] of [
      ['{ families { nodes { name } } }', {}],
      ['{ queueStatistics { pendingCount } }', {}],
      [ENQUEUE, entry('too_early')],
    ] as const) {
      const answer = await server.graphql(query, variables);
      expect(answer.body.errors?.[0]?.extensions).toEqual({
        code: 'SERVICE_UNAVAILABLE',
        requestId: answer.headers.get('x-request-id'),
      });
      expect(answer.status).toBe(503);
      expect(JSON.stringify(answer.body)).not.toMatch(INSIDES);
      requestIds.push(answer.headers.get('x-request-id'));
    }
    // One line, not one for each of perhaps thousands; it comes from the first to fail, a request or the listener.
    const lines = server.logLines.filter(({ msg }) => String(msg).startsWith('Database connection failed'));
    expect(lines).toMatchObject([{ level: 50, msg: 'Database connection failed' }]);
    expect([requestIds[0], undefined]).toContain(lines[0]?.requestId);
    // The token's owner cannot be determined now, so the response is neither yes nor no.
    const { token } = composeToken(randomBytes(RANDOM_BYTES));
    const shown = await server.graphql('{ viewer { name } }', {}, { authorization: `Bearer ${token}` });
    expect([shown.status, shown.body.errors?.[0]?.extensions.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    const form = await fetch(`${server.url}/sign-in`, { method: 'POST', body: new URLSearchParams({ token }) });
    expect([form.status, await form.text()]).toEqual([503, expect.stringContaining('The database cannot be reached')]);
    await wire.mend();
    const answer = await server.graphql<{ enqueueAccount: { __typename: string } }>(ENQUEUE, entry('in_time'));
    expect(answer.body.data.enqueueAccount.__typename).toBe('EnqueueAccountPayload');
    expect(answer.status).toBe(200);
  });
});

describe('a database that an operator sets to read-only', () => {
  const name = () => new URL(database.url).pathname.slice(1);

  test('is SERVICE_UNAVAILABLE with the cause for what writes, and is read as before', async () => {
    await database.db.query(`ALTER DATABASE ${name()} SET default_transaction_read_only = on`);
    // The setting applies to new connections only.
    await wire.cut();
    await wire.mend();
    await expect
      .poll(async () => (await server.graphql(ENQUEUE, entry('too_early'))).body.errors?.[0], { timeout: 30_000 })
      .toMatchObject({
        message: expect.stringMatching(/read-only.*DATABASE_URL/),
        extensions: { code: 'SERVICE_UNAVAILABLE' },
      });
    expect((await server.graphql('{ families { totalCount } }')).body.data).toEqual({ families: { totalCount: 1 } });
    await database.db.query(`ALTER DATABASE ${name()} RESET default_transaction_read_only`);
    // Connections that refused to write are not reused, so the server needs no restart.
    await expect
      .poll(async () => (await server.graphql(ENQUEUE, entry('writable'))).body.data, { timeout: 30_000 })
      .toMatchObject({ enqueueAccount: { __typename: 'EnqueueAccountPayload' } });
  });
});
