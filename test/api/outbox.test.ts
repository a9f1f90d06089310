/** The outbox as operators see it, on a node that creates accounts: events, their delivery status, and redelivery. */
import { randomUUID } from 'node:crypto';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadOutboxStatistics } from '../../src/events/outbox/outbox-statistics.ts';
import { ADMIN, callerWith, type Headers, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';

interface EventNode {
  readonly eventId: string;
  readonly eventType: string;
  readonly eventVersion: number;
  readonly aggregateId: string;
  readonly aggregateName: string | null;
  readonly sequence: string;
  readonly state: string;
  readonly retryCount: number;
  readonly errorMessage: string | null;
  readonly payload: Record<string, unknown>;
}
interface EventPage {
  readonly nodes: readonly EventNode[];
  readonly totalCount: number;
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
}

let database: TestDatabase;
let app: TestApp;
let operator: Headers;
let family: { familyId: string; ownerId: string };

beforeAll(async () => {
  database = await createTestDatabase();
  app = await startTestApp({
    url: database.url,
    config: { ...WITH_ACCESS, MASK_PERSONAL_DATA_FOR: ['operator'], eventAttempts: 1 },
  });
  family = await seedFamily(database.db);
  operator = await callerWith(app, { name: 'an operator', role: 'OPERATOR' });
});
afterAll(async () => {
  await app?.close();
  await database?.drop();
});

const EVENTS = `query ($filter: OutboxEventFilter, $first: Int, $after: String) {
  outboxEvents(filter: $filter, first: $first, after: $after) { totalCount pageInfo { hasNextPage endCursor }
    nodes { eventId eventType eventVersion aggregateId aggregateName sequence state retryCount errorMessage payload } } }`;

async function events(filter: object, page: object = {}, headers = ADMIN): Promise<EventPage> {
  const { body } = await app.graphql<{ outboxEvents: EventPage }>(EVENTS, { filter, ...page }, headers);
  expect(body.errors).toBeUndefined();
  return body.data.outboxEvents;
}

const account = (username: string) => ({
  familyId: family.familyId,
  createdByUserId: family.ownerId,
  username,
  fullName: 'Carla Child',
  password: 'Correct-Horse-Battery-7',
});

async function enqueue(username: string): Promise<string> {
  const { body } = await app.graphql<{ enqueueAccount: { entry: { entryId: string } } }>(
    `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } } }`,
    { input: account(username) },
    ADMIN,
  );
  return body.data.enqueueAccount.entry.entryId;
}

/** The types of an entry's events, oldest first, once there are `count` and all are published. */
async function storyOf(aggregateId: string, count: number): Promise<string[]> {
  const { nodes } = await until(`${count} events`, async () => {
    const page = await events({ aggregateId, state: 'PROCESSED' });
    return page.nodes.length === count && page;
  });
  return nodes.map(({ eventType }) => eventType).reverse();
}

const redeliver = async (input: object, headers = operator) => {
  const { body } = await app.graphql<{ redeliverOutboxEvent: Record<string, unknown> }>(
    `mutation ($input: RedeliverOutboxEventInput!) { redeliverOutboxEvent(input: $input) {
       ... on RedeliverOutboxEventPayload { isChanged isReplay outboxEvent { eventId state } } ... on MutationError { code message } } }`,
    { input },
    headers,
  );
  return body.data?.redeliverOutboxEvent ?? body;
};

describe('what happens to an entry is told', () => {
  it('when it is queued and made', async () => {
    expect(await storyOf(await enqueue('berta'), 2)).toEqual(['ManagedAccountCreationQueued', 'ManagedAccountCreated']);
  });

  it('when it is given up, retried, and made after all', async () => {
    app.simulator.faults.set([{ kind: 'error', code: 'invalid_argument', errorId: 'COMMA-VoaRj', times: 1 }]);
    const entryId = await enqueue('carla');
    await storyOf(entryId, 2);
    await app.graphql(
      `mutation ($input: RetryEntryInput!) { retryEntry(input: $input) { __typename } }`,
      { input: { entryId } },
      ADMIN,
    );
    expect(await storyOf(entryId, 4)).toEqual([
      'ManagedAccountCreationQueued',
      'ManagedAccountCreationFailed',
      'ManagedAccountCreationRetried',
      'ManagedAccountCreated',
    ]);
    const { nodes } = await events({ aggregateId: entryId, eventType: { equals: 'ManagedAccountCreationFailed' } });
    expect(nodes[0]?.aggregateName).toBe(nodes[0]?.payload.username);
    expect(nodes[0]?.payload).toEqual({
      entryId,
      familyId: family.familyId,
      username: 'carla',
      errorCode: expect.any(String),
      attemptCount: 1,
      retryCount: 0,
    });
  });

  it('when somebody inserted it with SQL', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client
      .query<{ id: string }>(
        `INSERT INTO auth.queued_managed_account_creations (family_id, created_by_user_id, username, full_name, encrypted_password)
         VALUES ($1, $2, 'by_hand', 'Hanna Hand', 'nothing of ours') RETURNING id`,
        [family.familyId, family.ownerId],
      )
      .finally(() => client.end());
    expect(await storyOf(rows[0]?.id ?? '', 2)).toEqual([
      'ManagedAccountCreationQueued',
      'ManagedAccountCreationFailed',
    ]);
  });

  it('when invitations are deleted, and a run ends', async () => {
    await database.db.query(
      `INSERT INTO auth.family_member_invitations (family_id, email, role, status, invitation_token, invitation_display_code, invited_by_user_id, expires_at)
       SELECT $1, n || '@example.com', 'member', 'expired', 'token-' || n, 'CODE-' || n, $2, now() - interval '31 days' FROM generate_series(1, 3) n`,
      [family.familyId, family.ownerId],
    );
    await app.graphql(
      `mutation { runJobNow(input: {jobName: "ExpiredInvitationCleanupJob", wait: true}) { __typename } }`,
      {},
      ADMIN,
    );
    const ofJob = { aggregateType: 'Job', eventType: { in: ['ExpiredInvitationsDeleted', 'JobRunFinished'] } };
    const { nodes } = await until('the end of the run', async () => {
      const page = await events(ofJob);
      const ours = page.nodes.filter(({ payload }) => payload.jobName === 'ExpiredInvitationCleanupJob');
      return ours.length === 2 && { nodes: ours };
    });
    expect(nodes.map(({ eventType, payload }) => [eventType, payload.count ?? payload.status])).toEqual([
      ['JobRunFinished', 'succeeded'],
      ['ExpiredInvitationsDeleted', 3],
    ]);
    expect(new Set(nodes.map(({ aggregateId }) => aggregateId)).size).toBe(1);
  });
});

