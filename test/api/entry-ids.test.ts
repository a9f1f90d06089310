/** Entries by ids, as a page queries those that it shows: listed, watched, planned, and limited to a page's size. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { subscribe } from '../support/sse.ts';

const soon = { timeout: 30_000, interval: 10 };
const LIST = `query ($filter: QueuedCreationFilter) {
  queuedCreations(filter: $filter, first: 100) { totalCount nodes { entryId } } }`;
const PLAN = `mutation ($input: PlanBulkActionInput!) { planBulkAction(input: $input) {
  ... on PlanBulkActionPayload { count sample { entryId } exclusions { count } }
  ... on InvalidInputError { code issues { path message } } } }`;

let database: TestDatabase;
let app: TestApp;
let operator: Headers;
let ofFamily: Headers;
let ours: string[] = [];
let theirs: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({ url: database.url, config: WITH_ACCESS, hasTimers: false });
  operator = await callerWith(app, { name: 'operator', role: 'OPERATOR' });
  const fill = async (name: string) => {
    const { familyId } = await seedFamily(database.db);
    const rows = await database.db.query<{ id: string }>(
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status, encrypted_password, next_retry_at, failed_at)
       SELECT $1, $2 || n, 'Some Body', 'failed', 'sealed', NULL, now() FROM generate_series(1, 5) AS n RETURNING id`,
      [familyId, name],
    );
    return { familyId, ids: rows.map(({ id }) => id) };
  };
  const own = await fill('our_');
  ours = own.ids;
  theirs = (await fill('their_')).ids;
  ofFamily = await callerWith(app, { name: 'our operator', role: 'OPERATOR', familyId: own.familyId });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

async function list(filter: object, headers = operator) {
  const { body } = await app.graphql<{ queuedCreations: { totalCount: number; nodes: { entryId: string }[] } }>(
    LIST,
    { filter },
    headers,
  );
  expect(body.errors).toBeUndefined();
  const { totalCount, nodes } = body.data.queuedCreations;
  expect(nodes).toHaveLength(totalCount);
  return nodes.map(({ entryId }) => entryId).sort();
}

describe('QueuedCreationFilter.entryIds', () => {
  it('lists these, whichever way they are written and however often, and no others', async () => {
    const [first = '', second = ''] = ours;
    expect(await list({ entryIds: [first, second.toUpperCase(), first, randomUUID()] })).toEqual(
      [first, second].sort(),
    );
    expect(await list({ entryIds: [first, second], username: { equals: 'our_2' } })).toEqual([second]);
    expect(await list({ entryIds: [] })).toEqual([]);
    expect(await list({ entryIds: null })).toHaveLength(10);
  });

  it('shows nobody more than he sees without it', async () => {
    expect(await list({ entryIds: [...ours, ...theirs] }, ofFamily)).toEqual([...ours].sort());
  });

  it('plans for these', async () => {
    const plan = async (entryIds: readonly string[], headers = operator) => {
      const { body } = await app.graphql<{ planBulkAction: object }>(
        PLAN,
        { input: { action: 'CANCEL', filter: { entryIds } } },
        headers,
      );
      return body.data.planBulkAction;
    };
    expect(await plan(ours.slice(0, 2))).toMatchObject({ count: 2, exclusions: [] });
    expect(await plan([...ours.slice(0, 2), ...theirs], ofFamily)).toMatchObject({ count: 2, exclusions: [] });
    expect(await plan([])).toMatchObject({ count: 0 });
    expect(await plan(Array.from({ length: 101 }, () => randomUUID()))).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['filter', 'entryIds'], message: 'has at most 100 ids' }],
    });
  });

  it('takes 100, and refuses more and what is no id', async () => {
    const hundred = Array.from({ length: 100 }, () => randomUUID());
    expect(await list({ entryIds: hundred })).toEqual([]);
    for (const entryIds of [[...hundred, randomUUID()], ['not an id'], [null]]) {
      const { body } = await app.graphql(LIST, { filter: { entryIds } }, operator);
      expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
    }
    const { body } = await app.graphql(LIST, { filter: { entryIds: [...hundred, randomUUID()] } }, operator);
    expect(body.errors?.[0]?.message).toContain('filter.entryIds: has at most 100 ids');
  });

  it('watches these until they are gone, and nothing else', async () => {
    const [watched = '', also = ''] = ours;
    const ids = [watched, also, theirs[0]].map((id) => `"${id}"`).join(', ');
    const stream = await subscribe(
      app,
      `subscription { queuedCreationChanged(filter: {entryIds: [${ids}]}) { kind entryId } }`,
      ofFamily,
    );
    const change = (sql: string, id: string | undefined) =>
      database.db.query(sql.replace('IT', 'auth.queued_managed_account_creations'), [id]);
    for (const id of [theirs[0], ours[3], watched])
      await change(`UPDATE IT SET full_name = 'Changed' WHERE id = $1`, id);
    for (const id of [theirs[0], ours[4], also]) await change('DELETE FROM IT WHERE id = $1', id);
    await expect
      .poll(() => stream.events().map((text) => JSON.parse(text) as object), soon)
      .toEqual([
        { data: { queuedCreationChanged: { kind: 'UPDATED', entryId: watched } } },
        { data: { queuedCreationChanged: { kind: 'REMOVED', entryId: also } } },
      ]);
    stream.close();
  });
});
