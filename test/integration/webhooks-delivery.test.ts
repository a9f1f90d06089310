/**
 * Deliveries from the outbox to receivers that accept, refuse, hang and vanish: none is lost, those of one
 * aggregate arrive in order, and no receiver delays another.
 */
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { claimDue } from '../../src/events/webhooks/claim.ts';
import { closeAttempts } from '../../src/events/webhooks/close.ts';
import { deleteOldDeliveries } from '../../src/events/webhooks/old-deliveries.ts';
import { judge } from '../../src/events/webhooks/outcome.rules.ts';
import { deletions } from '../../src/retention/retention.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { aggregate, askWebhooks, hurry, makeWebhook, TO_LOOPBACK, writeEvents } from '../support/webhooks.ts';

const CONCURRENCY = 2;
let database: TestDatabase;
let app: TestApp;
let receiver: Receiver;
let other: Receiver;

beforeAll(async () => {
  [database, receiver, other] = await Promise.all([createTestDatabase(), startReceiver(), startReceiver()]);
  const config = { ...TO_LOOPBACK, webhookConcurrency: CONCURRENCY, webhookTimeoutMs: 10_000 };
  app = await startTestApp({ url: database.url, config, hasTimers: false });
});
afterAll(async () => {
  await app?.close();
  await Promise.all([receiver?.close(), other?.close()]);
  await database?.drop();
});
beforeEach(() => {
  for (const one of [receiver, other]) {
    (one.received as unknown[]).length = 0;
    one.answer = (response) => response.writeHead(204).end();
  }
});
afterEach(async () => {
  await database.db.query('DELETE FROM auth.webhooks');
  for (const one of [receiver, other]) one.drop();
});

/** The machine may be busy. */
const eventually = <T>(probe: () => T) => expect.poll(probe, { timeout: 30_000, interval: 25 });
/** Subscribes only to QueuePaused, so that other events of earlier tests do not count. */
const make = (url: string) => makeWebhook(app, { url, eventTypes: ['QueuePaused'] });

const say =
  (status: number, headers = {}) =>
  (response: ServerResponse) =>
    void response.writeHead(status, headers).end('x');
const actorsOf = (one: Receiver) => one.received.map(({ event }) => Number((event.data as { actor: string }).actor));
const deliveries = (webhookId: string) =>
  database.db.query<{ id: string; status: string; attempts: number; outcomes: string[] }>(
    `SELECT id, status, attempt_count AS attempts,
            (SELECT coalesce(array_agg(outcome ORDER BY number), '{}') FROM auth.webhook_attempts WHERE delivery_id = d.id) AS outcomes
     FROM auth.webhook_deliveries d WHERE webhook_id = $1 ORDER BY position`,
    [webhookId],
  );
const statuses = async (webhookId: string) => (await deliveries(webhookId)).map(({ status }) => status);
const stateOf = async (webhookId: string) =>
  (
    await database.db.query(
      'SELECT state, state_reason AS reason, failing_since AS since FROM auth.webhooks WHERE id = $1',
      [webhookId],
    )
  )[0];

