/** Webhooks through the API: what is refused and how, the permissions, and that secrets never leak. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../src/work/event-types.rules.ts';
import { ADMIN, callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { aggregate, askWebhooks, TO_LOOPBACK, writeEvents } from '../support/webhooks.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
let database: TestDatabase;
let app: TestApp;
let receiver: Receiver;
let operator: Headers;
let viewer: Headers;

beforeAll(async () => {
  [database, receiver] = await Promise.all([createTestDatabase(), startReceiver()]);
  app = await startTestApp({
    url: database.url,
    config: { ...WITH_ACCESS, ...TO_LOOPBACK },
    hasTimers: false,
    logLevel: 'trace',
  });
  operator = await callerWith(app, { name: 'an operator', role: 'OPERATOR' });
  viewer = await callerWith(app, { name: 'a viewer', role: 'VIEWER' });
});
afterAll(async () => {
  await app?.close();
  await receiver?.close();
  await database?.drop();
});
beforeEach(() => database.db.query('DELETE FROM auth.webhooks'));

interface Answer {
  readonly __typename: string;
  readonly code?: string;
  readonly message?: string;
  readonly issues?: { path: string[]; code: string; message: string }[];
  readonly secret?: string;
  readonly webhook?: { webhookId: string } & Record<string, unknown>;
  readonly [field: string]: unknown;
}
const ask = (mutation: string, input: object, selection = '', headers = ADMIN, to = app) =>
  askWebhooks<Answer>(to, mutation, input, selection, headers);
const create = (input: object, to = app) =>
  ask('createWebhook', input, 'secret webhook { webhookId url eventTypes state description }', ADMIN, to);
const idOf = async (input: object = { url: receiver.url }): Promise<string> =>
  (await create(input)).webhook?.webhookId ?? '';

describe('createWebhook', () => {
  // Open only during these tests: it would also deliver, and refuse the tests' addresses.
  let strict: TestApp;
  beforeAll(async () => {
    strict = await startTestApp({ url: database.url, config: WITH_ACCESS, hasTimers: false });
  });
  afterAll(() => strict?.close());

  it('makes one, with a secret that is shown this once', async () => {
    const made = await create({
      url: `${receiver.url}/a`,
      description: 'the page',
      eventTypes: ['QueuePaused', 'ManagedAccountCreated', 'QueuePaused'],
    });
    expect(made).toEqual({
      __typename: 'CreateWebhookPayload',
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
      webhook: {
        webhookId: expect.any(String),
        url: `${receiver.url}/a`,
        eventTypes: ['ManagedAccountCreated', 'QueuePaused'],
        state: 'ACTIVE',
        description: 'the page',
      },
    });
    expect(await create({ url: receiver.url, secret: SECRET })).toMatchObject({
      secret: SECRET,
      webhook: { eventTypes: null },
    });
  });

  it.each([
    [
      'http://169.254.169.254/latest/meta-data',
      'ADDRESS_REFUSED',
      /169\.254\.169\.254: the local link, where clouds keep their metadata\. Nothing is sent there unless WEBHOOK_ALLOWED_NETWORKS lists it/,
    ],
    ['http://localhost:4000/', 'ADDRESS_REFUSED', /localhost, which is (127\.0\.0\.1|::1): this machine itself/],
    ['https://[::1]/', 'ADDRESS_REFUSED', /this machine itself/],
    ['https://0x7f.1/', 'ADDRESS_REFUSED', /127\.0\.0\.1/],
    ['https://user:secret@example.org/', 'CREDENTIALS', /^(?!.*secret@)/],
    ['ftp://example.org/', 'INVALID_URL', /https:/],
    ['nonsense', 'INVALID_URL', /Example: https:/],
    ['https://name.invalid/', 'UNKNOWN_HOST', /name\.invalid/],
    ['https://example.org:22/', 'PORT_REFUSED', /port 22/],
  ])('refuses %s, naming the url', async (url, code, message) => {
    const refused = await create({ url }, strict);
    expect(refused).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['url'], code, message: expect.stringMatching(message) }],
    });
    expect(await database.db.query('SELECT 1 FROM auth.webhooks')).toEqual([]);
  });

  it('refuses everything at once, and quotes no secret', async () => {
    const refused = await create({
      url: 'nonsense',
      eventTypes: ['Nothing', 'WebhookTested'],
      secret: 'whsec_hush',
      idempotencyKey: '',
    });
    expect(refused.issues?.map(({ path, code }) => [path.join(), code])).toEqual([
      ['url', 'INVALID_URL'],
      ['eventTypes', 'UNKNOWN_EVENT_TYPE'],
      ['secret', 'INVALID_SECRET'],
      ['idempotencyKey', 'INVALID_LENGTH'],
    ]);
    for (const type of EVENT_TYPES.filter((one) => one !== 'WebhookTested'))
      expect(refused.issues?.[1]?.message).toContain(type);
    expect(JSON.stringify(refused)).not.toContain('hush');
    expect(await create({ url: receiver.url, eventTypes: [] })).toMatchObject({
      issues: [{ path: ['eventTypes'], code: 'EMPTY' }],
    });
  });

  it('is done once under one key; the secret is not shown again', async () => {
    const input = { url: receiver.url, secret: SECRET, idempotencyKey: 'once' };
    const made = await create(input);
    expect(await create(input)).toMatchObject({
      __typename: 'InvalidStateError',
      message: expect.stringContaining(made.webhook?.webhookId ?? 'x'),
    });
    expect(await create({ ...input, secret: undefined })).toMatchObject({
      __typename: 'IdempotencyConflictError',
      message: expect.stringContaining('secret'),
    });
    expect(await database.db.query('SELECT 1 FROM auth.webhooks')).toHaveLength(1);
  });
});

it('is changed, paused, resumed and taken away, each time saying whether anything changed', async () => {
  const webhookId = await idOf({ url: receiver.url, eventTypes: ['QueuePaused'], description: 'x' });
  const selection = 'isChanged webhook { url eventTypes description state stateReason }';
  expect(
    await ask('updateWebhook', { webhookId, url: `${receiver.url}/new`, eventTypes: null }, selection),
  ).toMatchObject({
    isChanged: true,
    webhook: { url: `${receiver.url}/new`, eventTypes: null, description: 'x' },
  });
  expect(await ask('updateWebhook', { webhookId, description: 'x' }, selection)).toMatchObject({ isChanged: false });
  expect(await ask('updateWebhook', { webhookId, url: 'http://10.0.0.1/' }, selection)).toMatchObject({
    issues: [{ path: ['url'], code: 'ADDRESS_REFUSED' }],
  });
  expect(await ask('pauseWebhook', { webhookId, reason: 'a move' }, selection)).toMatchObject({
    isChanged: true,
    webhook: { state: 'PAUSED', stateReason: 'a move' },
  });
  expect(await ask('pauseWebhook', { webhookId, reason: 'a move' }, selection)).toMatchObject({ isChanged: false });
  expect(await ask('pauseWebhook', { webhookId, reason: ' ' }, selection)).toMatchObject({
    issues: [{ path: ['reason'] }],
  });
  expect(await ask('resumeWebhook', { webhookId }, selection)).toMatchObject({
    isChanged: true,
    webhook: { state: 'ACTIVE' },
  });
  expect(await ask('resumeWebhook', { webhookId }, selection)).toMatchObject({ isChanged: false });
  expect(await ask('deleteWebhook', { webhookId }, 'webhookId')).toMatchObject({ webhookId });
  for (const mutation of ['deleteWebhook', 'resumeWebhook', 'testWebhook', 'rotateWebhookSecret'])
    expect(await ask(mutation, { webhookId })).toMatchObject({ __typename: 'NotFoundError' });
  expect(await database.db.query('SELECT 1 FROM auth.webhook_secrets')).toEqual([]);
});

it('testWebhook answers what the receiver said, once for a key', async () => {
  const webhookId = await idOf();
  receiver.answer = (response) => response.writeHead(500).end('no room');
  const selection = 'isReplay delivery { deliveryId status isTest body attempts { outcome httpStatus answer } }';
  const tested = await ask('testWebhook', { webhookId, idempotencyKey: 't' }, selection, operator);
  expect(tested).toMatchObject({
    isReplay: false,
    delivery: {
      status: 'FAILED',
      isTest: true,
      attempts: [{ outcome: 'REJECTED', httpStatus: 500, answer: 'no room' }],
    },
  });
  const { body, deliveryId } = tested.delivery as { body: string; deliveryId: string };
  expect(JSON.parse(body)).toMatchObject({
    type: 'family-hub.jobs.WebhookTested.v1',
    data: { webhookId, actor: 'an operator' },
  });
  expect(await ask('testWebhook', { webhookId, idempotencyKey: 't' }, selection, operator)).toMatchObject({
    isReplay: true,
    delivery: { deliveryId },
  });
  expect(receiver.received.filter((one) => one.event.type.includes('WebhookTested'))).toHaveLength(1);
  expect(await ask('redeliverWebhook', { deliveryId })).toMatchObject({
    __typename: 'InvalidStateError',
    message: expect.stringContaining('testWebhook'),
  });
  receiver.answer = (response) => response.writeHead(204).end();
  await ask('deleteWebhook', { webhookId });
  expect(await ask('testWebhook', { webhookId, idempotencyKey: 't' }, selection, operator)).toMatchObject({
    __typename: 'NotFoundError',
  });
});

it('redeliverWebhook wants either a delivery or a span', async () => {
  const webhookId = await idOf();
  const at = '2026-01-01T00:00:00Z';
  for (const input of [
    {},
    { webhookId },
    { webhookId, from: at },
    { deliveryId: webhookId, webhookId, from: at, to: at },
  ])
    expect(await ask('redeliverWebhook', input)).toMatchObject({ issues: [{ code: 'REQUIRED' }] });
  expect(await ask('redeliverWebhook', { webhookId, from: at, to: at })).toMatchObject({ issues: [{ path: ['to'] }] });
  expect(await ask('redeliverWebhook', { deliveryId: webhookId })).toMatchObject({ __typename: 'NotFoundError' });
});

it('deliveries are listed newest first, page by page, by status, type and time', async () => {
  const webhookId = await idOf({ url: receiver.url, eventTypes: ['QueuePaused'] });
  await writeEvents(app, [aggregate(), aggregate(), aggregate()]);
  await expect
    .poll(() => database.db.query(`SELECT 1 FROM auth.webhook_deliveries WHERE status = 'delivered'`), {
      timeout: 30_000,
    })
    .toHaveLength(3);
  interface Page {
    webhook: {
      deliveries: {
        totalCount: number;
        pageInfo: { endCursor: string; hasNextPage: boolean };
        nodes: { deliveryId: string; webhook: object; attempts: object[] }[];
      };
    };
  }
  const list = async (variables: object) => {
    const { body } = await app.graphql<Page>(
      `query ($webhookId: UUID!, $filter: WebhookDeliveryFilter, $first: Int, $after: String) { webhook(webhookId: $webhookId) {
        deliveries(filter: $filter, first: $first, after: $after) { totalCount pageInfo { endCursor hasNextPage }
          nodes { deliveryId webhook { webhookId } attempts { number outcome } } } } }`,
      { webhookId, ...variables },
      operator,
    );
    return body.data.webhook.deliveries;
  };
  const first = await list({ first: 2 });
  expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
  expect(first.nodes[0]).toMatchObject({ webhook: { webhookId }, attempts: [{ number: 1, outcome: 'DELIVERED' }] });
  const rest = await list({ first: 2, after: first.pageInfo.endCursor });
  expect(rest.pageInfo.hasNextPage).toBe(false);
  const rows = await database.db.query<{ id: string }>('SELECT id FROM auth.webhook_deliveries ORDER BY position DESC');
  expect([...first.nodes, ...rest.nodes].map(({ deliveryId }) => deliveryId)).toEqual(rows.map(({ id }) => id));
  expect(await list({ filter: { status: 'FAILED' } })).toMatchObject({ totalCount: 0 });
  expect(
    await list({
      filter: { eventType: { equals: 'QueuePaused' }, createdAt: { to: new Date(Date.now() + 60_000).toISOString() } },
    }),
  ).toMatchObject({ totalCount: 3 });
  expect(await list({ filter: { createdAt: { from: new Date(Date.now() + 60_000).toISOString() } } })).toMatchObject({
    totalCount: 0,
  });
  const { body } = await app.graphql(
    `query ($webhookId: UUID!) { webhook(webhookId: $webhookId) {
       deliveries(filter: {createdAt: {from: "2026-02-01T00:00:00Z", to: "2026-01-01T00:00:00Z"}}) { totalCount } } }`,
    { webhookId },
    operator,
  );
  expect(body.errors).toMatchObject([{ message: 'filter.createdAt.to: must be after `from`.' }]);
});

it('tests of one webhook are few at a time', async () => {
  const webhookId = await idOf();
  const held: { end(): void }[] = [];
  const { answer } = receiver;
  receiver.answer = (response) => held.push(response);
  try {
    const tests = Array.from({ length: 5 }, () => ask('testWebhook', { webhookId }, 'delivery { status }', operator));
    await expect.poll(() => held.length, { timeout: 30_000, interval: 10 }).toBe(3);
    const refused = await Promise.all([1, 2].map(() => ask('testWebhook', { webhookId }, '', operator)));
    expect(refused).toMatchObject([{ code: 'INVALID_STATE' }, { code: 'INVALID_STATE' }]);
    for (const response of held) response.end();
    const answers = await Promise.all(tests);
    expect(answers.filter(({ code }) => code === 'INVALID_STATE')).toHaveLength(2);
  } finally {
    receiver.answer = answer;
  }
});

it('viewers see none of it; operators see, test, pause and redeliver; administrators change', async () => {
  const webhookId = await idOf();
  const read = async (headers: Headers) => (await app.graphql('{ webhooks { webhookId url } }', {}, headers)).status;
  expect(await Promise.all([read(viewer), read(operator), read(ADMIN)])).toEqual([403, 200, 200]);
  await expect(ask('deleteWebhook', { webhookId, reason: 'x' }, '', operator)).rejects.toThrow('FORBIDDEN');
  for (const mutation of ['pauseWebhook', 'resumeWebhook'])
    expect(await ask(mutation, { webhookId, reason: 'on call' }, 'isChanged', operator)).toMatchObject({
      isChanged: true,
    });
  expect(
    await ask(
      'redeliverWebhook',
      { webhookId, from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' },
      'redeliveredCount',
      operator,
    ),
  ).toMatchObject({ redeliveredCount: 0 });
});

it('no secret comes out: not in the database, an answer, the record, a log line, an event or a metric', async () => {
  const made = await create({ url: receiver.url, secret: SECRET });
  const webhookId = made.webhook?.webhookId ?? '';
  const rotated = await ask(
    'rotateWebhookSecret',
    { webhookId, reason: 'yearly' },
    'secret webhook { formerSecretExpiresAt }',
  );
  expect(rotated.webhook?.formerSecretExpiresAt).toEqual(expect.any(String));
  await ask('testWebhook', { webhookId });
  const listed = await app.graphql(
    '{ webhooks { webhookId url deliveries { nodes { body attempts { answer errorMessage } } } } }',
    {},
    ADMIN,
  );
  const everything = JSON.stringify([
    listed.body,
    app.logLines,
    (await app.metrics.scrape()).text,
    await database.db.query(
      'SELECT w::text, s::text FROM auth.webhooks w JOIN auth.webhook_secrets s ON s.webhook_id = w.id',
    ),
    await database.db.query('SELECT d::text FROM auth.webhook_deliveries d'),
    await database.db.query('SELECT a::text FROM auth.audit_entries a'),
    await database.db.query('SELECT k::text FROM auth.idempotency_keys k'),
    await database.db.query('SELECT e::text FROM auth.outbox_events e'),
  ]);
  expect(everything).toContain(webhookId);
  expect(everything).not.toContain(SECRET.slice(6, 30));
  expect(everything).not.toContain(rotated.secret?.slice(6, 30));
});
