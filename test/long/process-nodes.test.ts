/**
 * Two nodes on one DATABASE_URL, and on one data folder. They share the work, create each account once, run each
 * fire once, and changes on one are visible on the other.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { embeddedUrl } from '../../src/database/embedded/embedded.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { countByStatus, enqueueOn } from '../support/entries.ts';
import {
  createProcesses,
  type Env,
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

const ENTRIES = 300;
const processes = createProcesses();

afterAll(() => processes.endAll());

describe('two nodes on one DATABASE_URL', () => {
  let database: TestDatabase;
  let provider: ProviderProcess;
  let nodes: [ServerProcess, ServerProcess];

  beforeAll(async () => {
    database = await createTestDatabase({ poolSize: 3 });
    await fireEverySecond(database.db);
    provider = await processes.startProvider({ databaseUrl: database.url, latencyMs: 20 });
    const env: Env = {
      DATABASE_URL: database.url,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      PROVIDER_CONCURRENCY: '8',
      ...provider.env,
    };
    nodes = await Promise.all([processes.startNode(env), processes.startNode(env)]);
  });

  afterAll(() => database.drop());

  it(`make ${ENTRIES} accounts with ${ENTRIES} calls, and both take part`, async () => {
    const { familyId, ownerId } = await seedFamily(database.db);
    await enqueueThrough(nodes, { familyId, createdByUserId: ownerId });
    await until('the end', async () => (await countByStatus(database.db)).completed === ENTRIES);
    expect((await provider.calls()).create).toBe(ENTRIES);
    await expectOneEach(database.db);
  });

  it('run each fire once', async () => {
    const isRun = ({ outcome }: Fire): boolean => !outcome.startsWith('skipped');
    await until('some fires', async () => (await firesOf(database.db)).filter(isRun).length >= 3);
    const fires = await firesOf(database.db);
    // Every second from the first to the last has one outcome, whichever node was faster ...
    const after = fires.slice(1).map(({ firedAt }) => firedAt.getTime());
    expect(after).toEqual(fires.slice(0, -1).map(({ throughAt }) => throughAt.getTime() + 1_000));
    // ... and one run, unless the last run has not finished yet.
    expect(fires.map(({ runs }) => runs)).toEqual(fires.map((fire) => (isRun(fire) ? 1 : 0)));
    expect(new Set(fires.map(({ outcome }) => outcome))).not.toContain('missed');
  });

  it('show on one what happens on the other', async () => {
    const { familyId, ownerId } = await seedFamily(database.db);
    const query = '{ queuedCreationChanged { kind entryId queuedCreation { status } } }';
    const stream = await subscribe(nodes[1], `subscription ${query}`);
    const entryId = await enqueueOn(nodes[0], { familyId, createdByUserId: ownerId, username: 'seen_elsewhere' });
    await until('the last change', () =>
      stream.events().some((event) => event.includes(entryId) && event.includes('COMPLETED')),
    );
    stream.close();
  });
});

describe('two nodes on one data folder', () => {
  let dataDir: string;
  let starter: ServerProcess;
  let joiner: ServerProcess;
  let db: Database;
  let family: { familyId: string; createdByUserId: string };

  beforeAll(async () => {
    dataDir = await processes.makeDataDir();
    starter = await processes.startNode({ DATA_DIR: dataDir, PROVIDER_CONCURRENCY: '8' });
    joiner = await processes.startNode({ DATA_DIR: dataDir, PROVIDER_CONCURRENCY: '8' });
    db = await openDatabase({ url: embeddedUrl(dataDir) ?? '', poolSize: 2, logger: silentLogger });
    const [owner] = await db.query<{ familyId: string; createdByUserId: string }>(
      `SELECT family_id AS "familyId", id AS "createdByUserId" FROM auth.users WHERE role = 'owner' LIMIT 1`,
    );
    if (owner === undefined) throw new Error('The new database has no demo family.');
    family = owner;
  });

  it(`make ${ENTRIES} accounts once each`, async () => {
    await enqueueThrough([starter, joiner], family);
    await until('the end', async () => (await countByStatus(db)).completed === ENTRIES);
    await expectOneEach(db);
  });

  it('outlive each other: the one that started PostgreSQL is killed, the other works on', async () => {
    const pid = postgresOf(dataDir);
    starter.kill('SIGKILL');
    await starter.exited;
    const entryId = await enqueueOn(joiner, { ...family, username: 'after_the_kill' });
    await until('its completion', () => isCompleted(db, entryId));
    expect(postgresOf(dataDir)).toBe(pid);
  });

  it('leave nothing running once the last has stopped', async () => {
    await db.close();
    joiner.kill('SIGTERM');
    expect(await within(60_000, 'the end', joiner.exited)).toEqual({ code: 0, signal: null });
    expect(postgresOf(dataDir)).toBeUndefined();
    expect(await processesIn(dataDir)).toEqual([]);
  });

  it('find the data again', async () => {
    const node = await processes.startNode({ DATA_DIR: dataDir });
    const answer = await node.graphql<{ queueStatistics: { completedCount: number } }>(
      '{ queueStatistics { completedCount } }',
    );
    expect(answer).toEqual({ data: { queueStatistics: { completedCount: ENTRIES + 1 } } });
    node.kill('SIGTERM');
    expect(await node.exited).toEqual({ code: 0, signal: null });
    expect(await processesIn(dataDir)).toEqual([]);
  });
});

/** Enqueues half through each node, several concurrently. */
async function enqueueThrough(
  nodes: readonly [ServerProcess, ServerProcess],
  family: { familyId: string; createdByUserId: string },
): Promise<void> {
  const names = Array.from({ length: ENTRIES }, (_, index) => `twin_${index}`);
  const caller = async (): Promise<void> => {
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      await enqueueOn(nodes[names.length % 2 === 0 ? 0 : 1], { ...family, username: name });
    }
  };
  await Promise.all(Array.from({ length: 12 }, caller));
}