describe('a delivery', () => {
  it('is the event’s CloudEvents envelope, signed so that the standardwebhooks package takes it', async () => {
    const { webhookId, secret } = await makeWebhook(app, { url: `${receiver.url}/hook`, eventTypes: ['QueuePaused'] });
    const aggregateId = aggregate();
    await writeEvents(app, [aggregateId]);
    await eventually(() => statuses(webhookId)).toEqual(['delivered']);
    const [received] = receiver.received;
    const event = new Webhook(secret).verify(received?.body ?? '', received?.headers as Record<string, string>);
    expect(event).toMatchObject({
      specversion: '1.0',
      type: 'family-hub.jobs.QueuePaused.v1',
      subject: `Queue/${aggregateId}`,
      id: received?.headers['webhook-id'],
      data: { actor: '0' },
    });
    expect(received).toMatchObject({
      path: '/hook',
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    });
    const [row] = await database.db.query('SELECT event_id AS id FROM auth.outbox_events WHERE aggregate_id = $1', [
      aggregateId,
    ]);
    expect(row).toEqual({ id: (event as { id: string }).id });
  });

  it('is made for each webhook that wants its type, and for no other', async () => {
    const wanting = await makeWebhook(app, { url: `${receiver.url}/all` });
    const not = await makeWebhook(app, { url: `${receiver.url}/none`, eventTypes: ['AlertRaised'] });
    await writeEvents(app, [aggregate(), aggregate()]);
    await eventually(() => statuses(wanting.webhookId)).toEqual(['delivered', 'delivered']);
    expect(await statuses(not.webhookId)).toEqual([]);
  });

  it('is signed with the former secret too, while it is valid', async () => {
    const { webhookId, secret } = await make(receiver.url);
    const rotated = await askWebhooks<{ secret: string }>(app, 'rotateWebhookSecret', { webhookId }, 'secret');
    await writeEvents(app, [aggregate()]);
    await eventually(() => receiver.received.length).toBe(1);
    const [one] = receiver.received;
    for (const each of [secret, rotated.secret])
      new Webhook(each).verify(one?.body ?? '', one?.headers as Record<string, string>);
    await askWebhooks(app, 'rotateWebhookSecret', { webhookId, isImmediate: true });
    await writeEvents(app, [aggregate()]);
    await eventually(() => receiver.received.length).toBe(2);
    const two = receiver.received[1];
    expect(two?.headers['webhook-signature']?.toString().split(' ')).toHaveLength(1);
    expect(() => new Webhook(rotated.secret).verify(two?.body ?? '', two?.headers as Record<string, string>)).toThrow(
      'No matching',
    );
  });
});

describe('order', () => {
  it('holds within an aggregate, over failures; other aggregates go on', async () => {
    const { webhookId } = await make(receiver.url);
    const [a, b] = [aggregate(), aggregate()];
    receiver.answer = (response, { event }) => say(event.partitionkey === a ? 503 : 204)(response);
    await writeEvents(app, [a, b, a, b, a]);
    await eventually(() => statuses(webhookId)).toEqual(['pending', 'delivered', 'pending', 'delivered', 'pending']);
    // Events published meanwhile wait too.
    await writeEvents(app, [a], 5);
    await eventually(async () => (await deliveries(webhookId)).length).toBe(6);
    expect(actorsOf(receiver).filter((actor) => ![1, 3].includes(actor))).toEqual([0]);
    receiver.answer = say(200);
    await hurry(app);
    await eventually(() => statuses(webhookId)).toEqual(Array(6).fill('delivered'));
    expect(actorsOf(receiver).filter((actor) => ![1, 3].includes(actor))).toEqual([0, 0, 2, 4, 5]);
    expect(await stateOf(webhookId)).toMatchObject({ state: 'active', since: null });
  });

  it('holds for a hundred events of many aggregates, with a receiver that fails at random', async () => {
    const { webhookId } = await make(receiver.url);
    const ids = Array.from({ length: 10 }, aggregate);
    let asked = 0;
    receiver.answer = (response) => say(++asked % 7 === 0 ? 500 : 204)(response);
    for (let batch = 0; batch < 2; batch++)
      await writeEvents(
        app,
        Array.from({ length: 50 }, (_, n) => ids[(n * 7 + batch) % 10] ?? ''),
        batch * 50,
      );
    await eventually(async () => {
      await hurry(app);
      return (await statuses(webhookId)).filter((status) => status === 'delivered').length;
    }).toBe(100);
    for (const id of ids) {
      const seen = receiver.received
        .filter(({ event }) => event.partitionkey === id)
        .map(({ event }) => Number((event.data as { actor: string }).actor));
      expect(seen).toEqual([...seen].sort((x, y) => x - y));
      expect(new Set(seen).size).toBe(10);
    }
  });
});

it('a receiver that hangs keeps only its own deliveries, and so many at a time', async () => {
  receiver.answer = () => undefined;
  const slow = await make(receiver.url);
  const quick = await make(other.url);
  const ids = Array.from({ length: 60 }, aggregate);
  await writeEvents(app, ids);
  await eventually(() => statuses(quick.webhookId)).toEqual(ids.map(() => 'delivered'));
  await eventually(receiver.open).toBe(CONCURRENCY);
  expect(receiver.received).toHaveLength(CONCURRENCY);
  expect(new Set(await statuses(slow.webhookId))).toEqual(new Set(['pending']));
});

