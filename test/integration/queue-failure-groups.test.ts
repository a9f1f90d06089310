/** Failure groups: many entries, few causes; what a group counts and selects, and what the query costs. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { cancelEntry } from '../../src/accounts/cancel.ts';
import { entryCondition } from '../../src/accounts/entry-queries.graphql.ts';
import { loadFailureGroups } from '../../src/accounts/insight/failure-group.graphql.ts';
import { retryEntry } from '../../src/accounts/retry.ts';
import type { FaultOrder } from '../../src/identity/simulator/faults.ts';
import { type GraphqlAnswer, startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { createTestQueue, type TestNode, type TestQueue } from '../support/queue.ts';

let queue: TestQueue;

beforeAll(async () => {
  queue = await createTestQueue();
});
afterAll(() => queue?.close());
afterEach(() => queue.reset());

const startNode = (): Promise<TestNode> => queue.startNode({ circuit: { failureThreshold: 10_000 } });
const membersOf = async (failureGroup: string): Promise<string[]> => {
  const where = entryCondition({ failureGroup }, new Date());
  return (await queue.db.prisma.queuedCreation.findMany({ where, select: { id: true } })).map(({ id }) => id).sort();
};

/** How the provider fails for the account with this username: one of three causes, each with a different message. */
const CAUSES: readonly ((username: string, index: number) => FaultOrder)[] = [
  (username, index) => ({
    kind: 'error',
    code: 'invalid_argument',
    errorId: 'COMMA-VoaRj',
    text: `Password of "${username}" (user ${index + 1}) is too weak for Carla Child ${index}`,
    username,
  }),
  (username, index) => ({
    kind: 'error',
    code: 'internal',
    text: `${username}: lock 0f0e7a9c-6a1e-4a53-9d0b-8a3f3c6f2b${10 + index} not free after ${index * 7} ms`,
    username,
  }),
  (username) => ({ kind: '503', username }),
];

/** Makes 3 × `each` entries fail, each with a different message, and returns the ids by cause. */
async function failInThreeWays(node: TestNode, each: number): Promise<string[][]> {
  const causes = CAUSES.map((cause, kind) =>
    Array.from({ length: each }, (_, index) => {
      const username = `fail_${'abc'[kind]}_${index}`;
      return { username, fullName: `Carla Child ${index}`, fault: cause(username, index) };
    }),
  );
  queue.simulator.faults.set(causes.flat().map(({ fault }) => fault));
  const ids = await Promise.all(
    causes.map((accounts) => Promise.all(accounts.map(({ fault: _, ...account }) => node.enqueue(account)))),
  );
  await expect.poll(() => queue.db.prisma.attempt.count(), { timeout: 30_000, interval: 20 }).toBe(3 * each);
  return ids;
}

