/**
 * Ten thousand events while nodes are killed at random: a receiver behind a webhook gets each at least once, in
 * order within its aggregate, and recognizes duplicates by id. The nodes publish, deliver and die at random; the
 * receiver sometimes fails, or hangs up without a response.
 */
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { aggregateIdOf } from '../../src/events/outbox/aggregate-id.rules.ts';
import { recordEvents } from '../../src/work/unit.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createProcesses, type Env, type ServerProcess, until } from '../support/process.ts';

const EVENTS = 10_000;
const AGGREGATES = 400;
const WRITERS = 4;
const NODES = 3;
const KILLS = 12;

interface Received {
  readonly webhookId: string;
  readonly id: string;
  readonly aggregateId: string;
  /** Its position within its aggregate, starting at 1. */
  readonly place: number;
}

const processes = createProcesses();
let database: TestDatabase;
let env: Env;
let receiver: Server;
let secret = '';
/** The accepted requests, in order: answered with 200, or without a response. */
const received: Received[] = [];
const forged: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 8 });
  const provider = await processes.startProvider({ databaseUrl: database.url, latencyMs: 5 });
  receiver = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const dice = Math.random();
      if (dice < 0.002) {
        response.writeHead(500).end();
        return;
      }
      take(Buffer.concat(parts).toString('utf8'), request.headers);
      if (dice < 0.004) response.destroy();
      else response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  env = {
    DATABASE_URL: database.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    HEARTBEAT_INTERVAL: '500ms',
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8',
    ...provider.env,
  };
});

afterAll(async () => {
  await processes.endAll();
  receiver?.closeAllConnections();
  receiver?.close();
  await database?.drop();
});

function take(body: string, headers: IncomingHttpHeaders): void {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
  } catch (error) {
    forged.push(String(error));
  }
  const event = JSON.parse(body) as { id: string; partitionkey: string; data: { count: number } };
  received.push({
    webhookId: String(headers['webhook-id']),
    id: event.id,
    aggregateId: event.partitionkey,
    place: event.data.count,
  });
}

const start = (index: number): Promise<ServerProcess> =>
  processes.startNode(
    { ...env, NODE_NAME: `node-${index}-${randomUUID()}` },
    { webhookTimeoutMs: 2_000, webhookConcurrency: 16 },
  );

async function createWebhook(node: ServerProcess): Promise<void> {
  const { port } = receiver.address() as AddressInfo;
  const { data } = await node.graphql<{ createWebhook: { secret?: string; message?: string } }>(
    `mutation ($input: CreateWebhookInput!) { createWebhook(input: $input) {
       ... on CreateWebhookPayload { secret } ... on MutationError { message } } }`,
    { input: { url: `http://127.0.0.1:${port}/`, eventTypes: ['ExpiredInvitationsDeleted'] } },
  );
  secret = data.createWebhook.secret ?? '';
  expect(secret, data.createWebhook.message).toMatch(/^whsec_/);
}

/** Writes one writer's share, in transactions that overlap with those of the others and commit in any order. */
async function writeShare(writer: number): Promise<void> {
  const { db } = database;
  const own = Array.from({ length: AGGREGATES / WRITERS }, (_, index) => `job-${writer}-${index}`);
  const places = new Map(own.map((jobName) => [jobName, 0]));
  for (let left = EVENTS / WRITERS; left > 0; ) {
    const size = Math.min(left, 1 + Math.floor(Math.random() * 40));
    left -= size;
    await db.transaction(async (tx) => {
      for (let written = 0; written < size; written++) {
        const jobName = own[(left + written) % own.length] ?? '';
        const count = (places.get(jobName) ?? 0) + 1;
        places.set(jobName, count);
        const aggregateId = aggregateIdOf('Job', jobName);
        const payload = { jobName, count };
        await recordEvents(tx, [
          { eventType: 'ExpiredInvitationsDeleted', aggregateType: 'Job', aggregateId, payload },
        ]);
      }
      await delay(Math.random() * 30);
    });
    await db.query(`SELECT pg_notify('family_hub_jobs', '{"outbox":true}')`);
    await delay(Math.random() * 200);
  }
}

it('each is there, in order, and known by its id', { timeout: 420_000 }, async () => {
  const nodes = await Promise.all(Array.from({ length: NODES }, (_, index) => start(index)));
  await createWebhook(nodes[0] as ServerProcess);
  const writing = Promise.all(Array.from({ length: WRITERS }, (_, writer) => writeShare(writer)));

  for (let kill = 0; kill < KILLS; kill++) {
    const before = received.length;
    await until('some more to arrive', () => received.length > before + 50 || received.length >= EVENTS, 60_000);
    await delay(Math.random() * 300);
    const index = kill % NODES;
    nodes[index]?.kill('SIGKILL');
    await nodes[index]?.exited;
    nodes[index] = await start(index);
  }
  await writing;
  await until('all to be published', async () => (await pendingEvents()) === 0, 120_000);
  await until('each to arrive', () => new Set(received.map(({ id }) => id)).size === EVENTS, 240_000);
  await until('each to be closed', async () => (await openDeliveries()) === 0, 60_000);

  const places = new Map<string, number[]>();
  const byId = new Map<string, Received>();
  for (const one of received) {
    // The id in the header matches the id in the envelope.
    expect(one.webhookId).toBe(one.id);
    expect(byId.get(one.id)?.place ?? one.place).toBe(one.place);
    byId.set(one.id, one);
    places.set(one.aggregateId, [...(places.get(one.aggregateId) ?? []), one.place]);
  }
  expect(places.size).toBe(AGGREGATES);
  for (const [aggregateId, arrived] of places) {
    // A duplicate arrives before the next event, because later ones wait until a delivery is closed.
    expect(arrived, aggregateId).toEqual([...arrived].sort((a, b) => a - b));
    expect([...new Set(arrived)]).toEqual(Array.from({ length: EVENTS / AGGREGATES }, (_, index) => index + 1));
  }
  expect(forged).toEqual([]);
  const [counts] = await database.db.query(
    `SELECT (SELECT count(*)::int FROM auth.outbox_events WHERE parked_at IS NOT NULL) AS parked,
            (SELECT count(*)::int FROM auth.outbox_events WHERE event_type = 'ExpiredInvitationsDeleted' AND processed_at IS NULL) AS left,
            (SELECT count(*)::int FROM auth.webhook_deliveries) AS deliveries`,
  );
  // Published once each in spite of the kills: deliveries and the mark are written in one transaction.
  expect(counts).toEqual({ parked: 0, left: 0, deliveries: EVENTS });
});

const countOf = async (sql: string): Promise<number> =>
  (await database.db.query<{ count: number }>(sql))[0]?.count ?? Number.NaN;
const pendingEvents = () => countOf('SELECT count(*)::int AS count FROM auth.outbox_events WHERE processed_at IS NULL');
const openDeliveries = () =>
  countOf(`SELECT count(*)::int AS count FROM auth.webhook_deliveries WHERE status = 'pending'`);
