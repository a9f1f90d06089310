/**
 * Two servers whose database is behind PgBouncer in transaction mode, as in many installations: with a direct URL
 * for LISTEN, and without one. The pooler has fewer connections than the servers, so every transaction may get
 * another session; anything kept in a session (a prepared statement, a SET, a lock) breaks here. The database is
 * empty, so migrations pass through it too.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createEmptyDatabase, createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { enqueueOn } from '../support/entries.ts';
import { startFlow, tracesOf } from '../support/flow.ts';
import { type PgBouncer, startPgBouncer } from '../support/pgbouncer.ts';
import { createProcesses, type Env, type ServerProcess, until } from '../support/process.ts';
import { subscribe } from '../support/sse.ts';

const ENTRIES = 400;
/** Each server has twelve. */
const POOL_SIZE = 4;
const JOB = 'ManagedAccountRetryJob';

interface Installation {
  readonly name: string;
  readonly isDirect: boolean;
  readonly settings: Readonly<Record<string, string>>;
}

describe.each<Installation>([
  // Our sessions then have another application name on the server.
  { name: 'with a direct URL', isDirect: true, settings: { application_name_add_host: '1' } },
  // As before PgBouncer 1.21, which introduced prepared statements across sessions.
  { name: 'an old one, without a direct URL', isDirect: false, settings: { max_prepared_statements: '0' } },
])('two servers behind PgBouncer, $name', ({ isDirect, settings }) => {
  const processes = createProcesses();
  let atProvider: TestDatabase;
  let database: Awaited<ReturnType<typeof createEmptyDatabase>>;
  let pooler: PgBouncer;
  /** Connected directly, without the pooler. */
  let db: Database;
  let nodes: [ServerProcess, ServerProcess];

  beforeAll(async () => {
    atProvider = await createTestDatabase({ poolSize: 2 });
    database = await createEmptyDatabase();
    pooler = await startPgBouncer(database.url, { poolSize: POOL_SIZE, settings });
    const provider = await processes.startProvider({ databaseUrl: atProvider.url, latencyMs: 10 });
    const env: Env = {
      DATABASE_URL: pooler.url,
      DATABASE_DIRECT_URL: isDirect ? database.url : undefined,
      MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
      PROVIDER_CONCURRENCY: '16',
      HEARTBEAT_INTERVAL: '300ms',
      ...provider.env,
    };
    // Started simultaneously, so that both find an empty database.
    nodes = await Promise.all([processes.startNode(env), processes.startNode(env)]);
    db = await openDatabase({ url: database.url, poolSize: 2, logger: silentLogger });
  }, 60_000);

  afterAll(async () => {
    await processes.endAll();
    await db?.close();
    await pooler?.stop();
    await database?.drop();
    await atProvider?.drop();
  });

  it('start, and hear each other', async () => {
    const [listening] = await db.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'`,
    );
    expect(listening?.count).toBe(isDirect ? nodes.length : 0);
    const stream = await subscribe(
      nodes[1],
      'subscription { queuedCreationChanged { queuedCreation { username status } } }',
    );
    const entryId = await enqueueOn(nodes[0], await ofNewFamily('heard'));
    await until('the change', () => stream.events().some((event) => event.includes('"heard"')));
    stream.close();
    await until('its end', async () => {
      const entry = await db.prisma.queuedCreation.findUniqueOrThrow({ where: { id: entryId } });
      return entry.status === 'completed';
    });
  });

  it(`make ${ENTRIES} accounts once each, over fewer connections than they hold`, async () => {
    const earlier = (await tracesOf(db, atProvider.db)).completed ?? 0;
    const flow = await startFlow(db, nodes, 'pooled');
    await until('the accounts', async () => ((await tracesOf(db, atProvider.db)).completed ?? 0) > ENTRIES, 60_000);
    const servers = await pooler.servers();
    const made = earlier + (await flow.end());
    expect(servers).toBeGreaterThan(1);
    expect(servers).toBeLessThanOrEqual(POOL_SIZE);
    expect(await tracesOf(db, atProvider.db)).toEqual({
      entries: made,
      completed: made,
      users: made,
      matching: made,
      events: made,
      entriesWithEvent: made,
      successes: made,
      accounts: made,
      names: made,
    });
    expect(await db.prisma.outboxEvent.count({ where: { eventType: 'ManagedAccountCreationQueued' } })).toBe(made);
    expect(await db.prisma.attempt.groupBy({ by: ['nodeId'] })).toHaveLength(2);
  });

  it('answer pages, counts and filters through it', async () => {
    const query = `query ($after: String) {
      queuedCreations(first: 20, after: $after, filter: { status: [COMPLETED] }) {
        totalCount pageInfo { endCursor hasNextPage } nodes { username family { name } attempts { nodes { outcome } } }
      } }`;
    interface Page {
      queuedCreations: { totalCount: number; pageInfo: { endCursor: string }; nodes: { attempts: object }[] };
    }
    let after: string | null = null;
    for (let page = 0; page < 10; page += 1) {
      const node = nodes[page % 2] as ServerProcess;
      const { data, errors }: { data: Page; errors?: object[] } = await node.graphql<Page>(query, { after });
      expect(errors).toBeUndefined();
      expect(data.queuedCreations.nodes).toHaveLength(20);
      expect(data.queuedCreations.totalCount).toBeGreaterThan(ENTRIES);
      after = data.queuedCreations.pageInfo.endCursor;
    }
  });

  it('run jobs by hand, and once for one idempotency key', async () => {
    const mutation = `mutation ($input: RunJobNowInput!) { runJobNow(input: $input) {
      ... on RunJobNowPayload { isReplay run { status counts { name value } } } ... on MutationError { code message } } }`;
    const input = { jobName: 'ExpiredInvitationCleanupJob', wait: true, idempotencyKey: 'once' };
    const answers = [];
    for (const node of nodes) answers.push((await node.graphql<object>(mutation, { input })).data);
    expect(answers).toMatchObject([
      { runJobNow: { isReplay: false, run: { status: 'SUCCEEDED' } } },
      { runJobNow: { isReplay: true, run: { status: 'SUCCEEDED' } } },
    ]);
  });

  it('reschedule a job on all of them, run it, pause it, and the ledger is whole', async () => {
    const begun = new Date();
    await ask(
      nodes[0],
      'rescheduleJob(input: $input) { ... on RescheduleJobPayload { isChanged }',
      'RescheduleJobInput',
      {
        jobName: JOB,
        cron: '* * * * * *',
      },
    );
    const fires = () =>
      db.prisma.jobFire.findMany({ where: { jobName: JOB, firedAt: { gt: begun } }, include: { runs: true } });
    await until(
      'runs of both',
      async () => {
        const ran = (await fires()).filter(({ runs }) => runs.length > 0);
        return ran.length >= 5 && new Set(ran.map(({ nodeId }) => nodeId)).size === nodes.length;
      },
      40_000,
    );
    await ask(nodes[1], 'pauseJob(input: $input) { ... on PauseJobPayload { isChanged }', 'PauseJobInput', {
      jobName: JOB,
      reason: 'Enough.',
    });
    await ask(
      nodes[0],
      'rescheduleJob(input: $input) { ... on RescheduleJobPayload { isChanged }',
      'RescheduleJobInput',
      {
        jobName: JOB,
        reset: true,
      },
    );
    const found = await fires();
    expect(found.flatMap(({ runs }) => runs.map(({ status }) => status))).not.toContain('failed');
    expect(found.filter(({ outcome }) => outcome === 'on_time').length).toBeGreaterThanOrEqual(5);

    const { data } = await nodes[1].graphql<{
      fireLedgerAudit: { isComplete: boolean; dueCount: number };
      fires: { totalCount: number };
    }>(
      `query ($job: String!, $from: DateTime!, $to: DateTime!) {
        fireLedgerAudit(jobName: $job, from: $from, to: $to) { isComplete dueCount }
        fires(jobName: $job, from: $from, to: $to, first: 5) { totalCount } }`,
      { job: JOB, from: begun, to: new Date() },
    );
    expect(data.fireLedgerAudit.isComplete).toBe(true);
    expect(data.fires.totalCount).toBe(data.fireLedgerAudit.dueCount);
    expect(data.fireLedgerAudit.dueCount).toBeGreaterThanOrEqual(5);
  });

  it('complain of nothing, and stop when they are told to', async () => {
    // A run that is interrupted by the stop may log a warning.
    const complaints = nodes.flatMap((node) => node.logs().filter(({ level }) => level >= 40));
    for (const node of nodes) node.kill('SIGTERM');
    for (const node of nodes) expect(await node.exited).toEqual({ code: 0, signal: null });
    expect(complaints).toEqual([]);
    expect(await db.prisma.serverNode.findMany({ where: { state: { not: 'gone' } } })).toEqual([]);
  });

  async function ofNewFamily(username: string) {
    const { familyId, ownerId } = await seedFamily(db);
    return { familyId, createdByUserId: ownerId, username };
  }

  /** Runs a mutation that must succeed. */
  async function ask(node: ServerProcess, mutation: string, type: string, input: object): Promise<void> {
    const answer = await node.graphql<Record<string, unknown>>(
      `mutation ($input: ${type}!) { ${mutation} ... on MutationError { code message } } }`,
      { input },
    );
    expect(Object.values(answer.data ?? {}), JSON.stringify(answer)).toEqual([{ isChanged: true }]);
  }
});