describe('failure groups', () => {
  it('gather what differs only in names, ids and numbers; each selects exactly its entries', async () => {
    const node = await startNode();
    const ids = await failInThreeWays(node, 12);
    const groups = await loadFailureGroups(queue.db, 20);
    expect(groups).toHaveLength(3);
    expect(groups.map(({ errorCode }) => errorCode).sort()).toEqual([
      'PASSWORD_REFUSED',
      'PROVIDER_INTERNAL_ERROR',
      'PROVIDER_UNAVAILABLE',
    ]);
    for (const group of groups) {
      expect(group).toMatchObject({ count: 12, affectedFamilyCount: 1 });
      expect(group.failedCount).toBe(group.errorCode === 'PASSWORD_REFUSED' ? 12 : 0);
      expect(group.message).not.toMatch(/Carla|fail_[abc]|\d{2}/);
      expect(group.trend).toHaveLength(12);
      expect(group.trend.reduce((a, b) => a + b)).toBe(12);
      expect(group.trend.at(-1)).toBe(12);
      expect(group.lastSeenAt.getTime()).toBeGreaterThanOrEqual(group.firstSeenAt.getTime());
      const members = await membersOf(group.key);
      expect(ids.map((some) => [...some].sort())).toContainEqual(members);
      expect(members).toContain(group.sampleId);
    }
    expect(await loadFailureGroups(queue.db, 2)).toEqual(groups.slice(0, 2));
  });

  it('lose an entry that is retried by hand, completed or cancelled, and keep one that backs off', async () => {
    const node = await startNode();
    const [refused = [], internal = [], unavailable = []] = await failInThreeWays(node, 3);
    const groups = await loadFailureGroups(queue.db, 20);
    const keyOf = (code: string) => groups.find(({ errorCode }) => errorCode === code)?.key ?? '';
    queue.simulator.faults.clear();

    const [retried = '', cancelled = ''] = refused;
    await retryEntry(node.context, { entryId: retried });
    expect((await queue.untilStatus(retried, 'completed')).failureGroup).toBeNull();
    await cancelEntry(node.context, { entryId: cancelled });
    expect(await membersOf(keyOf('PASSWORD_REFUSED'))).toEqual(refused.slice(2));

    const [due = ''] = internal;
    await queue.makeDue(due);
    node.worker.wake();
    expect((await queue.untilStatus(due, 'completed')).failureGroup).toBeNull();
    expect(await membersOf(keyOf('PROVIDER_INTERNAL_ERROR'))).toEqual(internal.slice(1).sort());
    expect(await membersOf(keyOf('PROVIDER_UNAVAILABLE'))).toEqual([...unavailable].sort());
    // The trend still includes entries that have been completed since.
    const internalNow = (await loadFailureGroups(queue.db, 20)).find(
      ({ key }) => key === keyOf('PROVIDER_INTERNAL_ERROR'),
    );
    expect(internalNow).toMatchObject({ count: 2 });
    expect(internalNow?.trend.at(-1)).toBe(3);
  });

  it('count what was interrupted, and show no row that failed by SQL', async () => {
    const node = await startNode();
    const [id = '', bySql = ''] = await queue.insertUnnoticed(2);
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET status = 'processing', lease_token = gen_random_uuid(), attempt_count = 1,
         leased_at = now() - interval '1 minute', lease_expires_at = now() - interval '1 second' WHERE id = $1`,
      [id],
    );
    await queue.db.query(
      `UPDATE auth.queued_managed_account_creations SET status = 'failed', next_retry_at = NULL, last_error_message = 'By hand' WHERE id = $1`,
      [bySql],
    );
    await node.worker.stop(1_000);
    expect(await node.takeOver()).toEqual([id]);
    const groups = await loadFailureGroups(queue.db, 20);
    expect(groups).toMatchObject([{ errorCode: 'ATTEMPT_INTERRUPTED', count: 1, sampleId: id }]);
  });

  it('put each attempt of the last hour into its 5 minutes, and leave older ones out', async () => {
    await queue.db.query(
      `WITH entry AS (
         INSERT INTO auth.queued_managed_account_creations
           (family_id, username, full_name, encrypted_password, status, next_retry_at, last_error_code, last_error_message, failure_group)
         VALUES ($1, 'trendy', 'Trendy', 'x', 'failed', NULL, 'PROVIDER_TIMEOUT', 'No answer', 'g1') RETURNING id
       )
       INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, started_at, finished_at, failure_group)
       SELECT id, row_number() OVER (), 'transient_failure', at, at, 'g1'
       FROM entry, (SELECT now() - minutes * interval '1 minute' AS at FROM unnest($2::float8[]) AS minutes) AS ago`,
      [queue.familyId, [600, 61, 59, 58, 32, 6, 1, 0]],
    );
    const [group] = await loadFailureGroups(queue.db, 20);
    expect(group?.trend).toEqual([2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2]);
    const age = (group?.lastSeenAt.getTime() ?? 0) - (group?.firstSeenAt.getTime() ?? 0);
    expect(Math.round(age / 60_000)).toBe(600);
  });

  it('are found by their index, in order, among thousands', async () => {
    await queue.db.query(
      `INSERT INTO auth.queued_managed_account_creations
         (family_id, username, full_name, status, next_retry_at, created_at, last_error_code, last_error_message, failure_group)
       SELECT $1, 'many_' || n, 'Many', CASE WHEN n % 3 = 0 THEN 'failed' ELSE 'cancelled' END::auth.entry_status, NULL,
              now() - n * interval '1 second', 'PROVIDER_TIMEOUT', 'No answer', CASE WHEN n % 30 = 0 THEN 'rare' WHEN n % 3 = 0 THEN 'common' END
       FROM generate_series(1, 9000) AS n`,
      [queue.familyId],
    );
    await queue.db.query('ANALYZE auth.queued_managed_account_creations');
    // The query that Prisma sends for a page with the filter.
    const plan = await queue.db.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN SELECT id, created_at FROM auth.queued_managed_account_creations
       WHERE failure_group = $1 AND status IN (CAST($2::text AS auth.entry_status), CAST($3::text AS auth.entry_status))
         AND created_at <= $4 AND (created_at < $4 OR (created_at = $4 AND id < $5))
       ORDER BY created_at DESC, id DESC LIMIT 21`,
      ['common', 'pending', 'failed', new Date(), '00000000-0000-4000-8000-000000000000'],
    );
    const text = plan.map((line) => line['QUERY PLAN']).join('\n');
    expect(text).toContain('queued_managed_account_creations_failure_group_idx');
    expect(text).not.toMatch(/Sort|Seq Scan/);
    const groups = await loadFailureGroups(queue.db, 20);
    expect(groups.map(({ key, count }) => [key, count])).toEqual([
      ['common', 2_700],
      ['rare', 300],
    ]);
  });
});

