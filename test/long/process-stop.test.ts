/**
 * Stopping a server: it starts nothing new, completes attempts in progress, and returns the rest as if never
 * claimed; and whatever hangs, the process exits in time.
 */
import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEmptyDatabase, createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { countByStatus, enqueueOn } from '../support/entries.ts';
import {
  createProcesses,
  type Env,
  type Exit,
  type ProviderProcess,
  postgresOf,
  processesIn,
  type ServerProcess,
  until,
  within,
} from '../support/process.ts';
import { subscribe } from '../support/sse.ts';

// Each start of a server costs about a second of CPU time, which other tests need too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
const lasting = createProcesses();
const processes = createProcesses();
let database: TestDatabase;
let provider: ProviderProcess;
let env: Env;
let family: { familyId: string; createdByUserId: string };

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 3 });
  const { familyId, ownerId } = await seedFamily(database.db);
  family = { familyId, createdByUserId: ownerId };
  provider = await lasting.startProvider({ databaseUrl: database.url });
  env = { DATABASE_URL: database.url, MASTER_KEY, LOG_LEVEL: 'debug', ...provider.env };
});

beforeEach(async () => {
  await provider.setFaults([]);
  await database.db.query('TRUNCATE auth.queued_managed_account_creations CASCADE');
});

afterEach(() => processes.endAll());

afterAll(async () => {
  await lasting.endAll();
  await database.drop();
});

describe('SIGTERM', () => {
  it('lets running attempts end, gives the others back, and closes in order', async () => {
    await provider.setFaults([{ kind: 'slow', delayMs: 1_500, path: 'create' }]);
    const node = await processes.startNode({ ...env, PROVIDER_CONCURRENCY: '2' });
    for (let index = 0; index < 6; index += 1) await enqueueOn(node, { ...family, username: `stop_${index}` });
    // Two are being attempted, two are claimed ahead, two wait.
    await until('the claims', async () => (await countByStatus(database.db)).processing === 4);
    node.kill('SIGTERM');

    expect(await within(60_000, 'the end', node.exited)).toEqual({ code: 0, signal: null });
    expect(await countByStatus(database.db)).toEqual({ completed: 2, pending: 4 });
    const traces = await database.db.query(
      `SELECT DISTINCT retry_count AS "retryCount", attempt_count AS "attemptCount", lease_token AS "leaseToken", needs_lookup AS "needsLookup"
       FROM auth.queued_managed_account_creations WHERE status = 'pending'`,
    );
    expect(traces).toEqual([{ retryCount: 0, attemptCount: 0, leaseToken: null, needsLookup: false }]);
    expect(node.logs().map((line) => line.msg)).toEqual(
      expect.arrayContaining(['Stopping', 'Closing the work', 'Closing the database server', 'Stopped']),
    );
    const closed = node.logs().flatMap(({ msg }) => (msg.startsWith('Closing ') ? [msg.slice('Closing '.length)] : []));
    expect(closed).toEqual([
      'the work',
      'the heartbeat',
      'the HTTP server',
      'the access control',
      'the identity provider',
      'the audit trail',
      'the notices',
      'the node',
      'the database',
      'the database server',
    ]);
    expect(node.logs().at(-1)?.msg).toBe('Stopped');
    expect(node.stderr()).toBe('');
    expect(await nodeStates()).toEqual(['gone']);
  });

  it('ends within SHUTDOWN_TIMEOUT though the provider hangs, and costs the entry no retry', async () => {
    const node = await startHanging('500ms');
    const begun = performance.now();
    node.kill('SIGTERM');
    expect(await within(60_000, 'the end', node.exited)).toEqual({ code: 0, signal: null });
    // The shutdown timeout, one second for the call that hangs, and a margin for a busy machine; an attempt may
    // take 20 s.
    expect(performance.now() - begun).toBeLessThan(500 + 1_000 + 2_500);
    const [entry] = await database.db.query(
      'SELECT status, retry_count AS "retryCount" FROM auth.queued_managed_account_creations',
    );
    expect(entry).toEqual({ status: 'processing', retryCount: 0 });
  });

  it('ends though a statement waits for a lock that nobody gives back', async () => {
    const node = await processes.startNode({ ...env, SHUTDOWN_TIMEOUT: '300ms' });
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    try {
      await holder.query('BEGIN');
      await holder.query('LOCK TABLE auth.users IN SHARE MODE');
      await enqueueOn(node, { ...family, username: 'held' });
      await until('the completing statement to wait', async () => {
        const { rowCount } = await holder.query(
          `SELECT FROM pg_locks WHERE relation = 'auth.users'::regclass AND NOT granted`,
        );
        return rowCount === 1;
      });
      node.kill('SIGTERM');
      expect(await within(60_000, 'the end', node.exited)).toEqual({ code: 0, signal: null });
      expect(node.logs().map(({ msg }) => msg)).toContain(
        'Closing the database takes longer than 1000 ms; going on without it',
      );
    } finally {
      await holder.end();
    }
  });

  it('ends subscriptions and idle connections', async () => {
    const node = await processes.startNode(env);
    const stream = await subscribe(node, 'subscription { queuedCreationChanged { entryId } }');
    node.kill('SIGTERM');
    expect(await within(3_000, 'the end', node.exited)).toEqual({ code: 0, signal: null });
    await within(1_000, 'the end of the stream', stream.ended);
  });

  it('a second time ends at once', async () => {
    const node = await startHanging('20s');
    node.kill('SIGTERM');
    let exit: Exit | undefined;
    void node.exited.then((value) => {
      exit = value;
    });
    // Repeated, because a signal within a quarter of a second counts as the same one.
    await until('the end', () => exit ?? node.kill('SIGTERM'), 3_000);
    expect(exit).toEqual({ code: 130, signal: null });
    expect(node.logs().at(-1)?.msg).toBe('Second signal: ending at once');
  });
});

