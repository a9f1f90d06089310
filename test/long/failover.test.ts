/**
 * Failover without a proxy: three servers whose DATABASE_URL names three PostgreSQL under Patroni, while accounts are
 * enqueued 50 times a second. PostgreSQL is killed at the primary, the primary is frozen, and it is switched
 * over. With a synchronous standby nothing that was acknowledged is lost, and nothing is there twice: entries,
 * accounts, fires, events, webhooks, audit entries and live updates.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, openDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrations.ts';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { eventProblems } from '../support/events.ts';
import {
  type Callers,
  expectSame,
  measureFailover,
  type Subscriber,
  startCallers,
  startSubscriber,
} from '../support/failover-clients.ts';
import { allFinal, otherOutcomes, showFigures, tracesOf } from '../support/flow.ts';
import { type Member, missingPackages, type PatroniCluster, startPatroni } from '../support/patroni.ts';
import { createProcesses, type ServerProcess, until } from '../support/process.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';

const JOB = 'ManagedAccountRetryJob';
const NODES = 3;

const missing = missingPackages();
if (missing.length > 0)
  process.stdout.write(`NOT CHECKED: failover under Patroni, which needs the Debian packages ${missing.join(', ')}.\n`);

const processes = createProcesses();
let cluster: PatroniCluster;
let atProvider: TestDatabase;
let receiver: Receiver;
let db: Database;
let nodes: ServerProcess[];
let callers: Callers;
let subscribers: Subscriber[];
let begun: Date;
/** Of the audit trail, each from before a failover. */
const anchors: string[] = [];

beforeAll(async () => {
  if (missing.length > 0) return;
  [cluster, atProvider, receiver] = await Promise.all([
    startPatroni(),
    createTestDatabase({ poolSize: 4 }),
    startReceiver(),
  ]);
  await migrate({ url: cluster.url, logger: silentLogger });
  db = await openDatabase({ url: cluster.url, poolSize: 4, logger: silentLogger });
  await db.query('CREATE TABLE public.probes (at timestamptz NOT NULL DEFAULT now())');
  const provider = await processes.startProvider({ databaseUrl: atProvider.url, latencyMs: 20 });
  const env = {
    DATABASE_URL: cluster.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
    PROVIDER_TIMEOUT: '3s',
    LEASE_DURATION: '10s',
    HEARTBEAT_INTERVAL: '1s',
    ...provider.env,
  };
  nodes = await Promise.all(Array.from({ length: NODES }, () => processes.startNode(env)));
  const { data } = await node(0).graphql(
    `mutation ($webhook: CreateWebhookInput!, $schedule: RescheduleJobInput!) {
       createWebhook(input: $webhook) { ... on MutationError { message } }
       rescheduleJob(input: $schedule) { ... on MutationError { message } } }`,
    {
      webhook: { url: receiver.url, eventTypes: ['ManagedAccountCreationQueued', 'ManagedAccountCreated'] },
      schedule: { jobName: JOB, cron: '* * * * * *' },
    },
  );
  expect(data).toEqual({ createWebhook: {}, rescheduleJob: {} });
  begun = new Date();
  subscribers = await Promise.all([
    startSubscriber(nodes, { first: 0 }),
    startSubscriber(nodes, { first: 1 }),
    startSubscriber(nodes, { first: 2, hop: 300 }),
  ]);
  callers = startCallers(nodes, await seedFamily(db));
}, 180_000);

afterAll(async () => {
  await Promise.all([callers?.stop().catch(() => undefined), ...(subscribers ?? []).map((one) => one.stop())]);
  await processes.endAll();
  await db?.close();
  await receiver?.close();
  await cluster?.remove();
  await atProvider?.drop();
}, 180_000);

const node = (index: number): ServerProcess => nodes[index] as ServerProcess;

