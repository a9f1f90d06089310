/**
 * The cost of a list: a fixed number of SQL statements, however long it is, and none for fields that were not
 * selected. Statements are counted at the driver's client, through which all of them pass.
 */
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { watchStatements } from '../support/statements.ts';

const NODES = ['11111111-0000-4000-8000-000000000001', '11111111-0000-4000-8000-000000000002'] as const;
const FULL = `query ($first: Int!) {
  queuedCreations(first: $first) {
    nodes {
      entryId status canRetry canCancel
      family { name }
      createdBy { fullName }
      user { userId username }
      attempts { nodes { number outcome node { name } } }
    }
  }
}`;

/** Stores the minimum of statements per page size: the node's own may run during a request. */
const counted = (counts: Record<number, number>, first: number): void => {
  counts[first] = Math.min(counts[first] ?? Number.POSITIVE_INFINITY, statements.length);
};

let database: TestDatabase;
let server: TestApp;
let statements: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const { familyId, ownerId } = await seedFamily(database.db);
  await fill(familyId, ownerId);
  server = await startTestApp({ url: database.url, hasTimers: false });
  // A new connection and the first use of Prisma cost extra statements once.
  await server.graphql(FULL, { first: 2 });
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

test('a list of entries with family, creator, user and attempts costs the same at any length', async () => {
  const counts: Record<number, number> = {};
  for (const first of [5, 50, 5, 50, 5, 50]) {
    statements = [];
    const { body } = await server.graphql<{ queuedCreations: { nodes: Record<string, unknown>[] } }>(FULL, { first });
    expect(body.errors).toBeUndefined();
    expect(body.data.queuedCreations.nodes).toHaveLength(first);
    for (const node of body.data.queuedCreations.nodes) {
      expect(node).toMatchObject({
        family: { name: 'The Testers' },
        createdBy: { fullName: 'Olivia Owner' },
        user: { userId: expect.any(String) },
        attempts: {
          nodes: [
            { number: 1, outcome: 'TRANSIENT_FAILURE', node: { name: 'one' } },
            { number: 2, outcome: 'SUCCEEDED', node: { name: 'two' } },
          ],
        },
      });
    }
    counted(counts, first);
  }
  expect(counts[50]).toBe(counts[5]);
  expect(counts[50], statements.join('\n')).toBeLessThanOrEqual(8);
});

test('explanations cost the same for one entry and for many', async () => {
  const counts: Record<number, number> = {};
  for (const first of [1, 50, 1, 50, 1, 50]) {
    statements = [];
    const { body } = await server.graphql<{ queuedCreations: { nodes: { explanation: object }[] } }>(
      `query ($first: Int!) { queuedCreations(first: $first) { nodes {
         family { name } explanation { summary nextChangeAt blockers { __typename message cure { label mutation input } } } } } }`,
      { first },
    );
    expect(body.errors).toBeUndefined();
    expect(body.data.queuedCreations.nodes).toHaveLength(first);
    for (const { explanation } of body.data.queuedCreations.nodes)
      expect(explanation).toEqual({ summary: 'The account exists.', nextChangeAt: null, blockers: [] });
    counted(counts, first);
  }
  expect(counts[50], statements.join('\n')).toBe(counts[1]);
  expect(counts[1]).toBeLessThanOrEqual(6);
});

test('attempts cost nothing when they are not asked for', async () => {
  await server.graphql('{ queuedCreations(first: 50) { nodes { entryId status username } } }');
  expect(statements).toHaveLength(1);
  expect(statements[0]).not.toContain('account_creation_attempts');
});

test('totalCount is counted when it is asked for, and only then', async () => {
  await server.graphql('{ queuedCreations(first: 1) { nodes { entryId } } }');
  expect(statements.filter((sql) => /count\s*\(/i.test(sql))).toEqual([]);
  const counted = await server.graphql<{ queuedCreations: { totalCount: number } }>(
    '{ queuedCreations(first: 1) { totalCount nodes { entryId } } }',
  );
  expect(counted.body.data.queuedCreations.totalCount).toBe(60);
  expect(statements.filter((sql) => /count\s*\(/i.test(sql))).toHaveLength(1);
});

test('families with members and invitations cost the same at any length', async () => {
  const query = `query ($first: Int!) {
    families(first: $first) {
      nodes { name members(first: 2) { nodes { fullName } } invitations(first: 2) { nodes { email invitedBy { fullName } } } }
    }
  }`;
  const counts: Record<number, number> = {};
  for (const first of [2, 20, 2, 20, 2, 20]) {
    statements = [];
    const { body } = await server.graphql<{ families: { nodes: unknown[] } }>(query, { first });
    expect(body.errors).toBeUndefined();
    expect(body.data.families.nodes).toHaveLength(first);
    counted(counts, first);
  }
  expect(counts[20], statements.join('\n')).toBe(counts[2]);
});

/** Inserts 60 completed entries, each with a user and two attempts by two nodes; 20 more families with invitations. */
async function fill(familyId: string, ownerId: string): Promise<void> {
  await database.db.query(
    `INSERT INTO auth.server_nodes (id, name, version, state, host_name, process_id)
     VALUES ($1, 'one', '0', 'gone', 'here', 1), ($2, 'two', '0', 'gone', 'here', 2)`,
    NODES,
  );
  await database.db.query(
    `WITH made AS (
       INSERT INTO auth.users (family_id, username, full_name, role)
       SELECT $1, 'user_' || n, 'User ' || n, 'managed_account' FROM generate_series(1, 60) n RETURNING id, username
     ), entry AS (
       INSERT INTO auth.queued_managed_account_creations
         (family_id, created_by_user_id, username, full_name, status, user_id, next_retry_at, attempt_count)
       SELECT $1, $2, username, username, 'completed', id, NULL, 2 FROM made RETURNING id
     )
     INSERT INTO auth.account_creation_attempts (entry_id, number, outcome, started_at, finished_at, node_id)
     SELECT entry.id, number, outcome::auth.attempt_outcome, now(), now(), node::uuid
       FROM entry, (VALUES (1, 'transient_failure', $3), (2, 'succeeded', $4)) AS attempt (number, outcome, node)`,
    [familyId, ownerId, ...NODES],
  );
  await database.db.query(
    `WITH family AS (
       INSERT INTO auth.families (name) SELECT 'Family ' || n FROM generate_series(1, 20) n RETURNING id
     ), owner AS (
       INSERT INTO auth.users (family_id, username, full_name, role)
       SELECT id, 'owner_' || left(id::text, 8), 'Owner', 'owner' FROM family RETURNING id, family_id
     )
     INSERT INTO auth.family_member_invitations
       (family_id, email, role, status, invitation_token, invitation_display_code, invited_by_user_id, expires_at)
     SELECT family_id, n || '@example.org', 'member', 'pending', gen_random_uuid()::text, 'CODE', id, now()
       FROM owner, generate_series(1, 3) n`,
  );
}
