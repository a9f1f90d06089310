/**
 * The loader of a page of entries returns what Prisma returns: for any filter, order, cursor, scope and relations,
 * and for every field of the API.
 */
import fc from 'fast-check';
import { type GraphQLObjectType, getNamedType, isLeafType } from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { visibleTo } from '../../src/access/scope.ts';
import { type EntryFilter, entryCondition } from '../../src/accounts/entry-queries.graphql.ts';
import { loadEntries, relationsOf } from '../../src/accounts/entry-rows.ts';
import type { EntryStatus } from '../../src/database/generated/prisma/enums.ts';
import { keysetPage, type OrderKey } from '../../src/graphql/keyset.ts';
import { buildSchema } from '../../src/schema.ts';
import { LOCAL_CALLER } from '../../src/work/caller.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

const START = Date.UTC(2031, 0, 1);
const STATUSES: readonly EntryStatus[] = ['pending', 'processing', 'completed', 'failed', 'cancelled'];
const NAMES = ['ann', 'anna', 'an_a', 'bob'];
const CODES = ['TIMEOUT', 'TIME%', 'time\\out', 'TAKEN'];

let database: TestDatabase;
let app: TestApp;
let families: string[] = [];
let ids: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const seeded = [await seedFamily(database.db), await seedFamily(database.db)];
  families = seeded.map(({ familyId }) => familyId);
  // Few different values, so that filters find some entries and many tie.
  const rows = await database.db.query<{ id: string }>(
    `INSERT INTO auth.queued_managed_account_creations
       (family_id, created_by_user_id, username, full_name, status, encrypted_password, enqueuer, retry_count, attempt_count,
        next_retry_at, last_error_code, last_error_message, failure_group, created_at, updated_at, completed_at, failed_at,
        cancelled_at, lease_node_id, leased_at, lease_expires_at, lease_token, user_id)
     SELECT family, creator, names[1 + n % 4] || CASE WHEN status IN ('pending', 'processing') THEN n::text ELSE '' END, 'Some Body', status,
            CASE WHEN n % 3 = 0 AND status <> 'completed' THEN 'secret' END, CASE WHEN n % 2 = 0 THEN 'enqueuer:' || n % 3 END, n % 6, n % 4,
            CASE WHEN status = 'pending' OR (status <> 'failed' AND n % 2 = 0) THEN at + n % 4 * interval '1 ms' END,
            CASE WHEN n % 3 > 0 THEN codes[1 + n / 2 % 4] END, CASE WHEN n % 3 > 0 THEN 'It failed' END, CASE WHEN n % 3 > 0 THEN 'group ' || n % 2 END,
            at + n / 2 % 5 * interval '1 ms', at, CASE status WHEN 'completed' THEN at + n % 4 * interval '1 ms' END,
            CASE status WHEN 'failed' THEN at END, CASE status WHEN 'cancelled' THEN at END,
            CASE status WHEN 'processing' THEN gen_random_uuid() END, CASE status WHEN 'processing' THEN at END,
            CASE status WHEN 'processing' THEN now() + interval '1 hour' END, CASE status WHEN 'processing' THEN gen_random_uuid() END,
            CASE WHEN n = 12 THEN creator END
       FROM (SELECT n, to_timestamp($1::float8 / 1000) AS at, ($2::auth.entry_status[])[1 + n % 5] AS status, $3::text[] AS names, $4::text[] AS codes,
                    CASE WHEN n % 7 > 0 THEN ($5::uuid[])[1 + n % 2] END AS family, CASE WHEN n % 6 > 0 THEN ($6::uuid[])[1 + n % 2] END AS creator
               FROM generate_series(1, 60) AS n) AS row
     RETURNING id`,
    [START, STATUSES, NAMES, CODES, families, seeded.map(({ ownerId }) => ownerId)],
  );
  ids = rows.map(({ id }) => id);
  app = await startTestApp({ url: database.url, hasTimers: false });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

