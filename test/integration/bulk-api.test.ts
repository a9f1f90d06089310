/** Plan, apply, watch and undo through the API, on a complete node with its worker and simulator. */
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { MOST_OPEN_PLANS } from '../../src/accounts/bulk/bulk-plan.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let node: TestApp;
let familyId: string;
let ownerId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ familyId, ownerId } = await seedFamily(database.db));
  node = await startTestApp({ url: database.url, hasTimers: false });
});
afterAll(async () => {
  await node.close();
  await database.drop();
});

const PLAN = `mutation ($input: PlanBulkActionInput!) { planBulkAction(input: $input) {
  __typename
  ... on MutationError { code message }
  ... on InvalidInputError { issues { path code } }
  ... on PlanBulkActionPayload {
    planId count expiresAt estimatedDuration
    sample { entryId status family { familyId } }
    exclusions { code message count sample { entryId } }
  } } }`;
const APPLY = `mutation ($input: ApplyBulkActionInput!) { applyBulkAction(input: $input) {
  __typename ... on MutationError { code message } ... on ApplyBulkActionPayload { isReplay bulkAction { id bulkActionId } } } }`;
const UNDO = `mutation ($input: UndoBulkActionInput!) { undoBulkAction(input: $input) {
  __typename ... on MutationError { code message } ... on UndoBulkActionPayload { isChanged bulkAction { bulkActionId } } } }`;
const SHOW = `query ($id: UUID!, $after: String) { bulkAction(bulkActionId: $id) {
  id action status runAt totalCount doneCount skippedCount undoneCount keptCount canUndo reason actor createdAt finishedAt
  skipped(first: 2, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { code message entry { entryId bulkAction { bulkActionId } } } }
  filter exclusions { code message count sample { entryId } } undoneBy undoReason undoAskedAt
  changed(first: 1) { totalCount nodes { outcome entry { entryId } } }
  skippedReasons { code message count } lastBatchAt freeAt kept { totalCount }
} }`;

interface Planned {
  __typename: string;
  code: string;
  message: string;
  planId: string;
  count: number;
  estimatedDuration: string | null;
  issues: { path: string[]; code: string }[];
  sample: { entryId: string; status: string }[];
  exclusions: { code: string; count: number; sample: { entryId: string }[] }[];
}
interface Shown {
  id: string;
  status: string;
  doneCount: number;
  skippedCount: number;
  canUndo: boolean;
  finishedAt: string | null;
  lastBatchAt: string | null;
  skippedReasons: { code: string; count: number; message: string }[];
  skipped: {
    totalCount: number;
    pageInfo: { hasNextPage: boolean; endCursor: string };
    nodes: { code: string; message: string; entry: { entryId: string } }[];
  };
}

interface Listed {
  /** Only if it is requested. */
  totalCount?: number;
  nodes: { bulkActionId: string }[];
  pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; startCursor: string | null; endCursor: string | null };
}

const plan = async (input: object): Promise<Planned> =>
  (await node.graphql<{ planBulkAction: Planned }>(PLAN, { input })).body.data.planBulkAction;
const apply = async (input: object): Promise<{ __typename: string; code: string; isReplay: boolean }> =>
  (await node.graphql<{ applyBulkAction: { __typename: string; code: string; isReplay: boolean } }>(APPLY, { input }))
    .body.data.applyBulkAction;
const show = async (id: string, after?: string): Promise<Shown | null> =>
  (await node.graphql<{ bulkAction: Shown | null }>(SHOW, { id, after })).body.data.bulkAction;
const untilShown = async (id: string, status: string): Promise<Shown> => {
  await expect.poll(async () => (await show(id))?.status, { timeout: 30_000, interval: 20 }).toBe(status);
  const shown = await show(id);
  if (shown === null) throw new Error('It vanished.');
  return shown;
};
const HISTORY = `query ($id: UUID!, $first: Int!) { queuedCreation(entryId: $id) { bulkActions(first: $first) {
  bulkAction { bulkActionId action actor reason } outcome message changedAt undoneAt undoneBy undoReason } } }`;
const toldBy = async (id: string, first = 20): Promise<object[]> =>
  (await node.graphql<{ queuedCreation: { bulkActions: object[] } }>(HISTORY, { id, first })).body.data.queuedCreation
    .bulkActions;

let made = 0;
const insert = async (count: number, status: string, dueIn = '1 hour'): Promise<string[]> => {
  const ids = Array.from({ length: count }, () => crypto.randomUUID());
  await database.db.query(
    `INSERT INTO auth.queued_managed_account_creations (id, family_id, created_by_user_id, username, full_name, status, next_retry_at, encrypted_password)
     SELECT id, $1, $2, 'api_' || ($3::int + n), 'Carla Child', $4, CASE WHEN $4::auth.entry_status = 'pending' THEN now() + $5::interval END, sealed
     FROM unnest($6::uuid[], $7::text[]) WITH ORDINALITY AS e(id, sealed, n)`,
    [familyId, ownerId, made, status, dueIn, ids, ids.map((id) => node.keyRing.seal('Correct-Horse-Battery-7', id))],
  );
  made += count;
  return ids;
};

