/**
 * Other clients hold all connections of PostgreSQL for a while. Work in progress then still ends, exactly once: no
 * delivery waits for a lease to expire, and no live update is skipped.
 */
import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { ask, startOwnCluster } from '../support/own-cluster.ts';
import { startReceiver } from '../support/receiver.ts';
import { subscribe } from '../support/sse.ts';
import { aggregate, makeWebhook, TO_LOOPBACK, writeEvents } from '../support/webhooks.ts';

const HELD_MS = 15_000;
const EVENTS = 60;

let closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

/** Takes every connection, including those that become free, and returns a function that closes them. */
async function holdAll(url: string): Promise<() => Promise<void>> {
  const held = new Set<pg.Client>();
  let isHolding = true;
  const take = async (): Promise<void> => {
    while (isHolding) {
      const client = new pg.Client({ connectionString: url, application_name: 'a crowd' });
      client.on('error', () => held.delete(client));
      await client.connect().then(
        async () => {
          held.add(client);
          await client.query(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'family-hub-jobs'`,
          );
        },
        () => new Promise((resolve) => setTimeout(resolve, 5)),
      );
    }
  };
  const taking = Promise.all([take(), take(), take()]);
  return async () => {
    isHolding = false;
    await taking;
    await Promise.all([...held].map((client) => client.end()));
  };
}

it('deliveries under way end when they are given back, each made once, and streams tell all', async () => {
  const cluster = await startOwnCluster({ max_connections: '30' });
  closing.push(() => cluster.remove());
  const receiver = await startReceiver();
  closing.push(() => receiver.close());
  const app = await startTestApp({ url: cluster.url, config: { ...TO_LOOPBACK, webhookConcurrency: EVENTS } });
  closing.push(() => app.close());
  const [family] = (await ask(cluster.url, `INSERT INTO auth.families (name) VALUES ('Held') RETURNING id`)) as {
    id: string;
  }[];
  const stream = await subscribe(
    app,
    'subscription { queuedCreationChanged(filter: { username: { startsWith: "held_" } }) { cursor queuedCreation { username family { name } } } }',
  );
  closing.push(stream.close);
  const insert = (name: string) =>
    ask(
      cluster.url,
      `INSERT INTO auth.queued_managed_account_creations (family_id, username, full_name, status)
       VALUES ($1, $2, 'Held', 'cancelled')`,
      [family?.id, name],
    );
  const told = () =>
    stream.events().map(
      (text) =>
        JSON.parse(text) as {
          data: { queuedCreationChanged: { queuedCreation: { username: string } | null } };
          errors?: unknown;
        },
    );
  const { webhookId } = await makeWebhook(app, { url: receiver.url, eventTypes: ['QueuePaused'] });

  // All requests are at the receiver when the connections are taken, and get their response meanwhile.
  const answers: (() => void)[] = [];
  receiver.answer = (response) => void answers.push(() => response.writeHead(204).end());
  await writeEvents(app, Array.from({ length: EVENTS }, aggregate));
  await insert('held_before');
  await expect.poll(() => answers.length, { timeout: 30_000 }).toBe(EVENTS);
  await expect.poll(() => told().length, { timeout: 30_000 }).toBe(1);
  const giveBack = await holdAll(cluster.url);
  const since = performance.now();
  await expect
    .poll(() => app.db.query('SELECT 1').then(String, (error: Error) => error.message), {
      timeout: 30_000,
      interval: 5,
    })
    .toMatch(/too many clients|remaining connection slots|terminat/);
  for (const answer of answers) answer();
  await new Promise((resolve) => setTimeout(resolve, HELD_MS - (performance.now() - since)));
  const lines = app.logLines.length;
  await giveBack();
  await insert('held_after');

  const ends = async () =>
    (
      (await ask(
        cluster.url,
        `SELECT status::text || ' ' || string_agg(attempt.outcome, ',' ORDER BY attempt.number) AS "end"
         FROM auth.webhook_deliveries AS delivery LEFT JOIN auth.webhook_attempts AS attempt ON attempt.delivery_id = delivery.id
         WHERE webhook_id = $1 GROUP BY delivery.id`,
        [webhookId],
      )) as { end: string | null }[]
    ).map(({ end }) => end);
  await expect
    .poll(ends, { timeout: 30_000, interval: 100 })
    .toEqual(Array.from({ length: EVENTS }, () => 'delivered delivered'));
  expect(receiver.received).toHaveLength(EVENTS);
  await expect.poll(() => told().length, { timeout: 30_000 }).toBe(2);
  expect(told().flatMap(({ errors }) => errors ?? [])).toEqual([]);
  expect(told().map(({ data }) => data.queuedCreationChanged.queuedCreation?.username)).toEqual([
    'held_before',
    'held_after',
  ]);
  // The log needs only a few lines, however much failed.
  expect(lines).toBeLessThan(100);
});
