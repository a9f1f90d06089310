/**
 * The master key with real processes: nodes are restarted one by one with both keys, a node is killed while it
 * re-wraps the key ring, another completes it, and then the new key alone is sufficient. And a lost key: the
 * documented steps, and what entries need afterwards.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startEmbedded } from '../../src/database/embedded/embedded.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { enqueueOn } from '../support/entries.ts';
import { giveUpKeyRing } from '../support/lost-master-key.ts';
import { createProcesses, type Env, type ServerProcess, until } from '../support/process.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

const OLD = Buffer.alloc(32, 7).toString('base64');
const NEW = Buffer.alloc(32, 8).toString('base64');
const LOST = Buffer.alloc(32, 9).toString('base64');
const processes = createProcesses();
let database: TestDatabase;
let env: Env;
let account: { familyId: string; createdByUserId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  const { familyId, ownerId } = await seedFamily(database.db);
  account = { familyId, createdByUserId: ownerId };
  const provider = await processes.startProvider({ databaseUrl: database.url });
  env = {
    DATABASE_URL: database.url,
    PROVIDER_TIMEOUT: '1s',
    LEASE_DURATION: '3s',
    HEARTBEAT_INTERVAL: '200ms',
    ...provider.env,
  };
});
afterAll(async () => {
  await processes.endAll();
  await database?.drop();
});

interface Wrapped {
  readonly __typename: string;
  readonly message?: string;
  readonly isChanged?: boolean;
  readonly rewrappedCount?: number;
}
const wrap = async (node: ServerProcess): Promise<Wrapped> => {
  const { data } = await node.graphql<{ wrapWithNewMasterKey: Wrapped }>(
    'mutation { wrapWithNewMasterKey(input: { reason: "the test" }) { __typename ... on MutationError { message } ... on WrapWithNewMasterKeyPayload { isChanged rewrappedCount } } }',
  );
  return data.wrapWithNewMasterKey;
};
const stop = async (node: ServerProcess): Promise<void> => {
  node.kill('SIGTERM');
  await node.exited;
};
const said = (node: ServerProcess): string =>
  node
    .logs()
    .map(({ msg }) => msg)
    .join('\n');
const entry = (id: string) => database.db.prisma.queuedCreation.findUniqueOrThrow({ where: { id } });
const keys = () => database.db.prisma.dataProtectionKey.findMany({ orderBy: { id: 'asc' } });
const until24h = async (entryId: string): Promise<void> => {
  await database.db.query(
    `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() + interval '1 day', status = 'pending' WHERE id = $1`,
    [entryId],
  );
};

describe('a new master key', () => {
  test('goes from node to node, survives a kill, and is enough in the end', async () => {
    const first = await processes.startNode({ ...env, MASTER_KEY: OLD });
    await first.graphql('mutation { pauseQueue(input: { reason: "the test" }) { __typename } }');
    const entryId = await enqueueOn(first, { ...account, username: 'kept_child', password: 'Correct-Horse-Battery-7' });
    await until24h(entryId);
    await first.graphql('mutation { resumeQueue(input: {}) { __typename } }');

    const second = await processes.startNode({ ...env, MASTER_KEY: OLD, NEW_MASTER_KEY: NEW });
    expect(said(second)).toContain('Two master keys are given');
    expect(await wrap(second)).toMatchObject({
      __typename: 'InvalidStateError',
      message: expect.stringContaining('do not hold'),
    });
    await stop(first);

    // The last row is locked, so that the node is killed in the middle.
    const before = await keys();
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN');
    await holder.query('SELECT 1 FROM auth.data_protection_keys WHERE id = $1 FOR UPDATE', [before.at(-1)?.id]);
    const wrapping = wrap(second).catch(() => undefined);
    await until('the wrapping to wait', async () => {
      const waiting = await database.db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%data_protection_keys%'`,
      );
      return waiting.length > 0;
    });
    second.kill('SIGKILL');
    await second.exited;
    await wrapping;
    await holder.query('ROLLBACK');
    await holder.end();
    await until('the dead connection to be gone', async () => {
      const alive = await database.db.query(
        `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%data_protection_keys%FOR UPDATE%' AND state <> 'idle' AND pid <> pg_backend_pid()`,
      );
      return alive.length === 0;
    });
    expect(await keys()).toEqual(before);

    const third = await processes.startNode({ ...env, MASTER_KEY: OLD, NEW_MASTER_KEY: NEW });
    const done = await until('the dead node to be gone', async () => {
      const answer = await wrap(third);
      return answer.__typename === 'WrapWithNewMasterKeyPayload' && answer;
    });
    expect(done).toMatchObject({ isChanged: true, rewrappedCount: before.length });
    expect(await wrap(third)).toMatchObject({ isChanged: false, rewrappedCount: 0 });

    const fourth = await processes.startNode({ ...env, MASTER_KEY: OLD, NEW_MASTER_KEY: NEW });
    expect(said(fourth)).toContain('give it as MASTER_KEY, and leave out the old one');
    await stop(fourth);
    const alone = await processes.startNode({ ...env, MASTER_KEY: NEW });
    await stop(third);
    const late = await processes.runToEnd({ ...env, MASTER_KEY: OLD });
    expect(late.code).toBe(1);
    expect(late.stderr).toContain('Give the server that master key; nothing was changed');

    await database.db.query('UPDATE auth.queued_managed_account_creations SET next_retry_at = now() WHERE id = $1', [
      entryId,
    ]);
    await database.db.query(`SELECT pg_notify('family_hub_jobs', '{"work":true}')`);
    await until('what was sealed before to complete', async () => (await entry(entryId)).status === 'completed');
    await stop(alone);
  });
});

describe('a lost master key, by the documented steps', () => {
  test('costs the passwords that waited; then a new password is all that is needed', async () => {
    const node = await processes.startNode({ ...env, MASTER_KEY: NEW });
    const entryId = await enqueueOn(node, { ...account, username: 'lost_child', password: 'Correct-Horse-Battery-7' });
    await until('it to complete', async () => (await entry(entryId)).status === 'completed');
    await node.graphql('mutation { pauseQueue(input: { reason: "the test" }) { __typename } }');
    const waiting = await enqueueOn(node, {
      ...account,
      username: 'waiting_child',
      password: 'Correct-Horse-Battery-7',
    });
    const lostEnv = { ...env, MASTER_KEY: LOST };
    await expect(giveUpKeyRing(database.url)).rejects.toThrow('A node still runs');
    expect((await entry(waiting)).encryptedPassword).not.toBeNull();
    await stop(node);
    expect((await processes.runToEnd(lostEnv)).stderr).toContain('does not open this database');
    await giveUpKeyRing(database.url);

    const next = await processes.startNode(lostEnv);
    expect(said(next)).toContain('The audit trail is broken');
    await next.graphql('mutation { resumeQueue(input: {}) { __typename } }');
    await until('it to fail', async () => (await entry(waiting)).status === 'failed');
    const { data } = await next.graphql<{ queuedCreation: object }>(
      'query ($id: UUID!) { queuedCreation(entryId: $id) { lastErrorCode passwordDestroyedBecause canRetry } }',
      { id: waiting },
    );
    expect(data.queuedCreation).toEqual({
      lastErrorCode: 'PASSWORD_NOT_SEALED',
      passwordDestroyedBecause: 'KEY_LOST',
      canRetry: false,
    });
    await next.graphql(
      'mutation ($id: UUID!) { retryEntry(input: { entryId: $id, password: "Another-Horse-Battery-8" }) { __typename } }',
      { id: waiting },
    );
    await until('it to complete', async () => (await entry(waiting)).status === 'completed');
    await stop(next);
  });

  test('of the embedded database is created again in its place', async () => {
    const dataDir = await processes.makeDataDir();
    const node = await processes.startNode({ DATA_DIR: dataDir });
    await stop(node);
    await rm(join(dataDir, 'master.key'));
    const refused = await processes.runToEnd({ DATA_DIR: dataDir });
    expect(refused.stderr).toContain('docs/keys.md');
    const embedded = await startEmbedded({ dataDir, logger: silentLogger });
    await giveUpKeyRing(embedded.url);
    await embedded.leave();
    await stop(await processes.startNode({ DATA_DIR: dataDir }));
  });
});