describe('in the API', () => {
  const GROUPS = `{ failureGroups { key errorCode message count failedCount affectedFamilyCount affectedFamilies { name members { totalCount } } firstSeenAt lastSeenAt trend suggestedCure
    cure { mutation input }
    sample { entryId username family { name } createdBy { fullName } } } }`;
  let database: TestDatabase;
  let server: TestApp;

  beforeAll(async () => {
    database = await createTestDatabase();
    server = await startTestApp({ url: database.url, hasTimers: false });
    const { familyId, ownerId } = await seedFamily(database.db);
    await database.db.query(
      `INSERT INTO auth.queued_managed_account_creations
         (family_id, created_by_user_id, username, full_name, status, next_retry_at, last_error_code, last_error_message, failure_group)
       SELECT $1, $2, 'failed_' || n, 'Failed', 'failed', NULL, 'PROVIDER_TIMEOUT', 'No answer', 'group' || n % 3
       FROM generate_series(1, 15) AS n`,
      [familyId, ownerId],
    );
  });
  afterAll(async () => {
    await server?.close();
    await database?.drop();
  });

  it('come with their samples and cures; the filter pages through one', async () => {
    const { body } = await server.graphql<{ failureGroups: Record<string, unknown>[] }>(GROUPS);
    expect(body.errors).toBeUndefined();
    expect(body.data.failureGroups).toHaveLength(3);
    for (const group of body.data.failureGroups) {
      expect(group).toMatchObject({
        count: 5,
        failedCount: 5,
        affectedFamilies: [{ name: 'The Testers', members: { totalCount: 1 } }],
        suggestedCure: expect.stringContaining('retry'),
        cure: { mutation: 'planBulkAction', input: { action: 'RETRY', filter: { failureGroup: group.key } } },
        sample: { family: { name: 'The Testers' }, createdBy: { fullName: 'Olivia Owner' } },
      });
    }
    const key = body.data.failureGroups[0]?.key;
    const PAGE = `query ($key: String!, $after: String) {
      queuedCreations(first: 2, after: $after, filter: { failureGroup: $key }) { totalCount nodes { entryId } pageInfo { hasNextPage endCursor } } }`;
    interface Page {
      queuedCreations: {
        totalCount: number;
        nodes: { entryId: string }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
    }
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const answer: GraphqlAnswer<Page> = await server.graphql<Page>(PAGE, { key, after });
      const { totalCount, nodes, pageInfo } = answer.body.data.queuedCreations;
      expect(totalCount).toBe(5);
      seen.push(...nodes.map(({ entryId }) => entryId));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    } while (after !== null);
    expect(new Set(seen).size).toBe(5);
  });

  it.each([0, 101])('refuse to list %i groups', async (first) => {
    const { body } = await server.graphql(`{ failureGroups(first: ${first}) { key } }`);
    expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});
