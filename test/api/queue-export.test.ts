/** The export of the queue: the same entries as the API lists, for the same callers, as a stream that can be as long as it likes. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import Papa from 'papaparse';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { OPERATIONS, PATHS } from '../../src/access/permissions.rules.ts';
import { ADMIN, bearer, callerWith, createToken, type Headers, WITH_ACCESS } from '../support/access.ts';
import { type GraphqlAnswer, startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/statements.ts';

const SECRET_NAME = 'Wilhelmina Quarterstaff';
let database: TestDatabase;
let app: TestApp;
let ours: string;
let operator: Headers;

interface Row {
  readonly entryId: string;
  readonly username: string;
  readonly fullName: string;
  readonly [column: string]: unknown;
}
interface Listed {
  readonly nodes: readonly { readonly entryId: string }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}
const get = (parameters: Readonly<Record<string, string>>, headers: Headers = ADMIN, method = 'GET') =>
  fetch(`${app.url}/queue/export?${new URLSearchParams(parameters)}`, { method, headers });
const rowsOf = async (response: Response): Promise<Row[]> => {
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Row);
};
const exported = async (input: { filter?: object; orderBy?: object }, headers: Headers = ADMIN): Promise<Row[]> => {
  const parameters = Object.entries(input).map(([name, value]) => [name, JSON.stringify(value)]);
  return rowsOf(await get({ format: 'jsonl', ...Object.fromEntries(parameters) }, headers));
};
const audited = () =>
  database.db.query<{ actor: string; outcome: string; family_id: string | null; after: string }>(
    `SELECT actor, outcome, family_id, after FROM auth.audit_entries WHERE action = 'exportQueue' ORDER BY sequence`,
  );
const fill = (familyId: string, ownerId: string, count: number, prefix: string): Promise<unknown[]> =>
  database.db.query(
    `INSERT INTO auth.queued_managed_account_creations
       (family_id, created_by_user_id, username, full_name, status, next_retry_at, completed_at, created_at)
     SELECT $1, $2, $4 || n, 'Child ' || n, 'completed', NULL, now(), '2026-01-01Z'::timestamptz + (n / 7) * interval '1 second'
       FROM generate_series(1, $3) AS n`,
    [familyId, ownerId, count, prefix],
  );

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({
    url: database.url,
    config: { ...WITH_ACCESS, MASK_PERSONAL_DATA_FOR: ['viewer'] },
    hasTimers: false,
  });
  const [one, other] = [await seedFamily(database.db), await seedFamily(database.db)];
  ours = one.familyId;
  await fill(one.familyId, one.ownerId, 230, 'ours_');
  await fill(other.familyId, other.ownerId, 20, 'theirs_');
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations
       (family_id, created_by_user_id, username, full_name, status, next_retry_at, last_error_code, last_error_message, failed_at)
     VALUES ($1, $2, 'failed_one', $3, 'failed', NULL, 'USERNAME_REFUSED', 'Refused:\r\n"' || $3::text || '", as it says.', now())`,
    [one.familyId, one.ownerId, SECRET_NAME],
  );
  operator = await callerWith(app, { name: 'an operator', role: 'OPERATOR' });
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

describe('what is exported', () => {
  it.each([
    [{}, 251],
    [{ filter: { username: { startsWith: 'ours_' } }, orderBy: { field: 'CREATED_AT', direction: 'ASC' } }, 230],
    [{ filter: { status: ['FAILED'] } }, 1],
    [{ orderBy: { field: 'NEXT_RETRY_AT', direction: 'ASC' } }, 251],
    [{ filter: { entryIds: [] } }, 0],
  ])('%j: each entry once, in the order of the list', async (input, count) => {
    const listed: string[] = [];
    for (let after: string | null = null; ; ) {
      const answer: GraphqlAnswer<{ queuedCreations: Listed }> = await app.graphql(
        `query ($filter: QueuedCreationFilter, $orderBy: QueuedCreationOrder, $after: String) {
           queuedCreations(filter: $filter, orderBy: $orderBy, first: 100, after: $after) {
             nodes { entryId } pageInfo { hasNextPage endCursor } } }`,
        { ...input, after },
        ADMIN,
      );
      const { nodes, pageInfo } = answer.body.data.queuedCreations;
      listed.push(...nodes.map(({ entryId }) => entryId));
      if (!pageInfo.hasNextPage) break;
      after = pageInfo.endCursor;
    }
    const rows = await exported(input);
    expect(rows.map(({ entryId }) => entryId)).toEqual(listed);
    expect(new Set(listed).size).toBe(count);
  });

  it('JSON lines and CSV say the same, also of texts with quotes and line ends', async () => {
    const parameters = { filter: JSON.stringify({ username: { in: ['failed_one', 'ours_7'] } }) };
    const lines = await get({ format: 'jsonl', ...parameters });
    expect(lines.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const rows = await rowsOf(lines);
    expect(rows[0]).toMatchObject({ username: 'failed_one', familyId: ours, familyName: 'The Testers', userId: null });

    const csv = await get({ format: 'csv', ...parameters });
    expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
    expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename="queue-[\d-]{16}\.csv"$/);
    expect(csv.headers.get('cache-control')).toBe('no-store');
    const bytes = Buffer.from(await csv.arrayBuffer());
    expect(bytes.subarray(0, 3)).toEqual(Buffer.from([0xef, 0xbb, 0xbf]));
    const { data, errors } = Papa.parse<Record<string, string>>(bytes.subarray(3).toString('utf8'), {
      header: true,
      newline: '\r\n',
      skipEmptyLines: true,
    });
    expect(errors).toEqual([]);
    const asText = (row: Row) =>
      Object.fromEntries(Object.entries(row).map(([name, value]) => [name, String(value ?? '')]));
    expect(data).toEqual(rows.map(asText));
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)'])('no spreadsheet runs a name such as %s', async (name) => {
    await database.db.query(
      `UPDATE auth.queued_managed_account_creations SET full_name = $1 WHERE username = 'theirs_1'`,
      [name],
    );
    const filter = JSON.stringify({ username: { equals: 'theirs_1' } });
    expect(await (await get({ format: 'csv', filter })).text()).toContain(`,theirs_1,'${name},`);
  });
});

describe('who gets it', () => {
  it('is whoever may list the queue', () => {
    expect(PATHS['/queue/export']).toEqual(OPERATIONS['Query.queuedCreations']);
  });

  it('a caller bound to a family gets that family, an ENQUEUER what it enqueued, a masked role no names', async () => {
    const bound = await callerWith(app, { name: 'bound', role: 'OPERATOR', familyId: ours });
    expect((await exported({}, bound)).every(({ familyId }) => familyId === ours)).toBe(true);
    expect(await exported({ filter: { username: { startsWith: 'theirs_' } } }, bound)).toEqual([]);
    expect(await exported({}, await callerWith(app, { name: 'frontend', role: 'ENQUEUER' }))).toEqual([]);

    const viewer = await callerWith(app, { name: 'viewer', role: 'VIEWER' });
    for (const format of ['csv', 'jsonl']) {
      const text = await (await get({ format }, viewer)).text();
      expect(text).toContain('failed_one');
      for (const word of SECRET_NAME.split(' ')) expect(text).not.toContain(word);
    }
  });

  it('is on record with what was asked for, and nobody without a token or from another site gets any', async () => {
    const before = (await audited()).length;
    expect((await get({ format: 'csv' }, {})).status).toBe(401);
    expect((await get({ format: 'csv' }, operator, 'POST')).status).toBe(405);
    expect(await audited()).toHaveLength(before);
    await exported({ filter: { status: ['FAILED'] } }, operator);
    const [row] = (await audited()).slice(before);
    expect(row).toMatchObject({ actor: 'an operator', outcome: 'done', family_id: null });
    expect(JSON.parse(row?.after ?? '')).toEqual({
      format: 'jsonl',
      filter: { status: ['FAILED'] },
      orderBy: null,
    });
  });
});

it.each([
  [{}, /`format` is csv or jsonl\. Example: /],
  [{ format: 'xml' }, /`format` is csv or jsonl/],
  [{ format: 'toString' }, /`format` is csv or jsonl/],
  [{ format: 'csv', filtre: '{}' }, /`filtre` is not a parameter of this path\. It takes format, filter, orderBy\./],
  [{ format: 'csv', filter: 'FAILED' }, /`filter` is a QueuedCreationFilter as a JSON object/],
  [{ format: 'csv', filter: '[]' }, /`filter` is a QueuedCreationFilter/],
  [{ format: 'csv', orderBy: '"x"' }, /`orderBy` is a QueuedCreationOrder/],
  [
    { format: 'csv', filter: '{"status":["LOST"]}' },
    /"filter\.status\.0": The value does not exist in "EntryStatus" enum/,
  ],
  [{ format: 'csv', filter: '{"statuses":["FAILED"]}' }, /"filter".*"statuses" is not defined.*Did you mean "status"/],
  [{ format: 'csv', filter: '{"createdAt":{"from":"yesterday"}}' }, /"filter\.createdAt\.from".*Example: "20/],
  [
    { format: 'csv', filter: '{"createdAt":{"from":"2026-01-02T00:00:00Z","to":"2026-01-01T00:00:00Z"}}' },
    /must be after `from`/,
  ],
  [{ format: 'csv', filter: '{"username":{"equals":"\\u0000"}}' }, /zero character/],
  [{ format: 'csv', orderBy: '{"field":"CREATED_AT"}' }, /"orderBy": Field "direction" .*was not provided/],
])('%j is refused with what is wrong, and is not on record as an export', async (parameters, message) => {
  const before = (await audited()).length;
  const response = await get(parameters);
  expect(response.status).toBe(400);
  const { errors } = (await response.json()) as { errors: { message: string; extensions: object }[] };
  expect(errors[0]?.message).toMatch(message);
  expect(errors[0]?.extensions).toMatchObject({
    code: 'BAD_USER_INPUT',
    requestId: response.headers.get('x-request-id'),
  });
  expect(await audited()).toHaveLength(before);
});

describe('a long export', () => {
  const MANY = 40_000;
  beforeAll(async () => {
    const family = await seedFamily(database.db);
    await fill(family.familyId, family.ownerId, MANY, 'many_');
  });

  /** Starts an export whose response is not read until the caller does. */
  const begin = (headers: Headers): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const sent = httpRequest(`${app.url}/queue/export?format=jsonl`, { headers }, resolve);
      sent.once('error', reject).end();
    });
  const countPages = (): { count: number } => {
    const pages = { count: 0 };
    watchStatements((text) => {
      if (/SELECT \* FROM auth\.queued_managed_account_creations\s+WHERE.*LIMIT/s.test(text)) pages.count++;
    });
    return pages;
  };
  /** Resolves when no page was read while two other requests were answered. */
  const untilStill = async (pages: { count: number }): Promise<void> => {
    for (let last = -1; last !== pages.count || last === 0; ) {
      last = pages.count;
      for (const _ of [1, 2, 3, 4]) await app.graphql('{ queueStatistics { dueCount } }', {}, ADMIN);
    }
  };

  it('is read no faster than the client takes it, and arrives whole', async () => {
    const pages = countPages();
    const response = await begin(ADMIN);
    await untilStill(pages);
    expect(pages.count).toBeLessThan(MANY / 100 / 2);
    let text = '';
    for await (const chunk of response.setEncoding('utf8')) text += chunk;
    expect(response.complete).toBe(true);
    const ids = text
      .split('\n')
      .slice(0, -1)
      .map((line) => (JSON.parse(line) as Row).entryId);
    expect(new Set(ids).size).toBe(MANY + 251);
    expect(pages.count).toBeGreaterThan(MANY / 100);
  }, 60_000);

  it('ends when the token is revoked, and more than two at a time are refused until one has ended', async () => {
    const { token, apiTokenId } = await createToken(app, { name: 'leaving', role: 'OPERATOR' });
    const two = [await begin(bearer(token)), await begin(bearer(token))] as const;
    const third = await get({ format: 'csv' }, bearer(token));
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await third.text()).toMatch(/You have 2 exports running .*RATE_LIMITED/);
    const left = new Promise((resolve) => two[0].once('close', resolve));
    two[0].destroy();
    await left;
    const again = async (): Promise<number | undefined> => {
      const response = await begin(bearer(token));
      response.destroy();
      return response.statusCode;
    };
    await expect.poll(again, { timeout: 30_000 }).toBe(200);

    await app.graphql(
      `mutation ($id: UUID!) { revokeApiToken(input: {apiTokenId: $id, reason: "test"}) { __typename } }`,
      { id: apiTokenId },
      ADMIN,
    );
    const end = async (): Promise<void> => {
      for await (const _ of two[1]);
    };
    await expect(end()).rejects.toThrow(/aborted/);
  }, 60_000);
});