const orNot = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const instant = fc.integer({ min: -1, max: 6 }).map((ms) => new Date(START + ms));
const range = fc.record({ from: orNot(instant), to: orNot(instant) });
const text = (values: readonly string[]) =>
  fc.record(
    {
      equals: fc.constantFrom(...values),
      in: fc.subarray([...values]),
      startsWith: fc.constantFrom('', 'a', 'an', 'an_', 'T', 'TIME', 'TIME%', 'time\\', 'none'),
    },
    { requiredKeys: [] },
  );
const filters: fc.Arbitrary<EntryFilter> = fc.record(
  {
    entryIds: fc.uniqueArray(fc.nat({ max: 59 }), { maxLength: 20 }).map((places) => places.map((at) => ids[at] ?? '')),
    status: fc.subarray([...STATUSES]),
    familyId: fc.nat({ max: 1 }).map((at) => families[at] ?? ''),
    username: text(NAMES),
    errorCode: text(CODES),
    createdAt: range,
    completedAt: range,
    nextRetryAt: range,
    dueNow: fc.boolean(),
    failureGroup: fc.constantFrom('group 0', 'group 1'),
  },
  { requiredKeys: [] },
);
/** Most filters have one or two conditions, so that most find something. */
const fewConditions = fc
  .tuple(
    filters,
    fc.shuffledSubarray(
      [
        'entryIds',
        'status',
        'familyId',
        'username',
        'errorCode',
        'createdAt',
        'completedAt',
        'nextRetryAt',
        'dueNow',
        'failureGroup',
      ],
      { maxLength: 2 },
    ),
  )
  .map(([filter, kept]) => Object.fromEntries(Object.entries(filter).filter(([name]) => kept.includes(name))));
const callers = fc.oneof(
  fc.constant(LOCAL_CALLER),
  fc.nat({ max: 1 }).map((at) => ({ ...LOCAL_CALLER, familyId: families[at] ?? '' })),
  fc.nat({ max: 2 }).map((at) => ({ ...LOCAL_CALLER, role: 'enqueuer' as const, id: `enqueuer:${at}` })),
);
const orders: fc.Arbitrary<OrderKey> = fc.record({
  list: fc.constant('queuedCreations'),
  field: fc.constantFrom('createdAt', 'nextRetryAt'),
  direction: fc.constantFrom('asc' as const, 'desc' as const),
  isNullable: fc.constant(true),
});

const cursors = new Map<string, Promise<string[]>>();
/** The cursors of all entries in this order. */
function cursorsBy(order: OrderKey): Promise<string[]> {
  const name = `${order.field} ${order.direction}`;
  const found = cursors.get(name) ?? allCursors(order);
  cursors.set(name, found);
  return found;
}
async function allCursors(order: OrderKey): Promise<string[]> {
  const page = await keysetPage(order, { first: 100 }, (query) => database.db.prisma.queuedCreation.findMany(query));
  return page.edges.map(({ cursor }) => cursor);
}