it('SIGINT stops like SIGTERM, and doubled, as npm and tsx double Ctrl-C, it is one', async () => {
  const node = await processes.startNode(env);
  node.kill('SIGINT');
  node.kill('SIGINT');
  expect(await within(60_000, 'the end', node.exited)).toEqual({ code: 0, signal: null });
  expect(node.logs().at(-1)?.msg).toBe('Stopped');
});

describe('SIGTERM during the start', () => {
  it.each([
    ['while the embedded database is made', async (folder: string) => (await readdir(folder)).length > 0],
    ['while it starts', (folder: string) => postgresOf(folder) !== undefined],
  ])('%s leaves no process behind', async (_, isTime) => {
    const dataDir = await processes.makeDataDir();
    const program = await processes.startProgram({ DATA_DIR: dataDir });
    await until('the moment', () => isTime(dataDir));
    program.kill('SIGTERM');
    expect(await within(60_000, 'the end', program.exited)).toEqual({ code: 0, signal: null });
    expect(program.stdout()).not.toContain('is ready');
    expect(program.stderr()).toBe('');
    expect(await processesIn(dataDir)).toEqual([]);

    // The folder can be used again.
    const node = await processes.startNode({ DATA_DIR: dataDir });
    node.kill('SIGTERM');
    expect(await node.exited).toEqual({ code: 0, signal: null });
  });

  it('while it waits for another node that migrates', async () => {
    const empty = await createEmptyDatabase();
    const other = new pg.Client({ connectionString: empty.url });
    try {
      await other.connect();
      await other.query('BEGIN');
      await other.query('SELECT pg_advisory_xact_lock(4712021303)');
      const program = await processes.startProgram({ ...env, DATABASE_URL: empty.url });
      await until('the wait', async () => {
        const { rowCount } = await other.query(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        return rowCount === 1;
      });
      program.kill('SIGTERM');
      expect(await within(60_000, 'the end', program.exited)).toEqual({ code: 0, signal: null });
      expect(program.stderr()).toBe('');
    } finally {
      await other.end();
      await empty.drop();
    }
  });
});

/** Starts a node whose only attempt gets no response. */
async function startHanging(shutdownTimeout: string): Promise<ServerProcess> {
  await provider.setFaults([{ kind: 'hang', path: 'create' }]);
  const node = await processes.startNode({ ...env, SHUTDOWN_TIMEOUT: shutdownTimeout });
  const calls = (await provider.calls()).create;
  await enqueueOn(node, { ...family, username: 'hanging' });
  await until('the request', async () => (await provider.calls()).create > calls);
  return node;
}

async function nodeStates(): Promise<string[]> {
  const rows = await database.db.query<{ state: string }>('SELECT DISTINCT state::text FROM auth.server_nodes');
  return rows.map(({ state }) => state);
}
