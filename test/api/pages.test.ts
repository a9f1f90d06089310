/**
 * Pages of every list: refused sizes and cursors, and the guarantee of keyset pagination: walking the pages in
 * either direction returns exactly the list, whatever is inserted or deleted meanwhile.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

interface Page {
  edges: { cursor: string; node: { entryId: string } }[];
  nodes: { entryId: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}
interface Row {
  readonly id: string;
  readonly createdAt: Date;
  readonly nextRetryAt: Date | null;
}
interface Order {
  readonly field: 'CREATED_AT' | 'NEXT_RETRY_AT';
  readonly direction: 'ASC' | 'DESC';
}

const PAGE = `query ($orderBy: QueuedCreationOrder, $first: Int, $after: String, $last: Int, $before: String) {
  page: queuedCreations(orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { entryId } }
    nodes { entryId }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
const ORDERS: readonly Order[] = [
  { field: 'CREATED_AT', direction: 'ASC' },
  { field: 'CREATED_AT', direction: 'DESC' },
  { field: 'NEXT_RETRY_AT', direction: 'ASC' },
  { field: 'NEXT_RETRY_AT', direction: 'DESC' },
];

let database: TestDatabase;
let server: TestApp;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  server = await startTestApp({ url: database.url });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

describe('walking', () => {
  // Few timestamps, so that many rows share one and only the id orders them.
  const instant = fc.integer({ min: 0, max: 3 }).map((ms) => new Date(Date.UTC(2031, 0, 1) + ms));
  const row: fc.Arbitrary<Row> = fc.record({
    id: fc.uuid(),
    createdAt: instant,
    nextRetryAt: fc.option(instant, { nil: null }),
  });
  const rows = fc.uniqueArray(row, { maxLength: 14, selector: ({ id }) => id });

  test.each(ORDERS)('by $field $direction, pages forwards and backwards are the list', async (order) => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 6 }), async (list, size) => {
        await replaceAll(list);
        const expected = sorted(list, order);
        expect(await walk(order, size, 'forwards')).toEqual(expected);
        expect(await walk(order, size, 'backwards')).toEqual(expected);
      }),
      { numRuns: 25 },
    );
  });

  test.each(ORDERS)('by $field $direction, a page between two cursors is what lies between', async (order) => {
    const index = fc.nat({ max: 13 });
    await fc.assert(
      fc.asyncProperty(rows, index, index, fc.boolean(), async (list, from, to, isBackwards) => {
        await replaceAll(list);
        const expected = sorted(list, order);
        const { edges } = await page({ orderBy: order, first: 100 });
        const after = edges[from]?.cursor;
        const before = edges[to]?.cursor;
        const between = await page({ orderBy: order, after, before, ...(isBackwards ? { last: 3 } : { first: 3 }) });
        const start = after === undefined ? 0 : from + 1;
        const inside = expected.slice(start, Math.max(start, before === undefined ? expected.length : to));
        const wanted = isBackwards ? inside.slice(-3) : inside.slice(0, 3);
        expect(between.nodes.map(({ entryId }) => entryId)).toEqual(wanted);
      }),
      { numRuns: 20 },
    );
  });

  test.each(ORDERS)(
    'by $field $direction, goes on after inserts and after the cursor’s row was deleted',
    async (order) => {
      const list = Array.from({ length: 9 }, (_, index) => ({
        id: `0000000${index}-0000-4000-8000-000000000000`,
        createdAt: new Date(Date.UTC(2031, 0, 1) + Math.floor(index / 3)),
        nextRetryAt: index % 2 === 0 ? null : new Date(Date.UTC(2031, 0, 2) + Math.floor(index / 3)),
      }));
      await replaceAll(list);
      const expected = sorted(list, order);
      for (let at = 0; at < expected.length; at += 1) {
        const { edges } = await page({ orderBy: order, first: 100 });
        const cursor = edges[at]?.cursor;
        await insertAll([
          { id: 'ffffffff-0000-4000-8000-000000000000', createdAt: new Date(0), nextRetryAt: new Date(0) },
        ]);
        await database.db.query('DELETE FROM auth.queued_managed_account_creations WHERE id = $1', [expected[at]]);
        const isOld = ({ entryId }: { entryId: string }) => expected.includes(entryId);
        const after = (await page({ orderBy: order, first: 100, after: cursor })).nodes.filter(isOld);
        const before = (await page({ orderBy: order, last: 100, before: cursor })).nodes.filter(isOld);
        expect(after.map(({ entryId }) => entryId)).toEqual(expected.slice(at + 1));
        expect(before.map(({ entryId }) => entryId)).toEqual(expected.slice(0, at));
        await replaceAll(list);
      }
    },
  );
});

describe('what a page tells', () => {
  test('nodes are the edges’ nodes, and the page’s ends have their cursors', async () => {
    await replaceAll(
      [1, 2, 3].map((n) => ({
        id: `0000000${n}-0000-4000-8000-000000000000`,
        createdAt: new Date(n),
        nextRetryAt: null,
      })),
    );
    const middle = await page({ first: 2 });
    expect(middle.nodes).toEqual(middle.edges.map(({ node }) => node));
    expect(middle.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: middle.edges[0]?.cursor,
      endCursor: middle.edges[1]?.cursor,
    });
    const end = await page({ first: 2, after: middle.pageInfo.endCursor });
    expect(end.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const beyond = await page({ first: 2, after: end.pageInfo.endCursor });
    expect(beyond).toMatchObject({ edges: [], pageInfo: { hasNextPage: false, startCursor: null, endCursor: null } });
  });

  test('20 objects unless asked otherwise, and up to 100', async () => {
    await replaceAll(
      Array.from({ length: 101 }, (_, n) => ({
        id: `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`,
        createdAt: new Date(n),
        nextRetryAt: null,
      })),
    );
    expect((await page({})).nodes).toHaveLength(20);
    expect((await page({ first: 100 })).nodes).toHaveLength(100);
    expect((await page({ last: 100 })).nodes).toHaveLength(100);
  });
});

/** Every list with its query; `%` marks the place of the arguments. */
const LISTS = [
  ['queuedCreations', '{ queuedCreations(%) { nodes { id } } }'],
  ['families', '{ families(%) { nodes { id } } }'],
  ['jobRuns', '{ jobRuns(%) { nodes { id } } }'],
  ['JobSchedule.runs', '{ jobSchedule(name: "ManagedAccountRetryJob") { runs(%) { nodes { id } } } }'],
  ['QueuedCreation.attempts', '{ queuedCreations(first: 1) { nodes { attempts(%) { nodes { number } } } } }'],
  ['Family.members', '{ families(first: 1) { nodes { members(%) { nodes { id } } } } }'],
  ['Family.invitations', '{ families(first: 1) { nodes { invitations(%) { nodes { id } } } } }'],
] as const;