it('returns the rows that Prisma returns, in their order, with their relations', async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fewConditions, filters),
      callers,
      orders,
      fc.subarray(['family', 'createdBy', 'user'] as const),
      fc.record({
        size: fc.integer({ min: 1, max: 25 }),
        isBackwards: fc.boolean(),
        from: orNot(fc.nat({ max: 59 })),
        to: orNot(fc.nat({ max: 59 })),
      }),
      async (given, caller, key, relations, { size, isBackwards, from, to }) => {
        const order = { ...key, isNullable: key.field === 'nextRetryAt' };
        const { prisma } = database.db;
        const filter = { AND: [visibleTo(caller), entryCondition(given, new Date(START + 2))] };
        const include = Object.fromEntries(relations.map((name) => [name, true as const]));
        const known = await cursorsBy(order);
        const args = {
          ...(isBackwards ? { last: size } : { first: size }),
          after: from === undefined ? undefined : known[from],
          before: to === undefined ? undefined : known[to],
        };
        const expected = await keysetPage(order, args, ({ where, ...rest }) =>
          prisma.queuedCreation.findMany({ ...rest, include, where: { AND: [filter, where] } }),
        );
        const page = await keysetPage(order, args, (query) =>
          loadEntries(database.db, relations, { ...query, filter }),
        );
        expect(page.pageInfo).toEqual(expected.pageInfo);
        // Of Prisma’s rows, the columns that were loaded; the flat columns of a relation are no fields.
        const names = Object.keys(page.edges[0]?.node ?? {}).filter((name) => !name.includes('.'));
        const rowsOf = ({ edges }: typeof page) =>
          edges.map(({ node, cursor }) => [
            cursor,
            ...names.map((name) => (node as unknown as Record<string, unknown>)[name]),
          ]);
        expect(rowsOf(page)).toEqual(rowsOf(expected));
        if (page.edges.length > 0) expect(names).toEqual(expect.arrayContaining(relations));
        expect(page.edges).toHaveLength(expected.edges.length);
        found += page.edges.length;
      },
    ),
    { numRuns: 120 },
  );
  expect(found).toBeGreaterThan(120);
});

interface Page {
  readonly nodes: readonly { readonly entryId: string }[];
  readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
}

async function pageOfCodes(codes: readonly string[], after: string | null): Promise<Page> {
  const { body } = await app.graphql<{ queuedCreations: Page }>(
    `query ($codes: [String!], $after: String) { queuedCreations(first: 7, after: $after, filter: { errorCode: { in: $codes } }) {
       nodes { entryId } pageInfo { endCursor hasNextPage } } }`,
    { codes, after },
  );
  return body.data.queuedCreations;
}

it('merges several error codes into one list, in order', async () => {
  const codes = CODES.slice(1);
  const expected = await database.db.prisma.queuedCreation.findMany({
    where: { lastErrorCode: { in: codes } },
    orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
  });
  const found: string[] = [];
  for (let page = await pageOfCodes(codes, null); ; page = await pageOfCodes(codes, page.pageInfo.endCursor)) {
    found.push(...page.nodes.map(({ entryId }) => entryId));
    if (!page.pageInfo.hasNextPage) break;
  }
  expect(found).toEqual(expected.map(({ id }) => id));
});

it('has every column that a field of the API uses', async () => {
  const schema = buildSchema();
  const leavesOf = (name: string): string => {
    const fields = Object.values((schema.getType(name) as GraphQLObjectType).getFields());
    return fields
      .filter(({ type }) => isLeafType(getNamedType(type)))
      .map((field) => field.name)
      .join(' ');
  };
  const fields = `${leavesOf('QueuedCreation')} family { ${leavesOf('Family')} } createdBy { ${leavesOf('User')} }
    user { ${leavesOf('User')} } explanation { summary nextChangeAt blockers { __typename message } }`;
  const page = await app.graphql<{ queuedCreations: { nodes: { entryId: string }[] } }>(
    `{ queuedCreations(first: 100) { nodes { ${fields} } } }`,
  );
  expect(page.body.errors).toBeUndefined();
  expect(page.body.data.queuedCreations.nodes).toHaveLength(ids.length);
  for (const node of page.body.data.queuedCreations.nodes.slice(0, 15)) {
    const one = await app.graphql<{ queuedCreation: object }>(
      `query ($id: UUID!) { queuedCreation(entryId: $id) { ${fields} } }`,
      { id: node.entryId },
    );
    expect(node).toEqual(one.body.data.queuedCreation);
  }
});

it('leaves other selections to Prisma', () => {
  expect(relationsOf({})).toEqual([]);
  expect(relationsOf({ include: { family: true, createdBy: true } })).toEqual(['family', 'createdBy']);
  expect(relationsOf({ include: { attempts: true } })).toBeUndefined();
  expect(relationsOf({ include: { family: { include: { members: true } } } })).toBeUndefined();
});