describe('over the API', () => {
  test('a retry of failed entries makes their accounts, once each; a repeat is a replay', async () => {
    const ids = await insert(30, 'failed');
    const pending = await insert(1, 'processing');
    const planned = await plan({
      action: 'RETRY',
      filter: { familyId, status: ['FAILED', 'PROCESSING'] },
      reason: 'mended',
    });
    expect(planned).toMatchObject({ __typename: 'PlanBulkActionPayload', count: 30, estimatedDuration: null });
    expect(planned.sample).toHaveLength(10);
    expect(planned.exclusions).toMatchObject([{ code: 'PROCESSING', count: 1, sample: [{ entryId: pending[0] }] }]);
    expect(await show(planned.planId)).toMatchObject({ status: 'PLANNED', canUndo: false, finishedAt: null });

    const input = { planId: planned.planId, idempotencyKey: 'retry-them' };
    expect(await apply(input)).toMatchObject({ __typename: 'ApplyBulkActionPayload', isReplay: false });
    expect(await apply(input)).toMatchObject({ isReplay: true });
    expect(await apply({ planId: planned.planId })).toMatchObject({ code: 'INVALID_STATE' });
    const shown = await untilShown(planned.planId, 'FINISHED');
    expect(shown).toMatchObject({ doneCount: 30, skippedCount: 0, canUndo: false, reason: 'mended', actor: 'local' });
    // The filter and the exclusions stay visible afterwards.
    expect(shown).toMatchObject({
      filter: { familyId, status: ['FAILED', 'PROCESSING'] },
      exclusions: [{ code: 'PROCESSING', count: 1, sample: [{ entryId: pending[0] }] }],
      changed: { totalCount: 30, nodes: [{ outcome: 'CHANGED', entry: { entryId: planned.sample[0]?.entryId } }] },
      undoneBy: null,
      undoReason: null,
      undoAskedAt: null,
    });
    await expect
      .poll(() => database.db.prisma.queuedCreation.count({ where: { id: { in: ids }, status: 'completed' } }), {
        timeout: 30_000,
        interval: 20,
      })
      .toBe(30);
    const undone = await node.graphql<{ undoBulkAction: object }>(UNDO, { input: { bulkActionId: planned.planId } });
    expect(undone.body.data.undoBulkAction).toMatchObject({ __typename: 'InvalidStateError', code: 'INVALID_STATE' });
    const again = await node.graphql<{ node: object }>(
      'query ($id: ID!) { node(id: $id) { ... on BulkAction { bulkActionId } } }',
      {
        id: shown.id,
      },
    );
    expect(again.body.data.node).toEqual({ bulkActionId: planned.planId });
    expect(node.logLines.filter(({ action }) => action === 'applyBulkAction')).toMatchObject([
      { actor: 'local', reason: 'mended', target: { type: 'BulkAction', id: planned.planId } },
    ]);
  });

  test('what was skipped is named, page by page, and a cancel is taken back', async () => {
    const ids = await insert(8, 'pending');
    const planned = await plan({ action: 'CANCEL', entryIds: ids });
    await database.db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() + interval '2 hours', updated_at = now() + interval '1 ms' WHERE id = ANY($1::uuid[])`,
      [ids.slice(0, 3)],
    );
    await apply({ planId: planned.planId });
    const shown = await untilShown(planned.planId, 'FINISHED');
    expect(shown).toMatchObject({ doneCount: 5, skippedCount: 3, canUndo: true });
    expect(shown).toMatchObject({ skippedReasons: [{ code: 'CHANGED', count: 3 }], lastBatchAt: null, freeAt: null });
    expect(shown.skipped).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
    const rest = await show(planned.planId, shown.skipped.pageInfo.endCursor);
    expect(rest?.skipped.pageInfo.hasNextPage).toBe(false);
    const named = [...shown.skipped.nodes, ...(rest?.skipped.nodes ?? [])];
    expect(named.map(({ code, entry }) => [code, entry.entryId])).toEqual(ids.slice(0, 3).map((id) => ['CHANGED', id]));

    await node.graphql(UNDO, { input: { bulkActionId: planned.planId, reason: 'wrong family' } });
    expect(await untilShown(planned.planId, 'UNDONE')).toMatchObject({ undoneCount: 5, keptCount: 0, canUndo: false });
    expect(await show(planned.planId)).toMatchObject({
      filter: null,
      exclusions: [],
      changed: { totalCount: 5, nodes: [{ outcome: 'UNDONE', entry: { entryId: ids[3] } }] },
      undoneBy: 'local',
      undoReason: 'wrong family',
      undoAskedAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await database.db.prisma.queuedCreation.count({ where: { id: { in: ids }, status: 'pending' } })).toBe(8);
  });

  test('of two plans for the same entries the second says that they were cancelled meanwhile, and by what', async () => {
    const ids = await insert(3, 'pending');
    const [first, second] = [
      await plan({ action: 'CANCEL', entryIds: ids.slice(0, 2) }),
      await plan({ action: 'CANCEL', entryIds: ids }),
    ];
    await apply({ planId: first.planId });
    await untilShown(first.planId, 'FINISHED');
    await database.db.query(
      `UPDATE auth.queued_managed_account_creations SET updated_at = now() + interval '1 ms' WHERE id = $1`,
      [ids[2]],
    );
    await apply({ planId: second.planId });
    const shown = await untilShown(second.planId, 'FINISHED');
    expect(shown).toMatchObject({ doneCount: 0, skippedCount: 3 });
    expect(shown.skippedReasons).toMatchObject([
      { code: 'ALREADY_CANCELLED', count: 2, message: expect.stringContaining('cancelled meanwhile') },
      { code: 'CHANGED', count: 1 },
    ]);
    expect(shown.skipped.nodes[0]?.entry).toMatchObject({ bulkAction: { bulkActionId: first.planId } });
  });

  test('says when the node at work did its last batch, and from when on another may go on', async () => {
    const { planId } = await plan({ action: 'CANCEL', entryIds: await insert(1, 'pending') });
    await database.db.query(
      `UPDATE auth.bulk_actions SET lease_node_id = gen_random_uuid(), lease_expires_at = '2026-01-01T00:01:00Z' WHERE id = $1`,
      [planId],
    );
    const shown = await show(planId);
    expect(shown).toMatchObject({ freeAt: '2026-01-01T00:01:00.000Z', skippedReasons: [] });
    expect(Date.parse(shown?.lastBatchAt ?? '')).toBeLessThan(Date.parse('2026-01-01T00:01:00Z'));
  });

  test('an entry tells what each bulk action did to it, the last one first, and who took it back when', async () => {
    const [changed = '', touched = ''] = await insert(2, 'failed');
    const entryIds = [changed, touched];
    const cancel = await plan({ action: 'CANCEL', entryIds, reason: 'wrong family' });
    expect(await toldBy(changed)).toEqual([]);
    await apply({ planId: cancel.planId });
    await untilShown(cancel.planId, 'FINISHED');
    await database.db.query(
      `UPDATE auth.queued_managed_account_creations SET updated_at = now() + interval '1 ms' WHERE id = $1`,
      [touched],
    );
    await node.graphql(UNDO, { input: { bulkActionId: cancel.planId, reason: 'it was right' } });
    await untilShown(cancel.planId, 'UNDONE');
    const later = await plan({ action: 'CANCEL', entryIds });
    await apply({ planId: later.planId });
    await untilShown(later.planId, 'FINISHED');

    const time = expect.stringMatching(/^\d{4}-.*Z$/);
    const ofCancel = { bulkActionId: cancel.planId, action: 'CANCEL', actor: 'local', reason: 'wrong family' };
    expect(await toldBy(changed)).toEqual([
      {
        bulkAction: { bulkActionId: later.planId, action: 'CANCEL', actor: 'local', reason: null },
        ...{ outcome: 'CHANGED', message: null, changedAt: time, undoneAt: null, undoneBy: null, undoReason: null },
      },
      {
        bulkAction: ofCancel,
        ...{ outcome: 'UNDONE', message: null, changedAt: time, undoneAt: time, undoneBy: 'local' },
        undoReason: 'it was right',
      },
    ]);
    expect(await toldBy(touched, 1)).toEqual([
      {
        bulkAction: ofCancel,
        ...{
          outcome: 'KEPT',
          message: expect.stringContaining('.'),
          changedAt: time,
          undoneAt: null,
          undoneBy: 'local',
          undoReason: 'it was right',
        },
      },
    ]);
  });

  test('a caller keeps so many plans open, and a request holds a few', async () => {
    await database.db.query('DELETE FROM auth.bulk_actions');
    const one = 'planBulkAction(input: { action: CANCEL, filter: {}, reason: "x" }) { __typename }';
    const several = (count: number) =>
      node.graphql(`mutation { ${Array.from({ length: count }, (_, n) => `p${n}: ${one}`).join(' ')} }`);
    expect((await several(5)).body.errors?.[0]?.message).toContain('complex');
    for (let open = 0; open < MOST_OPEN_PLANS; open += 4) expect((await several(4)).body.errors).toBeUndefined();
    const refused = await plan({ action: 'CANCEL', filter: {}, reason: 'one more' });
    expect(refused).toMatchObject({ __typename: 'InvalidStateError', message: expect.stringContaining('oldest') });
    // An expired plan does not count as open.
    await database.db.query(
      'UPDATE auth.bulk_actions SET expires_at = now() WHERE id = (SELECT id FROM auth.bulk_actions LIMIT 1)',
    );
    const made = await plan({ action: 'CANCEL', filter: {}, reason: 'in its place' });
    expect(made.__typename).toBe('PlanBulkActionPayload');
    await database.db.query('DELETE FROM auth.bulk_actions');
  });

  test('are listed by when they were planned, newest first, without plans that have expired', async () => {
    await database.db.query('DELETE FROM auth.bulk_actions');
    // Some share a timestamp, so that only the id orders them; the fifth is a plan, the sixth an expired plan.
    const ids = Array.from({ length: 6 }, (_, n) => `0000000${n}-0000-4000-8000-000000000000`);
    await database.db.query(
      `INSERT INTO auth.bulk_actions (id, action, status, actor, total_count, created_at, expires_at)
       SELECT id, 'cancel', CASE WHEN n < 5 THEN 'finished'::auth.bulk_action_status ELSE 'planned' END, 'local', n,
              now() - (6 - n / 2) * interval '1 minute', now() + CASE WHEN n = 5 THEN interval '1 minute' ELSE interval '-1 second' END
       FROM unnest($1::uuid[]) WITH ORDINALITY AS a(id, n)`,
      [ids],
    );
    const listed = ids.slice(0, 5).reverse();
    const query = `query ($first: Int, $after: String, $last: Int, $before: String, $isCounted: Boolean = false) {
      bulkActions(first: $first, after: $after, last: $last, before: $before) {
        totalCount @include(if: $isCounted)
        nodes { bulkActionId } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;
    const ask = (variables: Record<string, unknown>) => node.graphql<{ bulkActions: Listed }>(query, variables);
    const walk = async (size: object, way: 'after' | 'before'): Promise<string[]> => {
      const found: string[] = [];
      for (let cursor: string | null = null, isMore = true; isMore; ) {
        const { nodes, pageInfo }: Listed = (await ask({ ...size, [way]: cursor })).body.data.bulkActions;
        const page = nodes.map(({ bulkActionId }) => bulkActionId);
        if (way === 'after') found.push(...page);
        else found.unshift(...page);
        cursor = way === 'after' ? pageInfo.endCursor : pageInfo.startCursor;
        isMore = way === 'after' ? pageInfo.hasNextPage : pageInfo.hasPreviousPage;
      }
      return found;
    };
    expect(await walk({ first: 2 }, 'after')).toEqual(listed);
    expect(await walk({ last: 2 }, 'before')).toEqual(listed);

    const sent = vi.spyOn(pg.Client.prototype, 'query');
    // The fewest of three: a statement of the node's own may fall into a request.
    const statementsFor = async (variables: Record<string, unknown>): Promise<number> => {
      const counts: number[] = [];
      for (let n = 0; n < 3; n++) {
        sent.mockClear();
        expect((await ask(variables)).body.errors).toBeUndefined();
        counts.push(sent.mock.calls.length);
      }
      return Math.min(...counts);
    };
    expect(await statementsFor({ first: 1 })).toBe(1);
    expect(await statementsFor({ first: 1, isCounted: true })).toBe(2);
    expect((await ask({ first: 1, isCounted: true })).body.data.bulkActions.totalCount).toBe(listed.length);
    sent.mockRestore();

    for (const [wrong, message] of [
      [{ first: 0 }, 'at least 1'],
      [{ last: 101 }, 'at most 100'],
      [{ first: 1, last: 1 }, 'not for both'],
      [{ after: 'nonsense' }, 'not a cursor of this list'],
    ] as const)
      expect((await ask(wrong)).body.errors?.[0]?.message).toContain(message);
    await database.db.query('DELETE FROM auth.bulk_actions');
  });

  test('what means nothing is refused with every problem at once', async () => {
    const refused = await plan({ action: 'RETRY', runAt: '2027-01-01T00:00:00Z' });
    expect(refused.__typename).toBe('InvalidInputError');
    expect(refused.issues).toEqual([
      { path: ['filter'], code: 'MISSING' },
      { path: ['runAt'], code: 'NOT_ALLOWED' },
    ]);
    expect((await plan({ action: 'CANCEL', filter: {}, reason: 'x'.repeat(501) })).issues).toEqual([
      { path: ['reason'], code: 'INVALID_VALUE' },
    ]);
    expect(await apply({ planId: crypto.randomUUID() })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await show(crypto.randomUUID())).toBeNull();
  });
});
