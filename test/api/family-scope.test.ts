/**
 * A token bound to a family can read and change only that family, through every operation; an ENQUEUER sees only
 * what it enqueued. Objects of others get the same response as objects that do not exist.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { subscribe } from '../support/sse.ts';

let database: TestDatabase;
let app: TestApp;
let ours: { familyId: string; ownerId: string; entryId: string };
let theirs: { familyId: string; ownerId: string; entryId: string };
let operator: Headers;
let enqueuer: Headers;
let otherEnqueuer: Headers;

const globalId = (type: string, key: string): string => Buffer.from(`${type}:${key}`).toString('base64url');

async function ask<Data = Record<string, never>>(query: string, variables: object = {}, headers: Headers = operator) {
  const { body } = await app.graphql<Data>(query, variables as Record<string, unknown>, headers);
  expect(body.errors, query).toBeUndefined();
  return body.data;
}

async function enqueue(
  family: { familyId: string; ownerId: string },
  username: string,
  headers: Headers = ADMIN,
  more: object = {},
) {
  const input = {
    familyId: family.familyId,
    createdByUserId: family.ownerId,
    username,
    fullName: 'Carla Child',
    ...more,
  };
  const data = await ask<{
    enqueueAccount: { code?: string; message?: string; isReplay?: boolean; entry?: { entryId: string } };
  }>(
    `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) {
      ... on EnqueueAccountPayload { isReplay entry { entryId } } ... on MutationError { code message } } }`,
    { input },
    headers,
  );
  return data.enqueueAccount;
}

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({ url: database.url, config: WITH_ACCESS, hasTimers: false });
  // Nothing is attempted, so that entries keep their state.
  await ask('mutation { openCircuit(input: {reason: "quiet"}) { __typename } }', {}, ADMIN);
  const family = async (username: string) => {
    const made = await seedFamily(database.db);
    return { ...made, entryId: (await enqueue(made, username)).entry?.entryId ?? '' };
  };
  ours = await family('our_child');
  theirs = await family('their_child');
  operator = await callerWith(app, { name: 'our operator', role: 'OPERATOR', familyId: ours.familyId });
  enqueuer = await callerWith(app, { name: 'frontend', role: 'ENQUEUER' });
  otherEnqueuer = await callerWith(app, { name: 'other frontend', role: 'ENQUEUER' });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

describe('a caller bound to a family', () => {
  it('lists and counts that family’s alone', async () => {
    const data = await ask<{
      families: { totalCount: number; nodes: { familyId: string }[] };
      queuedCreations: { totalCount: number; nodes: { entryId: string }[] };
      queueStatistics: { pendingCount: number; dueCount: number };
    }>(
      '{ families { totalCount nodes { familyId } } queuedCreations { totalCount nodes { entryId } } queueStatistics { pendingCount dueCount } }',
    );
    expect(data.families).toEqual({ totalCount: 1, nodes: [{ familyId: ours.familyId }] });
    expect(data.queuedCreations).toEqual({ totalCount: 1, nodes: [{ entryId: ours.entryId }] });
    expect(data.queueStatistics).toEqual({ pendingCount: 1, dueCount: 1 });
  });

  it('finds others’ neither by key, nor by id, nor by filter', async () => {
    const [user] = await database.db.query<{ id: string }>('SELECT id FROM auth.users WHERE family_id = $1', [
      theirs.familyId,
    ]);
    const data = await ask<Record<string, unknown>>(
      `query ($family: UUID!, $entry: UUID!, $f: ID!, $e: ID!, $u: ID!) {
        family(familyId: $family) { name } queuedCreation(entryId: $entry) { username }
        f: node(id: $f) { id } e: node(id: $e) { id } u: node(id: $u) { id }
        queuedCreations(filter: {familyId: $family}) { totalCount }
        named: queuedCreations(filter: {username: {equals: "their_child"}}) { totalCount }
      }`,
      {
        family: theirs.familyId,
        entry: theirs.entryId,
        f: globalId('Family', theirs.familyId),
        e: globalId('QueuedCreation', theirs.entryId),
        u: globalId('User', user?.id ?? ''),
      },
    );
    expect(data).toEqual({
      family: null,
      queuedCreation: null,
      f: null,
      e: null,
      u: null,
      queuedCreations: { totalCount: 0 },
      named: { totalCount: 0 },
    });
  });

  it('finds its own by all of them', async () => {
    const data = await ask<Record<string, unknown>>(
      'query ($family: UUID!, $f: ID!, $e: ID!) { family(familyId: $family) { familyId } f: node(id: $f) { id } e: node(id: $e) { id } }',
      { family: ours.familyId, f: globalId('Family', ours.familyId), e: globalId('QueuedCreation', ours.entryId) },
    );
    expect(data).toEqual({
      family: { familyId: ours.familyId },
      f: { id: expect.any(String) },
      e: { id: expect.any(String) },
    });
  });

  it.each([
    ['retryEntry', 'RetryEntryInput'],
    ['cancelEntry', 'CancelEntryInput'],
  ])('%s of another’s entry is answered as that of one that does not exist', async (name, type) => {
    const refusal = async (entryId: string) => {
      const data = await ask<Record<string, { code: string; message: string }>>(
        `mutation ($input: ${type}!) { ${name}(input: $input) { ... on MutationError { code message } } }`,
        { input: { entryId } },
      );
      return { code: data[name]?.code, message: data[name]?.message.replaceAll(entryId, '<id>') };
    };
    expect(await refusal(theirs.entryId)).toEqual(await refusal(randomUUID()));
    expect((await refusal(theirs.entryId)).code).toBe('NOT_FOUND');
  });

  it('enqueues for another family as for one that does not exist, also among many', async () => {
    const bound = await callerWith(app, { name: 'our frontend', role: 'ENQUEUER', familyId: ours.familyId });
    const foreign = await enqueue(theirs, 'a_newcomer', bound);
    const nowhere = await enqueue({ ...theirs, familyId: randomUUID() }, 'a_newcomer', bound);
    expect(foreign.code).toBe('NOT_FOUND');
    expect(foreign.message?.replace(/[0-9a-f-]{36}/, '')).toBe(nowhere.message?.replace(/[0-9a-f-]{36}/, ''));
    const item = { username: 'a_newcomer', fullName: 'A Newcomer' };
    const data = await ask<{ enqueueAccounts: { acceptedCount: number; results: { result: { code?: string } }[] } }>(
      `mutation ($input: EnqueueAccountsInput!) { enqueueAccounts(input: $input) { ... on EnqueueAccountsPayload {
        acceptedCount results { result { ... on MutationError { code } } } } } }`,
      {
        input: {
          items: [
            { ...item, familyId: theirs.familyId, createdByUserId: theirs.ownerId },
            { ...item, familyId: ours.familyId, createdByUserId: ours.ownerId },
          ],
        },
      },
      bound,
    );
    expect(data.enqueueAccounts).toEqual({
      acceptedCount: 1,
      results: [{ result: { code: 'NOT_FOUND' } }, { result: {} }],
    });
    await database.db.query(`DELETE FROM auth.queued_managed_account_creations WHERE username = 'a_newcomer'`);
  });

  it('plans over its own entries only, and neither sees, lists, applies nor undoes what others planned', async () => {
    const plan = async (input: object, headers: Headers = operator) => {
      const data = await ask<{
        planBulkAction: {
          planId: string;
          count: number;
          exclusions: { code: string; count: number; sample: unknown[] }[];
        };
      }>(
        `mutation ($input: PlanBulkActionInput!) { planBulkAction(input: $input) { ... on PlanBulkActionPayload {
          planId count exclusions { code count sample { entryId } } } } }`,
        { input },
        headers,
      );
      return data.planBulkAction;
    };
    const own = await plan({ action: 'CANCEL', filter: {} });
    expect(own).toMatchObject({ count: 1, exclusions: [] });
    const named = await plan({ action: 'CANCEL', entryIds: [ours.entryId, theirs.entryId] });
    expect(named).toMatchObject({ count: 1, exclusions: [{ code: 'NOT_FOUND', count: 1, sample: [] }] });
    const { planId } = await plan({ action: 'CANCEL', filter: {} }, ADMIN);
    const data = await ask<Record<string, { code?: string } | null>>(
      `mutation ($apply: ApplyBulkActionInput!, $undo: UndoBulkActionInput!) {
        applyBulkAction(input: $apply) { ... on MutationError { code } }
        undoBulkAction(input: $undo) { ... on MutationError { code } } }`,
      { apply: { planId }, undo: { bulkActionId: planId } },
    );
    expect(data).toEqual({ applyBulkAction: { code: 'NOT_FOUND' }, undoBulkAction: { code: 'NOT_FOUND' } });
    const seen = await ask<Record<string, unknown>>(
      'query ($key: UUID!, $id: ID!) { bulkAction(bulkActionId: $key) { totalCount } node(id: $id) { id } }',
      { key: planId, id: globalId('BulkAction', planId) },
    );
    expect(seen).toEqual({ bulkAction: null, node: null });
    const list = '{ bulkActions { totalCount nodes { bulkActionId } } }';
    const listed = (...ids: string[]) => ({
      bulkActions: { totalCount: ids.length, nodes: ids.map((bulkActionId) => ({ bulkActionId })) },
    });
    expect(await ask(list)).toEqual(listed(named.planId, own.planId));
    expect(await ask(list, {}, ADMIN)).toEqual(listed(planId, named.planId, own.planId));
    const { body } = await app.graphql(list, {}, enqueuer);
    expect(body).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  it('pauses its own family, and neither another nor the whole queue', async () => {
    const pause = async (familyId?: string) =>
      (
        await ask<{ pauseQueue: { code?: string; queuePauses?: { family: { familyId: string } }[] } }>(
          `mutation ($input: PauseQueueInput!) { pauseQueue(input: $input) {
            ... on PauseQueuePayload { queuePauses { family { familyId } } } ... on MutationError { code } } }`,
          { input: { reason: 'ours', familyId } },
        )
      ).pauseQueue;
    await ask(
      'mutation ($input: PauseQueueInput!) { pauseQueue(input: $input) { __typename } }',
      { input: { reason: 'x', familyId: theirs.familyId } },
      ADMIN,
    );
    expect(await pause(theirs.familyId)).toEqual({ code: 'NOT_FOUND' });
    expect(await pause()).toEqual({ code: 'INVALID_INPUT' });
    expect(await pause(ours.familyId)).toEqual({ queuePauses: [{ family: { familyId: ours.familyId } }] });
    const seen = await ask<{ queueControl: { pauses: unknown[] } }>(
      '{ queueControl { pauses { family { familyId } } } }',
    );
    expect(seen.queueControl.pauses).toEqual([{ family: { familyId: ours.familyId } }]);
  });

  it('is told of its own failures alone, with counts over them alone', async () => {
    await database.db.query(
      `UPDATE auth.queued_managed_account_creations SET status = 'failed', last_error_code = 'X', last_error_message = 'Broken.',
         failure_group = 'X:Broken.', next_retry_at = NULL, failed_at = now()
       WHERE id = ANY ($1)`,
      [[ours.entryId, theirs.entryId]],
    );
    const groups = async (headers: Headers) =>
      (
        await ask<{ failureGroups: object[] }>(
          '{ failureGroups { count affectedFamilyCount sample { entryId } } }',
          {},
          headers,
        )
      ).failureGroups;
    expect(await groups(operator)).toEqual([{ count: 1, affectedFamilyCount: 1, sample: { entryId: ours.entryId } }]);
    expect(await groups(ADMIN)).toEqual([expect.objectContaining({ count: 2, affectedFamilyCount: 2 })]);
  });

  it('hears of its own changes, and of no other’s, removals included', async () => {
    const stream = await subscribe(app, 'subscription { queuedCreationChanged { kind entryId } }', operator);
    const everything = await subscribe(app, 'subscription { queuedCreationChanged { kind entryId } }', ADMIN);
    const retry = (entryId: string) =>
      ask(
        'mutation ($input: RetryEntryInput!) { retryEntry(input: $input) { __typename } }',
        { input: { entryId } },
        ADMIN,
      );
    await retry(theirs.entryId);
    await retry(ours.entryId);
    const cancelled = (familyId: string, username: string) =>
      database.db.query<{ id: string }>(
        `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status)
         VALUES ($1, $2, 'Gone', 'cancelled') RETURNING id`,
        [familyId, username],
      );
    const [[oursGone], [theirsGone]] = [
      await cancelled(ours.familyId, 'gone_ours'),
      await cancelled(theirs.familyId, 'gone_theirs'),
    ];
    await database.db.query('DELETE FROM auth.queued_managed_account_creations WHERE id = ANY($1)', [
      [oursGone?.id, theirsGone?.id],
    ]);
    app.notices.notify('changes');
    await expect.poll(() => everything.events().length).toBeGreaterThanOrEqual(3);
    await retry(ours.entryId);
    await expect.poll(() => stream.events().length).toBeGreaterThanOrEqual(2);
    const isOurs = (text: string): boolean => text.includes(ours.entryId) || text.includes(oursGone?.id ?? '?');
    expect(stream.events().filter((text) => !isOurs(text))).toEqual([]);
    expect(stream.events().filter((text) => text.includes('REMOVED'))).toHaveLength(1);
    stream.close();
    everything.close();
  });
});

describe('an ENQUEUER', () => {
  it('sees what it enqueued, and nothing else, by list, key, id, count and subscription', async () => {
    const stream = await subscribe(
      app,
      'subscription { queuedCreationChanged { entryId queuedCreation { username } } }',
      enqueuer,
    );
    const mine = (await enqueue(ours, 'by_frontend', enqueuer)).entry?.entryId ?? '';
    const foreign = (await enqueue(ours, 'by_other', otherEnqueuer)).entry?.entryId ?? '';
    const data = await ask<Record<string, unknown>>(
      `query ($mine: UUID!, $foreign: UUID!, $id: ID!) {
        queuedCreations { totalCount nodes { entryId } }
        mine: queuedCreation(entryId: $mine) { entryId } foreign: queuedCreation(entryId: $foreign) { entryId }
        node(id: $id) { id }
      }`,
      { mine, foreign, id: globalId('QueuedCreation', foreign) },
      enqueuer,
    );
    expect(data).toEqual({
      queuedCreations: { totalCount: 1, nodes: [{ entryId: mine }] },
      mine: { entryId: mine },
      foreign: null,
      node: null,
    });
    await expect.poll(() => stream.events().length).toBeGreaterThanOrEqual(1);
    expect(stream.events().filter((text) => !text.includes(mine))).toEqual([]);
    stream.close();
  });

  it('has idempotency keys of its own', async () => {
    const first = await enqueue(ours, 'keyed_one', enqueuer, { idempotencyKey: 'k' });
    expect(first).toMatchObject({ isReplay: false });
    expect(await enqueue(ours, 'keyed_two', otherEnqueuer, { idempotencyKey: 'k' })).toMatchObject({ isReplay: false });
    expect(await enqueue(ours, 'keyed_one', enqueuer, { idempotencyKey: 'k' })).toMatchObject({
      isReplay: true,
      entry: first.entry,
    });
  });

  it('goes on where a token of the same name and role left off', async () => {
    const mine = (await enqueue(ours, 'before_change', enqueuer)).entry?.entryId ?? '';
    const successor = await callerWith(app, { name: 'frontend', role: 'ENQUEUER' });
    const data = await ask<{ queuedCreation: unknown }>(
      'query ($id: UUID!) { queuedCreation(entryId: $id) { entryId } }',
      { id: mine },
      successor,
    );
    expect(data.queuedCreation).toEqual({ entryId: mine });
  });
});

it('what somebody enqueued for many families at once is on record with each', async () => {
  const item = ({ familyId, ownerId }: typeof ours, username: string) => ({
    familyId,
    createdByUserId: ownerId,
    username,
    fullName: 'One Of Many',
  });
  await ask(
    'mutation ($input: EnqueueAccountsInput!) { enqueueAccounts(input: $input) { __typename } }',
    { input: { items: [item(ours, 'many_ours'), item(theirs, 'many_theirs'), item(ours, 'many_ours_2')] } },
    ADMIN,
  );
  const data = await ask<{ auditEntries: { nodes: { familyId: string; after: { entryIds: string[] } }[] } }>(
    '{ auditEntries(filter: {action: {equals: "enqueueAccounts"}}, first: 1) { nodes { familyId after } } }',
  );
  expect(data.auditEntries.nodes).toMatchObject([{ familyId: ours.familyId }]);
  expect(data.auditEntries.nodes[0]?.after.entryIds).toHaveLength(2);
});

it('each act of a family’s caller is on record with the family', async () => {
  const rows = await database.db.query<{ action: string }>(
    `SELECT DISTINCT action FROM auth.audit_entries WHERE actor = 'our operator' AND family_id = $1 AND outcome = 'done'`,
    [ours.familyId],
  );
  expect(rows.map(({ action }) => action)).toContain('pauseQueue');
});
