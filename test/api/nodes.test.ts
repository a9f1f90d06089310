/**
 * Nodes through the API: what is shown of each, a missing heartbeat that is not recorded yet, and the results of
 * drainNode. What a drained process then does is tested in test/long/nodes-drain.test.ts.
 */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { DrainAsk } from '../../src/nodes/heartbeat.ts';
import { registerNode, setNodeState } from '../../src/nodes/nodes.ts';
import { VERSION } from '../../src/version.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

let database: TestDatabase;
let server: TestApp;
let asks: DrainAsk[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestApp({
    url: database.url,
    nodeName: 'asked',
    // No timed heartbeat happens meanwhile.
    config: { HEARTBEAT_INTERVAL: 60_000 },
    onDrainAsked: (ask) => asks.push(ask),
  });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});
beforeEach(async () => {
  asks = [];
  await database.db.query('DELETE FROM auth.server_nodes WHERE id <> $1', [server.node.id]);
});

interface Shown {
  readonly nodeId: string;
  readonly name: string;
  readonly state: string;
  readonly [field: string]: unknown;
}

async function nodes(fields = ''): Promise<Shown[]> {
  const { body } = await server.graphql<{ serverNodes: Shown[] }>(`{ serverNodes { nodeId name state ${fields} } }`);
  expect(body.errors).toBeUndefined();
  return body.data.serverNodes;
}

interface Drained {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
  readonly issues?: { path: string[]; code: string; message: string }[];
  readonly isChanged?: boolean;
  readonly isLastRunning?: boolean;
  readonly serverNode?: Shown;
}

async function drain(input: { nodeId?: string; name?: string; reason?: string }): Promise<Drained> {
  const { body } = await server.graphql<{ drainNode: Drained }>(
    `mutation ($input: DrainNodeInput!) { drainNode(input: $input) { __typename
       ... on MutationError { code message } ... on InvalidInputError { issues { path code message } }
       ... on DrainNodePayload { isChanged isLastRunning serverNode { nodeId name state drain { askedAt askedBy reason } } } } }`,
    { input: { reason: 'a new kernel', ...input } },
  );
  expect(body.errors).toBeUndefined();
  return body.data.drainNode;
}

/** Another node's row, as if its process ran; it sends no further heartbeats. */
async function otherNode(name: string, state: 'starting' | 'running' | 'gone' = 'running'): Promise<string> {
  const { id } = await registerNode(database.db, name, '9.9.9');
  await setNodeState(database.db, id, state);
  return id;
}

const silence = (id: string, seconds: number) =>
  database.db.query(
    `UPDATE auth.server_nodes SET last_beat_at = now() - $2 * interval '1 second', state = 'running' WHERE id = $1`,
    [id, seconds],
  );

describe('serverNodes', () => {
  test('shows name, version, when it started and last beat, what it is about and has in hand', async () => {
    const [node] = await nodes('version startedAt lastBeatAt attemptsInHand runsInHand drain { reason }');
    expect(node).toMatchObject({ nodeId: server.node.id, name: 'asked', state: 'RUNNING', version: VERSION });
    expect(node).toMatchObject({ attemptsInHand: 0, runsInHand: 0, drain: null });
    expect(Date.parse(String(node?.lastBeatAt))).toBeGreaterThanOrEqual(Date.parse(String(node?.startedAt)));
  });

  test('shows a node as gone that was silent for three intervals, also when nobody wrote it down', async () => {
    const id = await otherNode('silent');
    const { HEARTBEAT_INTERVAL } = server.config;
    for (const [beats, state] of [
      [2.5, 'RUNNING'],
      [3.5, 'GONE'],
    ] as const) {
      await silence(id, (beats * HEARTBEAT_INTERVAL) / 1_000);
      expect((await nodes()).find(({ nodeId }) => nodeId === id)?.state).toBe(state);
    }
    const ids = await database.db.query<{ state: string }>('SELECT state::text FROM auth.server_nodes WHERE id = $1', [
      id,
    ]);
    expect(ids).toEqual([{ state: 'running' }]);
  });

  test('says how a node ended: stopped, drained or lost', async () => {
    const [stopped, drained, lost] = [await otherNode('stopped'), await otherNode('drained'), await otherNode('lost')];
    await drain({ nodeId: drained });
    const ends = async () => Object.fromEntries((await nodes('end')).map(({ name, end }) => [name, end]));
    expect(await ends()).toEqual({ asked: null, stopped: null, drained: null, lost: null });
    for (const id of [stopped, drained]) await setNodeState(database.db, id, 'gone');
    await silence(lost, 600);
    expect(await ends()).toEqual({ asked: null, stopped: 'STOPPED', drained: 'DRAINED', lost: 'LOST' });
    // Killed before its drain was done, and marked as gone by another node.
    const killed = await otherNode('killed');
    await drain({ nodeId: killed });
    await database.db.query("UPDATE auth.server_nodes SET state = 'gone' WHERE id = $1", [killed]);
    expect((await ends()).killed).toBe('LOST');
  });

  test('hides those that are gone for a day', async () => {
    const id = await otherNode('old', 'gone');
    expect((await nodes()).map(({ nodeId }) => nodeId)).toContain(id);
    await database.db.query(`UPDATE auth.server_nodes SET last_beat_at = now() - interval '25 hours' WHERE id = $1`, [
      id,
    ]);
    expect((await nodes()).map(({ nodeId }) => nodeId)).not.toContain(id);
  });
});

