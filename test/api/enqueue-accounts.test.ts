/** `enqueueAccounts` as a script uses it: results by index, limits, and the cost of a thousand items. */
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { openCircuit } from '../support/circuit.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/statements.ts';

let database: TestDatabase;
let server: TestApp;
let family: { familyId: string; ownerId: string };
let statements: string[] = [];
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  server = await startTestApp({ url: database.url, hasTimers: false });
  // Entries are enqueued but not attempted, so that only the request's statements are counted.
  await openCircuit(database.db, 'simulator', 'the test', 'quiet', null);
  watchStatements((text) => statements.push(text));
});
beforeEach(() => {
  statements = [];
});
afterAll(async () => {
  vi.restoreAllMocks();
  await server?.close();
  await database?.drop();
});

const items = (count: number, change: (index: number) => object = () => ({})) =>
  Array.from({ length: count }, (_, index) => ({
    familyId: family.familyId,
    createdByUserId: family.ownerId,
    username: `bulk_${++made}`,
    fullName: 'Carla Child',
    clientRef: `line ${index + 1}`,
    ...change(index),
  }));

interface Payload {
  __typename: string;
  code?: string;
  message?: string;
  fields?: string[];
  issues?: { path: string[] }[];
  acceptedCount: number;
  refusedCount: number;
  isReplay: boolean;
  results: {
    index: number;
    clientRef: string | null;
    result: {
      __typename: string;
      code?: string;
      message?: string;
      issues?: { path: string[] }[];
      generatedPassword?: string | null;
      entry?: { entryId: string } & Record<string, unknown>;
    };
  }[];
}

const mutation = (entry: string) => `mutation ($input: EnqueueAccountsInput!) {
  enqueueAccounts(input: $input) {
    __typename
    ... on MutationError { code message }
    ... on IdempotencyConflictError { fields }
    ... on InvalidInputError { issues { path code message } }
    ... on EnqueueAccountsPayload {
      acceptedCount refusedCount isReplay
      results { index clientRef result {
        __typename
        ... on EnqueueAccountPayload { generatedPassword isReplay ${entry} }
        ... on MutationError { code message }
        ... on InvalidInputError { issues { path code message } }
      } }
    }
  }
}`;

async function send(input: object, entry = 'entry { entryId }'): Promise<Payload> {
  const { body } = await server.graphql<{ enqueueAccounts: Payload }>(mutation(entry), { input });
  expect(body.errors).toBeUndefined();
  return body.data.enqueueAccounts;
}

const COLUMNS = `entryId username fullName role status retryCount maxRetries nextRetryAt lastErrorCode lastErrorMessage
  canRetry canCancel passwordDestroyedAt createdAt updatedAt completedAt failedAt cancelledAt`;

