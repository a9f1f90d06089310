/**
 * The simulator's faults through the API: two nodes with a simulator each, whose attempts meet the fault set on one
 * of them until it is turned off.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { PATHS } from '../../src/identity/zitadel-messages.rules.ts';
import { ADMIN, callerWith, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let family: { familyId: string; ownerId: string };
let first: TestApp;
let second: TestApp;
let made = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  family = await seedFamily(database.db);
  const options = { url: database.url, hasTimers: false, config: { CIRCUIT_FAILURE_THRESHOLD: 1_000 } };
  first = await startTestApp({ ...options, nodeName: 'first' });
  second = await startTestApp({ ...options, nodeName: 'second' });
});
afterAll(async () => {
  await Promise.all([first?.close(), second?.close()]);
  await database?.drop();
});
afterEach(async () => {
  await set({ fault: 'NONE' });
  await settled(undefined);
});

const SET = `mutation ($input: SetSimulatorFaultInput!) { setSimulatorFault(input: $input) {
  __typename ... on MutationError { code message } ... on InvalidInputError { issues { path code } }
  ... on SetSimulatorFaultPayload { isChanged simulator { fault delay reason changedBy changedAt } } } }`;

interface Answer {
  readonly __typename: string;
  readonly isChanged?: boolean;
  readonly simulator?: { readonly fault: string; readonly changedAt: string };
}
async function set(input: object, app = first, headers = {}): Promise<Answer> {
  const { body } = await app.graphql<{ setSimulatorFault: Answer }>(SET, { input }, headers);
  expect(body.errors).toBeUndefined();
  return body.data.setSimulatorFault;
}

const look = async (app: TestApp, headers = {}) =>
  (await app.graphql('{ simulator { fault delay reason changedBy } }', {}, headers)).body.data?.simulator;

/** Waits until both simulators apply the fault, by the status that they return for the organization. */
async function settled(status: number | undefined): Promise<void> {
  for (const { simulator } of [first, second]) {
    const headers = { authorization: `Bearer ${simulator.token}` };
    await expect
      .poll(async () => (await fetch(`${simulator.url}${PATHS.check}`, { headers })).status, { interval: 25 })
      .toBe(status ?? 200);
  }
}

interface Entry {
  readonly status: string;
  readonly attempts: { readonly nodes: readonly { outcome: string | null; errorCode: string | null }[] };
}
async function enqueue(app: TestApp): Promise<string> {
  const { body } = await app.graphql<{ enqueueAccount: { entry: { entryId: string } } }>(
    `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } } }`,
    {
      input: {
        familyId: family.familyId,
        createdByUserId: family.ownerId,
        username: `faulty_${++made}`,
        fullName: 'Fay Fault',
      },
    },
  );
  return body.data.enqueueAccount.entry.entryId;
}
async function entryOf(entryId: string): Promise<Entry> {
  const { body } = await first.graphql<{ queuedCreation: Entry }>(
    `query ($entryId: UUID!) { queuedCreation(entryId: $entryId) { status attempts { nodes { outcome errorCode } } } }`,
    { entryId },
  );
  return body.data.queuedCreation;
}
const attempted = (entryId: string) =>
  expect.poll(
    async () => {
      const { status, attempts } = await entryOf(entryId);
      return [status, attempts.nodes.at(-1)?.errorCode];
    },
    { timeout: 30_000 },
  );

