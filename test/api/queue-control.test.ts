/**
 * Controlling the queue through the API: pauses, limits, the circuit's history, and explanations that name each of
 * them with a cure that works as given.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let server: TestApp;
let familyId: string;
let ownerId: string;
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  ({ familyId, ownerId } = await seedFamily(database.db));
  server = await startTestApp({ url: database.url, hasTimers: false });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});
beforeEach(() =>
  // Without timers there is no heartbeat.
  database.db.query('UPDATE auth.server_nodes SET last_beat_at = now()').then(() => undefined),
);

const PAUSES = 'queuePauses { pausedBy reason pausedAt endsAt family { familyId name } }';
const ERROR = '... on MutationError { __typename code message }';

async function ask<Answer>(query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const { body } = await server.graphql<Record<string, Answer>>(query, variables);
  expect(body.errors).toBeUndefined();
  const [answer] = Object.values(body.data);
  if (answer === undefined) throw new Error('Nothing was answered.');
  return answer;
}

/** Runs a mutation as a cure names it. */
const act = (name: string, input: object, fields = 'isChanged') =>
  ask<Record<string, unknown>>(
    `mutation ($input: ${name.charAt(0).toUpperCase()}${name.slice(1)}Input!) { ${name}(input: $input) { __typename ${ERROR}
       ... on ${name.charAt(0).toUpperCase()}${name.slice(1)}Payload { ${fields} } } }`,
    { input },
  );

const enqueue = async (more: object = {}): Promise<string> => {
  const input = { familyId, createdByUserId: ownerId, username: `held_${++made}`, fullName: 'Held Back', ...more };
  const { entry } = (await act('enqueueAccount', input, 'entry { entryId }')) as { entry: { entryId: string } };
  return entry.entryId;
};

interface Explained {
  readonly status: string;
  readonly explanation: {
    readonly summary: string;
    readonly nextChangeAt: string | null;
    readonly blockers: readonly {
      readonly __typename: string;
      readonly cure: { mutation: string; input: object } | null;
    }[];
  };
}
const explained = (entryId: string) =>
  ask<Explained>(
    `query ($entryId: UUID!) { queuedCreation(entryId: $entryId) { status explanation { summary nextChangeAt blockers {
       __typename code message at subject cure { label mutation input }
       ... on QueuePaused { pausedAt pausedBy reason } ... on CircuitOpen { openedAt cause } } } } }`,
    { entryId },
  );

test('a pause holds entries back, is seen and explained, and its cure lifts it', async () => {
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  expect(await act('pauseQueue', { reason: ' maintenance ', until: endsAt }, `isChanged ${PAUSES}`)).toMatchObject({
    isChanged: true,
    queuePauses: [{ pausedBy: 'local', reason: 'maintenance', endsAt, family: null }],
  });
  expect(await act('pauseQueue', { reason: 'maintenance', until: endsAt })).toMatchObject({ isChanged: false });
  await act('pauseQueue', { reason: 'a quarrel', familyId });
  const control = await ask(`{ queueControl { pauses { reason family { familyId } } limits { startsPerSecond } } }`);
  expect(control).toEqual({
    pauses: [
      { reason: 'maintenance', family: null },
      { reason: 'a quarrel', family: { familyId } },
    ],
    limits: { startsPerSecond: null },
  });

  const id = await enqueue();
  const { status, explanation } = await explained(id);
  expect(status).toBe('PENDING');
  expect(explanation).toMatchObject({
    nextChangeAt: endsAt,
    blockers: [
      { __typename: 'QueuePaused', pausedBy: 'local', reason: 'maintenance', at: endsAt },
      { __typename: 'QueuePaused', reason: 'a quarrel', at: null },
    ],
  });
  for (const { cure } of explanation.blockers)
    expect(await act(cure?.mutation ?? '', cure?.input ?? {})).toMatchObject({ isChanged: true });
  expect(await act('resumeQueue', {}, `isChanged ${PAUSES}`)).toMatchObject({ isChanged: false, queuePauses: [] });
  await expect.poll(async () => (await explained(id)).status, { interval: 20, timeout: 30_000 }).toBe('COMPLETED');
  expect((await explained(id)).explanation).toEqual({
    summary: 'The account exists.',
    nextChangeAt: null,
    blockers: [],
  });
  expect(server.logLines.map(({ action }) => action)).toEqual(expect.arrayContaining(['pauseQueue', 'resumeQueue']));
});

test('pauses and limits that mean nothing are refused', async () => {
  const stranger = '00000000-0000-4000-8000-00000000dead';
  expect(await act('pauseQueue', { reason: 'x', familyId: stranger })).toMatchObject({ code: 'NOT_FOUND' });
  expect(await act('resumeQueue', { familyId: stranger })).toMatchObject({ code: 'NOT_FOUND' });
  expect(await act('pauseQueue', { reason: ' ' })).toMatchObject({ code: 'INVALID_INPUT' });
  expect(await act('pauseQueue', { reason: 'x', until: '2020-01-01T00:00:00Z' })).toMatchObject({
    code: 'INVALID_INPUT',
    message: expect.stringContaining('has passed'),
  });
  for (const input of [{ startsPerSecond: 0 }, { concurrency: 0 }, { concurrency: 100_001 }])
    expect(await act('setQueueLimits', input)).toMatchObject({ code: 'INVALID_INPUT' });
});

test('limits are set one by one, show their burst, and are lifted by null', async () => {
  const fields = 'isChanged queueLimits { startsPerSecond burst concurrency updatedBy }';
  expect(await act('setQueueLimits', { startsPerSecond: 50 }, fields)).toMatchObject({
    isChanged: true,
    queueLimits: { startsPerSecond: 50, burst: 10, concurrency: null, updatedBy: 'local' },
  });
  expect(await act('setQueueLimits', { concurrency: 2 }, fields)).toMatchObject({
    queueLimits: { startsPerSecond: 50, concurrency: 2 },
  });
  expect(await act('setQueueLimits', { startsPerSecond: null, concurrency: null }, fields)).toMatchObject({
    isChanged: true,
    queueLimits: { startsPerSecond: null, burst: null, concurrency: null },
  });
});

test('a schedule and an open circuit are explained, and the circuit’s history tells who did what', async () => {
  const runAt = new Date(Date.now() + 7_200_000).toISOString();
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await act('openCircuit', { reason: 'Upgrade.', until });
  const { explanation } = await explained(await enqueue({ runAt }));
  expect(explanation).toMatchObject({
    nextChangeAt: until,
    blockers: [
      { __typename: 'ScheduledFor', code: 'SCHEDULED_FOR', at: runAt, cure: { mutation: 'retryEntry' } },
      { __typename: 'CircuitOpen', code: 'CIRCUIT_OPEN', at: until, cause: null, cure: { mutation: 'closeCircuit' } },
    ],
  });
  const [, circuit] = explanation.blockers;
  expect(await act('closeCircuit', circuit?.cure?.input ?? {})).toMatchObject({ isChanged: true });
  expect(
    await ask(`{ identityProvider { circuit { transitions(first: 2) { from to cause reason actor changedAt } } } }`),
  ).toEqual({
    circuit: {
      transitions: [
        { from: 'OPEN', to: 'CLOSED', cause: null, reason: null, actor: 'local', changedAt: expect.any(String) },
        { from: 'CLOSED', to: 'OPEN', cause: null, reason: 'Upgrade.', actor: 'local', changedAt: expect.any(String) },
      ],
    },
  });
  const { body } = await server.graphql('{ identityProvider { circuit { transitions(first: 101) { to } } } }');
  expect(body.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});