describe('enqueueAccounts', () => {
  test('answers for each item in order, with its index and its own mark', async () => {
    const names: Record<number, string> = { 1: 'no!', 3: 'same_name', 4: 'same_name' };
    const payload = await send({ items: items(5, (index) => (names[index] ? { username: names[index] } : {})) });
    expect(payload).toMatchObject({ acceptedCount: 3, refusedCount: 2, isReplay: false });
    expect(payload.results.map(({ index, clientRef }) => [index, clientRef])).toEqual(
      [0, 1, 2, 3, 4].map((index) => [index, `line ${index + 1}`]),
    );
    const password = expect.stringMatching(/^\S{20}$/);
    expect(payload.results.map(({ result }) => result)).toMatchObject([
      { __typename: 'EnqueueAccountPayload', generatedPassword: password, entry: { entryId: expect.any(String) } },
      { code: 'INVALID_INPUT', issues: [{ path: ['items', '1', 'username'] }] },
      { generatedPassword: password },
      { generatedPassword: password },
      { __typename: 'UsernameTakenError', message: expect.stringContaining('Item 3 of this request') },
    ]);
  });

  test('refuses an atomic request as a whole, item by item', async () => {
    const payload = await send({ items: items(3, (index) => (index === 2 ? { role: 'OWNER' } : {})), atomic: true });
    expect(payload).toMatchObject({ acceptedCount: 0, refusedCount: 3 });
    expect(payload.results.map(({ result }) => result.code)).toEqual([
      'NOT_ATTEMPTED',
      'NOT_ATTEMPTED',
      'INVALID_INPUT',
    ]);
  });

  test('replays, and names the field of the item that differs', async () => {
    const input = { items: items(4), idempotencyKey: 'bulk' };
    const first = await send(input);
    const again = await send(input);
    expect(again).toMatchObject({ isReplay: true, acceptedCount: 4 });
    expect(again.results.map(({ result }) => [result.entry?.entryId, result.generatedPassword])).toEqual(
      first.results.map(({ result }) => [result.entry?.entryId, null]),
    );
    const changed = input.items.map((item, index) => (index === 3 ? { ...item, username: 'changed' } : item));
    expect(await send({ ...input, items: changed })).toMatchObject({
      code: 'IDEMPOTENCY_CONFLICT',
      fields: ['items.3.username'],
    });
  });

  test.each([0, 1_001])('%i items are refused', async (count) => {
    expect(await send({ items: items(count) })).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['items'] }],
    });
  });

  test('tells of a fresh entry what the database holds', async () => {
    const runAt = '2099-01-01T00:00:00.000Z';
    const payload = await send({ items: items(3, (index) => (index === 1 ? { runAt } : {})) }, `entry { ${COLUMNS} }`);
    for (const { result } of payload.results) {
      const { body } = await server.graphql(`query ($id: UUID!) { queuedCreation(entryId: $id) { ${COLUMNS} } }`, {
        id: result.entry?.entryId,
      });
      expect(result.entry).toEqual(body.data.queuedCreation);
    }
    expect(payload.results[1]?.result.entry).toMatchObject({ nextRetryAt: runAt });
    const rows = await database.db.prisma.queuedCreation.findMany({ where: { id: { in: idsOf(payload) } } });
    expect(rows).toHaveLength(3);
  });
});

const idsOf = (payload: Payload): string[] =>
  payload.results.flatMap(({ result }) => (result.entry === undefined ? [] : [result.entry.entryId]));

describe('a thousand items', () => {
  test('at their longest fit into 1 MB', async () => {
    const long = { fullName: 'ä'.repeat(100), password: 'p'.repeat(72), clientRef: 'r'.repeat(100), role: 'MEMBER' };
    const input = {
      items: items(1_000, () => ({ ...long, runAt: '2099-01-01T00:00:00.000Z' })),
      atomic: true,
      idempotencyKey: 'k'.repeat(200),
    };
    expect(await send(input)).toMatchObject({ acceptedCount: 1_000 });
  });

  /** Excludes statements that wake workers, write and chain audit entries, or belong to a heartbeat or an alert. */
  const aboutEntries = (sql: string): boolean =>
    /queued_managed_account_creations|account_creation_attempts|auth.?\.?.?(families|users)/.test(sql) &&
    !/pg_notify|identity_circuits|failed_at >|AND NOT is_held AND next_retry_at >|password_destroyed_because/.test(sql);

  test('cost one statement; with what hangs on the entries, few more', async () => {
    const known = await send({ items: items(1_000) });
    expect(known.acceptedCount).toBe(1_000);
    expect(statements.filter(aboutEntries), statements.filter(aboutEntries).join('\n')).toHaveLength(1);
    statements = [];
    const full = await send(
      { items: items(1_000) },
      'entry { entryId status family { name } createdBy { fullName } attempts { nodes { number } } }',
    );
    expect(full.results[999]?.result.entry).toMatchObject({
      status: 'PENDING',
      family: { name: 'The Testers' },
      createdBy: { fullName: 'Olivia Owner' },
      attempts: { nodes: [] },
    });
    const reads = statements.filter(aboutEntries);
    expect(reads.length, reads.join('\n')).toBeLessThanOrEqual(6);
  });

  test('with a page on each is too much', async () => {
    const query = mutation('entry { family { members(first: 100) { nodes { userId } } } }');
    const { status, body } = await server.graphql(query, { input: { items: items(1_000) } });
    expect(status).toBe(400);
    expect(body.errors?.[0]?.extensions.code).toBe('QUERY_TOO_COMPLEX');
  });

  test('leave a line in the log', () => {
    expect(server.logLines).toContainEqual(
      expect.objectContaining({ action: 'enqueueAccounts', actor: 'local', outcome: 'done' }),
    );
  });
});
