/** Limits on concurrency and duration per caller, each at the limit and just above it. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const SUBSCRIPTION = 'subscription { queuedCreationChanged { kind } }';
const ENQUEUE = `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { __typename } }`;
const BURST = 20;
const TIMEOUT_MS = 1_500;

let database: TestDatabase;
let server: TestApp;
let hurried: TestApp;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  server = await startTestApp({ url: database.url, hasTimers: false });
  hurried = await startTestApp({
    url: database.url,
    hasTimers: false,
    nodeName: 'hurried',
    config: { RATE_LIMIT: 1, rateBurstSeconds: BURST, requestTimeoutMs: TIMEOUT_MS, statementTimeoutMs: 3_000 },
  });
});
afterAll(async () => {
  await Promise.all([server?.close(), hurried?.close()]);
  await database?.drop();
});

const subscribe = async (): Promise<{ response: Response; close(): void }> => {
  const abort = new AbortController();
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query: SUBSCRIPTION }),
    signal: abort.signal,
  });
  return { response, close: () => abort.abort() };
};

describe('open subscriptions of one caller', () => {
  test('a hundred are open, the next is refused, and a place that falls free is given', async () => {
    const open = await Promise.all(Array.from({ length: 100 }, subscribe));
    expect(open.map(({ response }) => response.status)).toEqual(Array(100).fill(200));
    const { response } = await subscribe();
    expect(await response.text()).toMatch(
      /You have 100 open subscriptions.*MAX_SUBSCRIPTIONS.*TOO_MANY_SUBSCRIPTIONS/s,
    );
    expect(response.status, 'a refusal is an event of the stream').toBe(200);
    // Queries do not count as subscriptions.
    expect((await server.graphql('{ __typename }')).status).toBe(200);
    open.pop()?.close();
    await vi.waitFor(
      async () => {
        const next = await subscribe();
        open.push(next);
        expect(next.response.status).toBe(200);
      },
      { timeout: 30_000, interval: 20 },
    );
    for (const { close } of open) close();
  });
});

describe('how long an answer may take', () => {
  beforeAll(async () => {
    await database.db.query('CREATE TABLE auth.brake AS SELECT true AS is_on');
    await database.db.query('ALTER TABLE auth.families RENAME TO real_families');
    await database.db.query(
      `CREATE FUNCTION auth.slow() RETURNS boolean LANGUAGE plpgsql VOLATILE AS
       $$ BEGIN IF (SELECT is_on FROM auth.brake) THEN PERFORM pg_sleep(6); END IF; RETURN true; END $$`,
    );
    await database.db.query('CREATE VIEW auth.families AS SELECT * FROM auth.real_families WHERE auth.slow()');
    await database.db.query(
      `CREATE FUNCTION auth.slow_insert() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(2.5); RETURN NEW; END $$`,
    );
    await database.db.query(
      `CREATE TRIGGER slow_insert BEFORE INSERT ON auth.queued_managed_account_creations
       FOR EACH ROW EXECUTE FUNCTION auth.slow_insert()`,
    );
  });
  afterAll(async () => {
    await database.db.query('DROP TRIGGER slow_insert ON auth.queued_managed_account_creations');
    await database.db.query('DROP VIEW auth.families');
    await database.db.query('ALTER TABLE auth.real_families RENAME TO families');
  });

  test('a query that takes longer is TIMEOUT, with the limit and the remedy', async () => {
    const begun = performance.now();
    const answer = await hurried.graphql('{ families { nodes { name } } }');
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(answer.body).toEqual({
      errors: [
        expect.objectContaining({
          message: `The answer took longer than ${TIMEOUT_MS} ms. Request smaller pages or fewer fields, or narrow the filter.`,
          extensions: { code: 'TIMEOUT', requestId: answer.headers.get('x-request-id') },
        }),
      ],
    });
    expect(answer.status).toBe(504);
    await database.db.query('UPDATE auth.brake SET is_on = false');
  });

  test('a mutation that takes longer says that it may have been done, and is', async () => {
    const input = {
      familyId: family.familyId,
      createdByUserId: family.ownerId,
      username: 'too_late',
      fullName: 'Late',
    };
    const answer = await hurried.graphql(ENQUEUE, { input });
    expect(answer.body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('idempotencyKey'),
      extensions: { code: 'TIMEOUT' },
    });
    await vi.waitFor(
      async () =>
        expect(
          await database.db.query(`SELECT FROM auth.queued_managed_account_creations WHERE username = 'too_late'`),
        ).toHaveLength(1),
      { timeout: 30_000, interval: 20 },
    );
  });

  test('what is quicker is answered', async () => {
    expect((await hurried.graphql('{ queueStatistics { dueCount } }')).status).toBe(200);
  });
});

describe('requests of one caller', () => {
  test('those of the burst are answered, the next is told when to come again, and then is', async () => {
    // Requests of the tests above are refilled at one a second; with a full bucket this test needs no waiting.
    const begun = performance.now();
    const answers = await Promise.all(Array.from({ length: BURST + 30 }, () => hurried.graphql('{ __typename }')));
    const refused = answers.filter(({ status }) => status === 429);
    const refilled = Math.ceil((performance.now() - begun) / 1_000);
    expect(answers.length - refused.length).toBeLessThanOrEqual(BURST + refilled);
    expect(answers.length - refused.length).toBeGreaterThanOrEqual(BURST - 5);
    for (const answer of refused) {
      expect(answer.headers.get('retry-after')).toBe('1');
      expect(answer.body.errors?.[0]).toMatchObject({
        message: expect.stringMatching(/RATE_LIMIT.*Try again in 1 s/),
        extensions: { code: 'RATE_LIMITED', requestId: answer.headers.get('x-request-id') },
      });
    }
    await vi.waitFor(async () => expect((await hurried.graphql('{ __typename }')).status).toBe(200), {
      timeout: 30_000,
      interval: 100,
    });
  });

  test('health and metrics are not limited, nor is whoever cannot be told apart unless the limit is set', async () => {
    const health = Array.from({ length: 2 * BURST }, () => fetch(`${hurried.url}/health/live`));
    expect((await Promise.all(health)).every(({ ok }) => ok)).toBe(true);
    const many = await Promise.all(Array.from({ length: 610 }, () => server.graphql('{ __typename }')));
    expect(many.filter(({ status }) => status !== 200)).toEqual([]);
  });
});