test('serverSettings shows what is not the default, and no secret', async () => {
  const { body } = await server.graphql('{ serverSettings { name value default } }');
  expect(body.data).toEqual({
    serverSettings: expect.arrayContaining([
      { name: 'SHUTDOWN_TIMEOUT', value: '2s', default: '20s' },
      { name: 'IDENTITY_PROVIDER', value: 'simulator', default: null },
      { name: 'DATABASE_URL', value: null, default: null },
      { name: 'MASTER_KEY', value: null, default: null },
    ]),
  });
  expect(JSON.stringify(body)).not.toContain('UNDO_WINDOW');
});

describe('drainNode', () => {
  test('asks the node, says so in the log, and is not repeated', async () => {
    const id = await otherNode('elsewhere');
    const first = await drain({ nodeId: id });
    expect(first).toMatchObject({ __typename: 'DrainNodePayload', isChanged: true, isLastRunning: false });
    expect(first.serverNode).toMatchObject({
      nodeId: id,
      drain: { askedAt: expect.any(String), askedBy: 'local', reason: 'a new kernel' },
    });
    const again = await drain({ nodeId: id, reason: 'another reason' });
    expect(again).toMatchObject({ isChanged: false, serverNode: { drain: { reason: 'a new kernel' } } });
    const lines = server.logLines.filter(
      ({ action, target }) => action === 'drainNode' && (target as { id: string }).id === id,
    );
    expect(lines).toMatchObject([{ actor: 'local', reason: 'a new kernel', msg: 'drainNode by local' }]);
  });

  test('finds a live node by its name, past those of the name that are gone', async () => {
    await otherNode('jobs-1', 'gone');
    const id = await otherNode('jobs-1');
    expect(await drain({ name: 'jobs-1' })).toMatchObject({ isChanged: true, serverNode: { nodeId: id } });
    expect(await drain({ name: 'jobs-1' })).toMatchObject({ isChanged: false, serverNode: { nodeId: id } });
  });

  test('refuses a name that two live nodes have, and tells their ids', async () => {
    const ids = [await otherNode('twin'), await otherNode('twin', 'starting')];
    const { issues } = await drain({ name: 'twin' });
    expect(issues).toMatchObject([{ path: ['name'], code: 'AMBIGUOUS' }]);
    for (const id of ids) expect(issues?.[0]?.message).toContain(id);
  });

  test.each([{}, { nodeId: randomUUID(), name: 'both' }])('refuses %o: one of id and name', async (input) => {
    expect(await drain(input)).toMatchObject({ code: 'INVALID_INPUT', issues: [{ code: 'EXACTLY_ONE' }] });
  });

  test('refuses what there is not, what is gone, and what is silent', async () => {
    expect(await drain({ nodeId: randomUUID() })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await drain({ name: 'nobody' })).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('"nobody"'),
    });
    const id = await otherNode('was here', 'gone');
    expect(await drain({ nodeId: id })).toMatchObject({ code: 'INVALID_STATE' });
    expect(await drain({ name: 'was here' })).toMatchObject({ code: 'INVALID_STATE' });
    await silence(id, 600);
    expect(await drain({ nodeId: id })).toMatchObject({ code: 'INVALID_STATE' });
    expect(await drain({ nodeId: id, reason: ' ' })).toMatchObject({ code: 'INVALID_INPUT' });
    expect(await drain({ reason: ' ' })).toMatchObject({
      issues: [
        { path: ['nodeId'], code: 'EXACTLY_ONE' },
        { path: ['reason'], code: 'INVALID_VALUE' },
      ],
    });
  });

  test('reaches the node by a notice, and says of the last one that it is', async () => {
    await otherNode('asleep', 'gone');
    expect(await drain({ nodeId: server.node.id })).toMatchObject({ isChanged: true, isLastRunning: true });
    await until('the ask to arrive', () => asks.length > 0, 2_000);
    expect(asks).toEqual([{ actor: 'local', reason: 'a new kernel' }]);
  });
});