describe('outboxEvents', () => {
  it('comes newest first, in pages without an end in common', async () => {
    const all = (await events({}, { first: 100 })).nodes;
    const found: EventNode[] = [];
    for (let after: string | null = null, hasNextPage = true; hasNextPage; ) {
      const page: EventPage = await events({}, { first: 3, after });
      found.push(...page.nodes);
      ({ hasNextPage, endCursor: after } = page.pageInfo);
    }
    const known = new Set(all.map(({ eventId }) => eventId));
    expect(found.filter(({ eventId }) => known.has(eventId)).map(({ eventId }) => eventId)).toEqual(
      all.map(({ eventId }) => eventId),
    );
    expect(all.map(({ sequence }) => sequence)).toEqual(
      all
        .map(({ sequence }) => sequence)
        .sort()
        .reverse(),
    );
  });

  it('can be asked by family, type, state and time', async () => {
    const ofFamily = await events({ familyId: family.familyId, eventType: { startsWith: 'ManagedAccount' } });
    expect(ofFamily.totalCount).toBeGreaterThanOrEqual(8);
    expect((await events({ familyId: randomUUID() })).totalCount).toBe(0);
    expect((await events({ createdAt: { to: '2020-01-01T00:00:00Z' } })).nodes).toEqual([]);
    const [some] = (await events({})).nodes;
    // Only the id is compared, because it may be published meanwhile.
    expect(await events({ eventId: some?.eventId })).toMatchObject({
      totalCount: 1,
      nodes: [{ eventId: some?.eventId }],
    });
    expect((await events({ eventId: some?.eventId, createdAt: { to: '2020-01-01T00:00:00Z' } })).nodes).toEqual([]);
    expect((await events({ state: 'PARKED' })).nodes).toEqual([]);
  });

  it('refuses a type that there is not, naming those that there are; others may have written their own', async () => {
    for (const eventType of [{ equals: 'Nope' }, { in: ['QueuePaused', 'Nope'] }]) {
      const { body } = await app.graphql(EVENTS, { filter: { eventType } }, ADMIN);
      expect(body.errors).toMatchObject([
        {
          message: expect.stringMatching(/^There is no type of event "Nope"\. There are: .*ManagedAccountCreated, /),
          extensions: { code: 'BAD_USER_INPUT' },
        },
      ]);
    }
    expect((await events({ eventType: { equals: 'WebhookDisabled' } })).nodes).toEqual([]);
    expect((await events({ eventType: { startsWith: 'Nope' } })).nodes).toEqual([]);
    await database.db.query(
      `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload) VALUES ('Theirs', 'Anything', gen_random_uuid(), '{}')`,
    );
    expect((await events({ eventType: { in: ['Theirs'] } })).nodes).toHaveLength(1);
  });

  it('is for OPERATOR and ADMIN of all families', async () => {
    const viewer = await callerWith(app, { name: 'a viewer', role: 'VIEWER' });
    const bound = await callerWith(app, { name: 'bound', role: 'OPERATOR', familyId: family.familyId });
    for (const headers of [viewer, bound]) {
      for (const query of ['{ outboxEvents { nodes { eventId } } }', '{ outboxStatistics { pendingCount } }']) {
        const { body } = await app.graphql(query, {}, headers);
        expect(body.errors?.[0]?.extensions.code, query).toBe('FORBIDDEN');
      }
      expect(await redeliver({ eventId: randomUUID() }, headers)).toMatchObject({
        errors: [{ extensions: { code: 'FORBIDDEN' } }],
      });
    }
    // Each is counted under its operation.
    const { text } = await app.metrics.scrape();
    expect(text).toContain('family_hub_graphql_operations_total{operation="outboxStatistics",ok="false"} 2');
    expect(text).toContain('family_hub_graphql_operations_total{operation="redeliverOutboxEvent",ok="false"} 2');
    expect(text).not.toContain('operation="refused"');
  });
});