describe('an order', () => {
  test('holds for the attempts of every node, and says who gave it', async () => {
    expect(await look(second)).toMatchObject({ fault: 'NONE', delay: null });
    const answer = await set({ fault: 'UNAVAILABLE', reason: ' to show it ' });
    expect(answer).toMatchObject({
      isChanged: true,
      simulator: { fault: 'UNAVAILABLE', delay: null, reason: 'to show it', changedBy: 'local' },
    });
    await settled(503);
    expect(await look(second)).toEqual({ fault: 'UNAVAILABLE', delay: null, reason: 'to show it', changedBy: 'local' });
    for (const app of [first, second]) await attempted(await enqueue(app)).toEqual(['PENDING', 'PROVIDER_UNAVAILABLE']);
  });

  test('to withdraw the token opens the circuit; once mended, a probe closes it', async () => {
    await set({ fault: 'INVALID_TOKEN' });
    await settled(401);
    const entryId = await enqueue(second);
    await attempted(entryId).toEqual(['PENDING', 'PROVIDER_TOKEN_INVALID']);
    const circuit = async () =>
      (await first.graphql('{ identityProvider { circuit { state cause } } }')).body.data.identityProvider;
    expect(await circuit()).toEqual({ circuit: { state: 'OPEN', cause: 'PROVIDER_TOKEN_INVALID' } });
    await set({ fault: 'NONE' });
    await settled(undefined);
    await first.graphql('mutation { closeCircuit(input: {}) { __typename } }');
    await expect.poll(async () => (await entryOf(entryId)).status, { timeout: 30_000 }).toBe('COMPLETED');
    expect(await circuit()).toEqual({ circuit: { state: 'CLOSED', cause: null } });
  });

  test('to refuse usernames refuses accounts for good, and nothing else', async () => {
    await set({ fault: 'INVALID_USERNAME' });
    for (const { simulator } of [first, second]) {
      const headers = { authorization: `Bearer ${simulator.token}` };
      const create = () => fetch(`${simulator.url}${PATHS.create}`, { method: 'POST', headers, body: '{}' });
      await expect.poll(async () => (await create()).text(), { interval: 25 }).toContain('Username is not allowed');
    }
    await settled(undefined);
    await attempted(await enqueue(first)).toEqual(['FAILED', 'ACCOUNT_DATA_REFUSED']);
  });

  test('to be slow delays each call by what was said', async () => {
    expect(await set({ fault: 'SLOW' })).toMatchObject({ simulator: { fault: 'SLOW', delay: 'PT3S' } });
    expect(await set({ fault: 'SLOW', delaySeconds: 1 })).toMatchObject({
      isChanged: true,
      simulator: { delay: 'PT1S' },
    });
    for (const { simulator } of [first, second]) {
      const headers = { authorization: `Bearer ${simulator.token}` };
      await expect
        .poll(
          async () => {
            const begun = performance.now();
            await fetch(`${simulator.url}${PATHS.check}`, { headers });
            return performance.now() - begun;
          },
          { timeout: 30_000 },
        )
        .toBeGreaterThanOrEqual(995);
    }
    await attempted(await enqueue(first)).toEqual(['COMPLETED', null]);
  });

  test('that stands already changes nothing, and leaves who gave it', async () => {
    const { simulator } = await set({ fault: 'UNAVAILABLE', reason: 'first' });
    expect(await set({ fault: 'UNAVAILABLE', reason: 'second' }, second)).toEqual({
      __typename: 'SetSimulatorFaultPayload',
      isChanged: false,
      simulator,
    });
  });

  test('comes after what was planned for one simulator in its process', async () => {
    await set({ fault: 'UNAVAILABLE' });
    await settled(503);
    first.simulator.faults.set([{ kind: '403', times: 1 }]);
    const headers = { authorization: `Bearer ${first.simulator.token}` };
    const statuses = [];
    for (let n = 0; n < 2; n++)
      statuses.push((await fetch(`${first.simulator.url}${PATHS.check}`, { headers })).status);
    expect(statuses).toEqual([403, 503]);
  });

  test('outlives its node', async () => {
    await set({ fault: 'INVALID_TOKEN' });
    const third = await startTestApp({ url: database.url, hasTimers: false, nodeName: 'third' });
    try {
      const headers = { authorization: `Bearer ${third.simulator.token}` };
      expect((await fetch(`${third.simulator.url}${PATHS.check}`, { headers })).status).toBe(401);
    } finally {
      await third.close();
    }
  });
});

describe('what is refused', () => {
  test.each([
    [{ fault: 'UNAVAILABLE', delaySeconds: 2 }, 'NOT_APPLICABLE'],
    [{ fault: 'SLOW', delaySeconds: 0 }, expect.any(String)],
    [{ fault: 'SLOW', delaySeconds: 61 }, expect.any(String)],
  ])('%j', async (input, code) => {
    expect(await set(input)).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['delaySeconds'], code }],
    });
  });

  test('any fault where Zitadel makes the accounts', async () => {
    const name = 'zitadel';
    const unused = () => Promise.reject(new Error('Nobody asks for an account here.'));
    const provider = {
      name,
      url: 'https://id.example.org',
      createAccount: unused,
      findAccount: unused,
      setPassword: unused,
      checkConnection: unused,
    };
    const app = await startTestApp({
      url: database.url,
      hasTimers: false,
      nodeName: name,
      provider: { ...provider, close: async () => undefined },
    });
    try {
      expect(await look(app)).toBeNull();
      expect(await set({ fault: 'UNAVAILABLE' }, app)).toMatchObject({
        __typename: 'InvalidStateError',
        code: 'INVALID_STATE',
        message: expect.stringContaining('IDENTITY_PROVIDER=simulator'),
      });
      expect(await look(first)).toMatchObject({ fault: 'NONE' });
    } finally {
      await app.close();
    }
  });
});

test('an ADMIN orders it, a VIEWER sees it, and the trail has who did', async () => {
  const app = await startTestApp({ url: database.url, hasTimers: false, nodeName: 'asking', config: WITH_ACCESS });
  try {
    const [viewer, operator, enqueuer] = await Promise.all([
      callerWith(app, { name: 'Vera', role: 'VIEWER' }),
      callerWith(app, { name: 'Otto', role: 'OPERATOR' }),
      callerWith(app, { name: 'Enno', role: 'ENQUEUER' }),
    ]);
    for (const headers of [viewer, operator, enqueuer]) {
      const { body } = await app.graphql(SET, { input: { fault: 'SLOW' } }, headers);
      expect(body.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
    const headers = { ...ADMIN, 'x-request-id': 'broken-on-purpose' };
    expect(await set({ fault: 'UNAVAILABLE', reason: 'a drill' }, app, headers)).toMatchObject({ isChanged: true });
    expect(await look(app, viewer)).toMatchObject({ fault: 'UNAVAILABLE', changedBy: 'admin token' });
    expect((await app.graphql('{ simulator { fault } }', {}, enqueuer)).body.errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
    const { body } = await app.graphql<{ auditEntries: { nodes: unknown[] } }>(
      '{ auditEntries(filter: {requestId: "broken-on-purpose"}) { nodes { actor action outcome reason targetType targetId before after requestId } } }',
      {},
      ADMIN,
    );
    expect(body.errors).toBeUndefined();
    expect(body.data.auditEntries.nodes).toEqual([
      {
        actor: 'admin token',
        action: 'setSimulatorFault',
        outcome: 'DONE',
        reason: 'a drill',
        targetType: 'Simulator',
        targetId: 'simulator',
        before: { fault: 'none', delayMs: null },
        after: { fault: 'unavailable', delayMs: null },
        requestId: 'broken-on-purpose',
      },
    ]);
  } finally {
    await app.close();
  }
});