async function expectOneEach(db: Database): Promise<void> {
  const [counts] = await db.query(
    `SELECT (SELECT count(*)::int FROM identity_simulator.accounts) AS accounts,
            (SELECT count(*)::int FROM auth.users WHERE zitadel_user_id IS NOT NULL) AS users,
            (SELECT count(*)::int FROM auth.outbox_events WHERE event_type = 'ManagedAccountCreated') AS events,
            (SELECT count(*)::int FROM auth.account_creation_attempts) AS attempts,
            (SELECT count(DISTINCT node_id)::int FROM auth.account_creation_attempts) AS nodes`,
  );
  expect(counts).toEqual({ accounts: ENTRIES, users: ENTRIES, events: ENTRIES, attempts: ENTRIES, nodes: 2 });
}

/** Creates the schedule before both nodes start, so that they keep it. */
async function fireEverySecond(db: Database): Promise<void> {
  await db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, is_overridden, resolved_through)
     VALUES ('ManagedAccountRetryJob', '* * * * * *', 'UTC', 'run_once', true, now())`,
  );
}

interface Fire {
  readonly firedAt: Date;
  /** The same instant, or the last one of a gap stored as one row. */
  readonly throughAt: Date;
  readonly outcome: string;
  readonly runs: number;
}

function firesOf(db: Database): Promise<Fire[]> {
  return db.query<Fire>(
    `SELECT f.fired_at AS "firedAt", f.through_at AS "throughAt", f.outcome::text,
            (SELECT count(*)::int FROM auth.job_runs r WHERE r.fire_id = f.id) AS runs
     FROM auth.job_fires f WHERE f.job_name = 'ManagedAccountRetryJob' ORDER BY f.fired_at`,
  );
}

async function isCompleted(db: Database, entryId: string): Promise<boolean> {
  const rows = await db.query(
    `SELECT 1 FROM auth.queued_managed_account_creations WHERE id = $1 AND status = 'completed'`,
    [entryId],
  );
  return rows.length > 0;
}