describe('an event that cannot be published', () => {
  const insert = async (type: string): Promise<string> => {
    const [row] = await database.db.query<{ id: string }>(
      `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload)
       VALUES ($1, 'Anything', gen_random_uuid(), '{"note": "of mother@example.com"}') RETURNING event_id AS id`,
      [type],
    );
    app.notices.notify('outbox');
    return row?.id ?? '';
  };

  it('is parked and shown; after its cause is mended it is published when asked for', async () => {
    const eventId = await insert('x'.repeat(9_000));
    const parked = await until('the event to be parked', async () => {
      const { nodes } = await events({ state: 'PARKED' }, {}, operator);
      return nodes[0];
    });
    expect(parked).toMatchObject({ eventId, retryCount: 1, errorMessage: expect.stringMatching(/too long/) });
    expect(JSON.stringify(parked.payload)).not.toContain('mother@example.com');
    const { body } = await app.graphql('{ outboxStatistics { pendingCount waitingCount parkedCount } }', {}, operator);
    expect(body.data).toMatchObject({ outboxStatistics: { waitingCount: 0, parkedCount: 1 } });
    expect(app.logLines.filter(({ eventId: logged }) => logged === eventId)).toHaveLength(1);

    await database.db.query(`UPDATE auth.outbox_events SET event_type = 'Shorter' WHERE event_id = $1`, [eventId]);
    const input = { eventId, reason: 'mended', idempotencyKey: 'once' };
    expect(await redeliver(input)).toMatchObject({ isChanged: true, isReplay: false, outboxEvent: { eventId } });
    await until(
      'the event',
      async () => (await events({ state: 'PROCESSED', eventType: { equals: 'Shorter' } })).nodes[0],
    );
    expect(await redeliver(input)).toMatchObject({ isChanged: false, isReplay: true });
    expect(await redeliver({ eventId, idempotencyKey: 'once' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
  });

  it('does not exist: says so', async () => {
    expect(await redeliver({ eventId: randomUUID() })).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('outboxEvents'),
    });
  });
});

it('an event that was published is published again under the same id', async () => {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    const heard: string[] = [];
    client.on('notification', ({ payload = '' }) => heard.push((JSON.parse(payload) as { id: string }).id));
    await client.query('LISTEN family_hub_events');
    const [event] = (await events({ eventType: { equals: 'ManagedAccountCreated' } })).nodes;
    expect(await redeliver({ eventId: event?.eventId })).toMatchObject({ isChanged: true });
    await until('the notification', () => heard.includes(event?.eventId ?? ''));
  } finally {
    await client.end();
  }
});