describe.skipIf(missing.length > 0)('three servers on three PostgreSQL under Patroni', () => {
  it('are as fast as before when PostgreSQL was killed at the primary', { timeout: 180_000 }, () =>
    failOver('PostgreSQL killed', (primary) => cluster.killPostgres(primary)),
  );

  it('are as fast as before when the primary was frozen', { timeout: 180_000 }, async () => {
    let frozen: Member | undefined;
    await failOver('primary frozen', async (primary) => {
      frozen = primary;
      await cluster.freeze(primary);
    });
    // It believes that it is the primary until Patroni knows better; no server writes to it.
    await cluster.thaw(frozen as Member);
  });

  it('are as fast as before when the primary was switched over', { timeout: 180_000 }, () =>
    failOver('switched over', () => cluster.switchOver()),
  );

  it('created each account exactly once', { timeout: 180_000 }, async () => {
    await cluster.healthy();
    await callers.stop();
    await allFinal(db);
    const count = callers.acknowledged.length;
    expect(await tracesOf(db, atProvider.db)).toEqual({
      entries: count,
      completed: count,
      users: count,
      matching: count,
      events: count,
      entriesWithEvent: count,
      successes: count,
      accounts: count,
      names: count,
    });
    const stored = await db.query<{ key: string }>(
      `SELECT id || ' ' || username AS key FROM auth.queued_managed_account_creations`,
    );
    expectSame(
      stored.map(({ key }) => key),
      callers.acknowledged.map(({ entryId, username }) => `${entryId} ${username}`),
    );
    showFigures('all', { count, otherOutcomes: await otherOutcomes(db) });
  });

  it('know every idempotency key again', async () => {
    const some = callers.acknowledged.filter((_, index) => index % 50 === 0);
    for (const one of some) expect(await callers.repeat(one)).toBe(one.entryId);
    const [row] = await db.query('SELECT count(*)::int AS count FROM auth.queued_managed_account_creations');
    expect(row).toEqual({ count: callers.acknowledged.length });
  });

  it('have one outcome for every due instant, and no run beside another', async () => {
    const { data } = await node(0).graphql<{ fireLedgerAudit: { isComplete: boolean; dueCount: number } }>(
      `query ($job: String!, $from: DateTime!, $to: DateTime!) {
         fireLedgerAudit(jobName: $job, from: $from, to: $to) { isComplete dueCount missing extra } }`,
      { job: JOB, from: begun, to: new Date(Date.now() - 2_000) },
    );
    expect(data.fireLedgerAudit).toMatchObject({ isComplete: true, missing: [], extra: [] });
    expect(data.fireLedgerAudit.dueCount).toBeGreaterThan(20);
    const overlaps = await db.query(
      `SELECT a.id, b.id FROM auth.job_runs a JOIN auth.job_runs b ON a.job_name = b.job_name AND a.id < b.id
         AND tstzrange(a.started_at, a.finished_at) && tstzrange(b.started_at, b.finished_at)`,
    );
    expect(overlaps).toEqual([]);
  });

  it('published each event once, and delivered it', { timeout: 180_000 }, async () => {
    const countOf = async (sql: string) => (await db.query<{ count: number }>(sql))[0]?.count;
    const unpublished = 'SELECT count(*)::int AS count FROM auth.outbox_events WHERE processed_at IS NULL';
    await until('the last event', async () => (await countOf(unpublished)) === 0, 60_000);
    const open = `SELECT count(*)::int AS count FROM auth.webhook_deliveries WHERE status <> 'delivered'`;
    await until('the last delivery', async () => (await countOf(open)) === 0, 120_000);
    expect(await eventProblems(db)).toEqual([]);
    const events = await db.query<{ id: string; type: string; entryId: string; deliveries: number }>(
      `SELECT event_id AS id, event_type AS type, payload ->> 'entryId' AS "entryId",
              (SELECT count(*)::int FROM auth.webhook_deliveries d WHERE d.event_id = e.event_id) AS deliveries
         FROM auth.outbox_events e WHERE event_type IN ('ManagedAccountCreationQueued', 'ManagedAccountCreated')`,
    );
    expect(events.filter(({ deliveries }) => deliveries !== 1)).toEqual([]);
    expectSame(
      events.map(({ entryId, type }) => `${entryId} ${type}`),
      ids().flatMap((id) => [`${id} ManagedAccountCreationQueued`, `${id} ManagedAccountCreated`]),
    );
    // A receiver knows an event that is repeated by its id.
    const received = new Map(receiver.received.map(({ event }) => [event.id, event]));
    expectSame(
      [...received.keys()],
      events.map(({ id }) => id),
    );
    const order = new Map<string, string[]>();
    for (const { partitionkey, type } of received.values())
      order.set(partitionkey, [...(order.get(partitionkey) ?? []), type.split('.').at(-2) ?? '']);
    const kinds = new Set([...order.values()].map((types) => types.join()));
    expect([...kinds]).toEqual(['ManagedAccountCreationQueued,ManagedAccountCreated']);
  });

  it('have an audit trail that is whole, with every enqueue', async () => {
    const rows = await db.query<{ id: string }>(
      `SELECT target_id AS id FROM auth.audit_entries WHERE action = 'enqueueAccount'`,
    );
    expectSame(
      rows.map(({ id }) => id),
      ids(),
    );
    expect(anchors).toHaveLength(3);
    for (const anchor of anchors) {
      const { data } = await node(1).graphql(
        'query ($anchor: String!) { verifyAuditTrail(anchor: $anchor) { isIntact problem } }',
        { anchor },
      );
      expect(data).toEqual({ verifyAuditTrail: { isIntact: true, problem: null } });
    }
  });

  it('sent every change to every subscriber once, whose cursors stayed valid', { timeout: 120_000 }, async () => {
    for (const { changes } of subscribers) {
      const isDone = () => new Set(changes.filter(isCompleted).map(({ entryId }) => entryId)).size === ids().length;
      await until('the last change', isDone, 30_000);
      expect(new Set(changes.map(({ cursor }) => cursor)).size).toBe(changes.length);
      expectSame(
        changes.filter(({ kind }) => kind === 'CREATED').map(({ entryId }) => entryId),
        ids(),
      );
    }
    const [first, second, hopping] = subscribers as [Subscriber, Subscriber, Subscriber];
    // An open stream waits for the database; one that is opened meanwhile is refused, and tries again.
    for (const { errors, resumed } of [first, second]) expect([errors, resumed()]).toEqual([[], 0]);
    expect(hopping.errors.filter((error) => !error.includes('"code":"SERVICE_UNAVAILABLE"'))).toEqual([]);
    expect(hopping.resumed()).toBeGreaterThan(3);
  });
});

const ids = (): string[] => callers.acknowledged.map(({ entryId }) => entryId);

const isCompleted = ({ queuedCreation }: Subscriber['changes'][number]): boolean =>
  queuedCreation?.status === 'COMPLETED';

/** Keeps an anchor, disturbs the primary, waits until the servers are as fast as before, and prints how long that took. */
async function failOver(name: string, disturb: (primary: Member) => Promise<void>): Promise<void> {
  const primary = await cluster.healthy();
  const exported = await (await fetch(`${node(0).url}/audit/export`)).text();
  anchors.push((JSON.parse(exported.trim().split('\n').at(-1) ?? '{}') as { anchor: string }).anchor);
  const others = cluster.members.filter((member) => member.name !== primary.name);
  const figures = await measureFailover(callers, nodes.length, others, () => disturb(primary));
  showFigures(name, figures);
}