describe('failures', () => {
  it('are logged with status, answer and time; Retry-After is heeded', async () => {
    const { webhookId } = await make(receiver.url);
    receiver.answer = (response) =>
      response.writeHead(429, { 'retry-after': '3600' }).end(`{"problem":"${'x'.repeat(3_000)}"}`);
    await writeEvents(app, [aggregate()]);
    await eventually(async () => (await deliveries(webhookId))[0]?.outcomes).toEqual(['rejected']);
    const { body } = await app.graphql<{
      webhook: { deliveries: { nodes: { nextAttemptAt: string; attempts: object[] }[] } };
    }>(
      `query ($webhookId: UUID!) { webhook(webhookId: $webhookId) { pendingCount failingSinceAt deliveries(filter: {status: PENDING}) { totalCount nodes {
         status nextAttemptAt attempts { number outcome httpStatus answer errorMessage duration } } } } }`,
      { webhookId },
    );
    expect(body.data.webhook).toMatchObject({ pendingCount: 1, failingSinceAt: expect.any(String) });
    const [node] = body.data.webhook.deliveries.nodes;
    expect(node?.attempts).toEqual([
      {
        number: 1,
        outcome: 'REJECTED',
        httpStatus: 429,
        answer: expect.stringMatching(/^\{"problem":"x{988}$/),
        errorMessage: 'The receiver answered with status 429.',
        duration: expect.stringMatching(/^PT/),
      },
    ]);
    const waits = Date.parse(node?.nextAttemptAt ?? '') - Date.now();
    expect(waits).toBeGreaterThan(3_500_000);
    expect(waits).toBeLessThan(3_700_000);
  });

  it('of a whole day end in a delivery that failed; it can be asked for again, alone or with others', async () => {
    const { webhookId } = await make(receiver.url);
    receiver.answer = say(500);
    const id = aggregate();
    const before = new Date(Date.now() - 60_000).toISOString();
    await writeEvents(app, [id, id, aggregate()]);
    // They may have been retried meanwhile.
    await eventually(async () => (await deliveries(webhookId)).map(({ attempts }) => attempts > 0)).toEqual([
      true,
      false,
      true,
    ]);
    // As if first tried long ago: the next attempt is the last.
    await database.db.query(`UPDATE auth.webhooks SET state_changed_at = now() - interval '26 hours'`);
    await database.db.query(
      `UPDATE auth.webhook_deliveries SET series_started_at = now() - interval '25 hours' WHERE attempt_count > 0`,
    );
    await eventually(async () => {
      await hurry(app);
      return statuses(webhookId);
    }).toEqual(['failed', 'pending', 'failed']);
    // The next delivery of the aggregate was attempted.
    await eventually(async () => (await deliveries(webhookId))[1]?.attempts).toBeGreaterThan(0);
    receiver.answer = say(200);
    const [first] = await deliveries(webhookId);
    const one = await askWebhooks(
      app,
      'redeliverWebhook',
      { deliveryId: first?.id, idempotencyKey: 'again' },
      'redeliveredCount isReplay',
    );
    expect(one).toMatchObject({ redeliveredCount: 1, isReplay: false });
    expect(
      await askWebhooks(
        app,
        'redeliverWebhook',
        { deliveryId: first?.id, idempotencyKey: 'again' },
        'redeliveredCount isReplay',
      ),
    ).toMatchObject({ redeliveredCount: 0, isReplay: true });
    await hurry(app);
    await eventually(() => statuses(webhookId)).toEqual(['delivered', 'delivered', 'failed']);
    const span = { webhookId, from: before, to: new Date(Date.now() + 60_000).toISOString() };
    expect(await askWebhooks(app, 'redeliverWebhook', span, 'redeliveredCount')).toMatchObject({ redeliveredCount: 1 });
    await eventually(() => statuses(webhookId)).toEqual(['delivered', 'delivered', 'delivered']);
    (receiver.received as unknown[]).length = 0;
    expect(await askWebhooks(app, 'redeliverWebhook', { ...span, isAll: true }, 'redeliveredCount')).toMatchObject({
      redeliveredCount: 3,
    });
    await eventually(() => statuses(webhookId)).toEqual(['delivered', 'delivered', 'delivered']);
    const ofOne = receiver.received.filter(({ event }) => event.partitionkey === id);
    expect(ofOne.map(({ event }) => (event.data as { actor: string }).actor)).toEqual(['0', '1']);
  });

  it('of days disable the webhook, on record and with an event; resumed, it gets what waited', async () => {
    const { webhookId } = await make(receiver.url);
    receiver.answer = say(500);
    await writeEvents(app, [aggregate()]);
    await eventually(async () => (await stateOf(webhookId))?.since).toBeInstanceOf(Date);
    await database.db.query(`UPDATE auth.webhooks SET failing_since = now() - interval '6 days' WHERE id = $1`, [
      webhookId,
    ]);
    await hurry(app);
    await eventually(() => stateOf(webhookId)).toMatchObject({
      state: 'disabled',
      reason: expect.stringContaining('status 500'),
    });
    const told = () =>
      database.db.query(
        `SELECT payload ->> 'webhookId' AS "webhookId" FROM auth.outbox_events WHERE event_type = 'WebhookDisabled' AND processed_at IS NOT NULL AND aggregate_id = $1`,
        [webhookId],
      );
    await eventually(told).toEqual([{ webhookId }]);
    expect(
      await database.db.query(
        `SELECT action, actor FROM auth.audit_entries WHERE target_id = $1 AND action = 'webhookDisabled'`,
        [webhookId],
      ),
    ).toEqual([{ action: 'webhookDisabled', actor: 'the server (webhooks)' }]);
    const count = receiver.received.length;
    receiver.answer = say(200);
    await writeEvents(app, [aggregate()]);
    await hurry(app);
    await eventually(async () => (await deliveries(webhookId)).length).toBe(2);
    expect(receiver.received).toHaveLength(count);
    expect(await askWebhooks(app, 'resumeWebhook', { webhookId }, 'isChanged webhook { state }')).toMatchObject({
      isChanged: true,
      webhook: { state: 'ACTIVE' },
    });
    await eventually(() => statuses(webhookId)).toEqual(['delivered', 'delivered']);
  });

  it('410 Gone disables it at once', async () => {
    const { webhookId } = await make(receiver.url);
    receiver.answer = say(410);
    await writeEvents(app, [aggregate()]);
    await eventually(() => stateOf(webhookId)).toMatchObject({
      state: 'disabled',
      reason: expect.stringContaining('410'),
    });
    expect((await deliveries(webhookId))[0]).toMatchObject({ status: 'pending', outcomes: ['gone'] });
  });
});

it('a paused webhook is sent nothing, and everything once it is resumed', async () => {
  const { webhookId } = await make(receiver.url);
  await askWebhooks(app, 'pauseWebhook', { webhookId, reason: 'a move' });
  const id = aggregate();
  await writeEvents(app, [id, id, aggregate()]);
  await eventually(() => statuses(webhookId)).toEqual(['pending', 'pending', 'pending']);
  await hurry(app);
  const tested = await askWebhooks(app, 'testWebhook', { webhookId }, 'delivery { status isTest eventType }');
  expect(tested).toMatchObject({ delivery: { status: 'DELIVERED', isTest: true, eventType: 'WebhookTested' } });
  expect(receiver.received).toHaveLength(1);
  await askWebhooks(app, 'resumeWebhook', { webhookId });
  await eventually(() => statuses(webhookId)).toEqual(Array(4).fill('delivered'));
});

it('what is old goes: deliveries that ended, what waits for nobody, secrets that sign no more', async () => {
  const { webhookId } = await make(receiver.url);
  const idle = await make(receiver.url);
  await askWebhooks(app, 'pauseWebhook', { webhookId: idle.webhookId, reason: 'forgotten' });
  await askWebhooks(app, 'rotateWebhookSecret', { webhookId });
  const id = aggregate();
  receiver.answer = (response, { event }) => say(event.partitionkey === id ? 500 : 204)(response);
  await writeEvents(app, [id, aggregate(), aggregate()]);
  await eventually(() => statuses(webhookId)).toEqual(['pending', 'delivered', 'delivered']);
  await eventually(async () => (await deliveries(webhookId))[0]?.outcomes).toContain('rejected');
  const deleteOld = (limit: number) => database.db.transaction((tx) => deleteOldDeliveries(tx, 86_400_000, limit));
  expect(await deleteOld(100)).toBe(0);
  const newest = (await deliveries(webhookId)).at(-1)?.id;
  await database.db.query(
    `UPDATE auth.webhook_deliveries SET created_at = created_at - interval '2 days',
            closed_at = closed_at - CASE WHEN id = $1 THEN interval '0' ELSE interval '2 days' END`,
    [newest],
  );
  expect(await deleteOld(2)).toBe(2);
  expect(await deleteOld(100)).toBe(2);
  // Pending deliveries of an active webhook stay, and so does one that ended yesterday.
  expect(await statuses(webhookId)).toEqual(['pending', 'delivered']);
  expect(await statuses(idle.webhookId)).toEqual([]);

  const kinds = deletions({ prune: async () => 0 });
  const deleteSecrets = () => kinds.find(({ name }) => name === 'webhookSecrets')?.delete(database.db, 0, 100);
  expect(await deleteSecrets()).toBe(0);
  await database.db.query(
    `UPDATE auth.webhook_secrets SET expires_at = now() - interval '1 second' WHERE expires_at IS NOT NULL`,
  );
  expect(await deleteSecrets()).toBe(1);
  expect(await database.db.query('SELECT 1 FROM auth.webhook_secrets')).toHaveLength(2);
});

describe('leases', () => {
  it('of a node that died are taken over, and it can write nothing more', async () => {
    const { webhookId } = await make(receiver.url);
    await askWebhooks(app, 'pauseWebhook', { webhookId, reason: 'until the other node has it' });
    await writeEvents(app, [aggregate()]);
    await eventually(async () => (await deliveries(webhookId)).length).toBe(1);
    const config = { ...app.config, LEASE_DURATION: 300, webhookTimeoutMs: 100, webhookConcurrency: 1 };
    const dying = { ...app.app.services, nodeId: randomUUID(), config };
    // In one transaction, so that the running node does not see the webhook as active first.
    const [claimed] = await database.db.transaction(async (tx) => {
      await tx.query(`UPDATE auth.webhooks SET state = 'active' WHERE id = $1`, [webhookId]);
      return claimDue(tx, dying, new Map());
    });
    if (claimed === undefined) throw new Error('Nothing was claimed.');
    app.notices.notify('webhooks');
    await eventually(async () => (await deliveries(webhookId))[0]).toMatchObject({
      status: 'delivered',
      attempts: 2,
      outcomes: ['interrupted', 'delivered'],
    });
    const judged = judge({ kind: 'answer', status: 500, answer: '', retryAfter: undefined }, new Date());
    const ended = { delivery: claimed, judged, startedAt: claimed.claimedAt, finishedAt: new Date() };
    expect(await closeAttempts(dying, [ended])).toMatchObject([{ isWritten: false }]);
    expect(await statuses(webhookId)).toEqual(['delivered']);
    expect(await stateOf(webhookId)).toMatchObject({ since: null });
  });

  it('of a node that stops are given back, and another delivers at once', async () => {
    receiver.answer = () => undefined;
    const config = { ...TO_LOOPBACK, SHUTDOWN_TIMEOUT: 100 };
    const { webhookId } = await make(receiver.url);
    await writeEvents(app, [aggregate()]);
    await eventually(receiver.open).toBe(1);
    const second = await startTestApp({ url: database.url, config, hasTimers: false, nodeName: 'second' });
    try {
      await writeEvents(second, [aggregate(), aggregate(), aggregate()]);
      // Two are open here and the others on the second node, which has free capacity.
      await eventually(receiver.open).toBe(4);
    } finally {
      await second.close();
    }
    await eventually(async () => (await deliveries(webhookId)).flatMap(({ outcomes }) => outcomes)).toContain(
      'interrupted',
    );
    expect(await stateOf(webhookId)).toMatchObject({ state: 'active', since: null });
    receiver.answer = say(200);
    receiver.drop();
    await eventually(async () => {
      await hurry(app);
      return statuses(webhookId);
    }).toEqual(Array(4).fill('delivered'));
  });
});