it('a fault or a lost notice leaves nothing behind: the heartbeat sees to it', async () => {
  await database.db.query(
    `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload) VALUES ('Unnoticed', 'Anything', gen_random_uuid(), '{}')`,
  );
  await until(
    'the event',
    async () => (await events({ state: 'PROCESSED', eventType: { equals: 'Unnoticed' } })).nodes[0],
  );
  const statistics = async () => {
    const { body } = await app.graphql<{ outboxStatistics: Record<string, unknown> }>(
      '{ outboxStatistics { pendingCount oldestPendingAge publishedPerSecond lastPublishedAt } }',
      {},
      operator,
    );
    return body.data.outboxStatistics;
  };
  const after = await until('an empty outbox', async () => {
    const found = await statistics();
    return found.pendingCount === 0 ? found : undefined;
  });
  expect(after.publishedPerSecond).toBeGreaterThan(0);
  expect(after).toMatchObject({ lastPublishedAt: expect.any(String), oldestPendingAge: null });
  await database.db.transaction(async (tx) => {
    // Not visible to other transactions.
    await tx.query(
      `INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, payload, created_at)
       VALUES ('Unnoticed', 'Anything', gen_random_uuid(), '{}', now() - interval '1 minute')`,
    );
    const { oldestPendingAgeMs } = await loadOutboxStatistics(tx);
    expect(oldestPendingAgeMs).toBeGreaterThanOrEqual(60_000);
    await tx.query('DELETE FROM auth.outbox_events WHERE processed_at IS NULL');
  });
});

describe('schemas', () => {
  it('are served to everybody, and every event is by its own', async () => {
    const list = (await (await fetch(`${app.url}/events/schemas`)).json()) as {
      events: { type: string; version: number; schema: string }[];
    };
    const ajv = new Ajv2020({ strict: true, keywords: ['x-aggregate'] });
    addFormats.default(ajv);
    const validators = new Map<string, ReturnType<typeof ajv.compile>>();
    for (const { type, schema } of list.events) {
      const response = await fetch(`${app.url}${schema}`);
      expect(response.headers.get('content-type')).toBe('application/schema+json; charset=utf-8');
      validators.set(type, ajv.compile((await response.json()) as object));
    }
    const { nodes } = await events({}, { first: 100 });
    const checked = nodes.filter(({ eventType, payload }) => {
      const validate = validators.get(eventType);
      if (validate === undefined) return false;
      expect(validate(payload), `${eventType}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      return true;
    });
    expect(new Set(checked.map(({ eventType }) => eventType)).size).toBeGreaterThanOrEqual(7);
  });

  it('that do not exist are not found; nothing else is taken', async () => {
    expect((await fetch(`${app.url}/events/schemas/nothing.v1.json`)).status).toBe(404);
    expect((await fetch(`${app.url}/events/schemas/`)).status).toBe(404);
    expect((await fetch(`${app.url}/events`)).status).toBe(404);
    expect((await fetch(`${app.url}/events/schemas`, { method: 'POST' })).status).toBe(405);
  });
});