test('a restore under a running node: it registers again by itself, with provider and keys, and says so', async () => {
  const node = await startTestApp({ url: database.url, nodeName: 'restored', config: { HEARTBEAT_INTERVAL: 100 } });
  const row = async () => {
    const [found] = await database.db.query(
      `SELECT name, state::text, provider, sealing_key_id AS "sealingKeyId", master_key_ids AS "masterKeyIds", started_at AS "startedAt"
       FROM auth.server_nodes WHERE id = $1`,
      [node.node.id],
    );
    return found;
  };
  try {
    const before = await row();
    expect(before).toMatchObject({ state: 'running', provider: 'simulator', sealingKeyId: expect.any(String) });
    await database.db.query('DELETE FROM auth.server_nodes WHERE id = $1', [node.node.id]);
    await until('its row', async () => (await row())?.state === 'running');
    const { startedAt, ...told } = (await row()) ?? {};
    expect({ ...told, startedAt: before?.startedAt }).toEqual(before);
    expect(startedAt).toBeInstanceOf(Date);
    expect(node.logLines).toContainEqual(
      expect.objectContaining({ level: 40, msg: expect.stringContaining('registered again') }),
    );
  } finally {
    await node.close();
  }
});

test('what a crashed node held is taken over before old passwords are destroyed, which takes its time', async () => {
  const node = await startTestApp({ url: database.url, nodeName: 'keeper', config: { HEARTBEAT_INTERVAL: 100 } });
  const { familyId, ownerId } = await seedFamily(database.db);
  const withPassword = async () => {
    const [row] = await database.db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM auth.queued_managed_account_creations WHERE username LIKE 'old%' AND encrypted_password IS NOT NULL`,
    );
    return row?.count ?? 0;
  };
  try {
    await database.db.query(
      `INSERT INTO auth.queued_managed_account_creations (family_id, created_by_user_id, username, full_name, encrypted_password, status, next_retry_at, failed_at, last_error_code)
       SELECT $1, $2, 'old_' || n, 'Old One', 'x', 'failed', NULL, now() - interval '1 year', 'X' FROM generate_series(1, 3000) AS n`,
      [familyId, ownerId],
    );
    await until('the first to be destroyed', async () => (await withPassword()) < 3_000);
    await database.db.query(
      `INSERT INTO auth.queued_managed_account_creations (family_id, created_by_user_id, username, full_name, encrypted_password, status, lease_token, leased_at, lease_expires_at)
       VALUES ($1, $2, 'held', 'Held One', 'x', 'processing', gen_random_uuid(), now() - interval '1 hour', now() - interval '1 minute')`,
      [familyId, ownerId],
    );
    await until('the takeover', async () => {
      const [held] = await database.db.query(
        `SELECT 1 FROM auth.queued_managed_account_creations WHERE username = 'held' AND last_outcome IS NOT NULL`,
      );
      return held !== undefined;
    });
    expect(await withPassword()).toBeGreaterThan(0);
    await until('all to be destroyed', async () => (await withPassword()) === 0, 30_000);
  } finally {
    await node.close();
  }
});