describe.each(LISTS)('%s refuses', (_name, query) => {
  beforeAll(async () => {
    await replaceAll([{ id: '00000001-0000-4000-8000-000000000000', createdAt: new Date(1), nextRetryAt: null }]);
  });

  const foreign = Buffer.from('GPC:S:1').toString('base64url');
  test.each([
    ['a page of 0', 'first: 0'],
    ['a page of 101', 'first: 101'],
    ['a last page of 0', 'last: 0'],
    ['a last page of 101', 'last: 101'],
    ['a negative page', 'first: -1'],
    ['the largest number there is', 'first: 2147483647'],
    ['first and last together', 'first: 1, last: 1'],
    ['a cursor that is none', 'after: "nonsense"'],
    ['an empty-handed cursor', 'before: "e30"'],
    ['a cursor of another server', `after: "${foreign}"`],
  ])('%s', async (_what, args) => {
    const { status, body, headers } = await server.graphql(query.replace('%', args));
    expect(status).toBe(200);
    expect(body.errors).toHaveLength(1);
    // An invalid page size is also listed as an issue.
    const { issues: _issues, ...told } = { issues: undefined, ...body.errors?.[0]?.extensions };
    expect(told).toEqual({ code: 'BAD_USER_INPUT', requestId: headers.get('x-request-id') });
  });
});

test('a cursor of another list is refused, not misread', async () => {
  const { edges } = await page({ orderBy: { field: 'NEXT_RETRY_AT', direction: 'ASC' }, first: 1 });
  const byOtherOrder = await server.graphql(PAGE, {
    orderBy: { field: 'CREATED_AT', direction: 'ASC' },
    after: edges[0]?.cursor,
  });
  expect(byOtherOrder.body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  const ofOtherList = await server.graphql('query ($after: String) { families(after: $after) { nodes { id } } }', {
    after: edges[0]?.cursor,
  });
  expect(ofOtherList.body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

async function page(variables: Record<string, unknown>): Promise<Page> {
  const { body } = await server.graphql<{ page: Page }>(PAGE, variables);
  expect(body.errors).toBeUndefined();
  return body.data.page;
}

async function walk(orderBy: Order, size: number, way: 'forwards' | 'backwards'): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 100; pages += 1) {
    const { nodes, pageInfo }: Page =
      way === 'forwards'
        ? await page({ orderBy, first: size, after: cursor })
        : await page({ orderBy, last: size, before: cursor });
    const ids = nodes.map(({ entryId }) => entryId);
    if (way === 'forwards') found.push(...ids);
    else found.unshift(...ids);
    const hasMore = way === 'forwards' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
    if (!hasMore) return found;
    cursor = way === 'forwards' ? pageInfo.endCursor : pageInfo.startCursor;
  }
  throw new Error('The pages have no end.');
}

/** The ids in the promised order: nulls last in either direction, ties by id in the same direction. */
function sorted(rows: readonly Row[], { field, direction }: Order): string[] {
  const keyOf = (row: Row) => (field === 'CREATED_AT' ? row.createdAt : row.nextRetryAt)?.getTime();
  const sign = direction === 'ASC' ? 1 : -1;
  return [...rows]
    .sort((a, b) => {
      const [left, right] = [keyOf(a), keyOf(b)];
      if (left !== undefined && right !== undefined && left !== right) return sign * (left - right);
      if (left === right) return sign * (a.id < b.id ? -1 : 1);
      return left === undefined ? 1 : -1;
    })
    .map(({ id }) => id);
}

async function replaceAll(rows: readonly Row[]): Promise<void> {
  await database.db.query('DELETE FROM auth.queued_managed_account_creations');
  await insertAll(rows);
}

/** Inserts cancelled entries: they are not claimed, and may have any due time. */
async function insertAll(rows: readonly Row[]): Promise<void> {
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations
       (id, family_id, created_by_user_id, username, full_name, status, created_at, next_retry_at)
     SELECT id, $2, $3, 'paged', 'Paged', 'cancelled', created_at, next_retry_at
       FROM jsonb_to_recordset($1::jsonb) AS row (id uuid, created_at timestamptz, next_retry_at timestamptz)
     ON CONFLICT DO NOTHING`,
    [
      JSON.stringify(
        rows.map(({ id, createdAt, nextRetryAt }) => ({ id, created_at: createdAt, next_retry_at: nextRetryAt })),
      ),
      family.familyId,
      family.ownerId,
    ],
  );
}
