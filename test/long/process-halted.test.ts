/**
 * A node that is halted (SIGSTOP: a paused machine, a frozen container) in the middle of a transaction, at the
 * worst moments: its locks are released within seconds, and the other node continues.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { type HaltingProxy, openHaltingProxy } from '../support/halting-proxy.ts';
import { createProcesses, type Env, type ProviderProcess, type ServerProcess, until } from '../support/process.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

/** The others wait for two leases at most. */
const LEASE_MS = 30_000;
const PATIENCE_MS = 2 * LEASE_MS;

const processes = createProcesses();
let database: TestDatabase;
let provider: ProviderProcess;
let family: { familyId: string; ownerId: string };
let proxy: HaltingProxy;
let env: Env;
let bystander: ServerProcess;
let victim: ServerProcess | undefined;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 4 });
  family = await seedFamily(database.db);
  provider = await processes.startProvider({ databaseUrl: database.url });
  proxy = await openHaltingProxy(database.url);
  env = {
    DATABASE_URL: database.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    LEASE_DURATION: `${LEASE_MS}ms`,
    ...provider.env,
  };
  bystander = await processes.startNode(env, { alertIntervalMs: 5_000 });
});
afterEach(async () => {
  victim?.kill('SIGKILL');
  await victim?.exited;
  victim = undefined;
  await provider.setFaults([]);
});
afterAll(async () => {
  await processes.endAll();
  await proxy?.close();
  await database?.drop();
});

const startVictim = async (): Promise<ServerProcess> => {
  // It evaluates alerts more often, so that it gets a turn.
  victim = await processes.startNode({ ...env, DATABASE_URL: proxy.url }, { alertIntervalMs: 1_000 });
  return victim;
};

/** Halts the victim when the server has executed a statement of a transaction, before the victim reads the result. */
async function haltAt(statement: RegExp, act: (node: ServerProcess) => unknown): Promise<void> {
  const node = await startVictim();
  const answered = proxy.withhold(statement).then(() => true);
  // Repeated every second: the other node may have done the work first.
  const isAnswered = () => {
    Promise.resolve(act(node)).catch(() => undefined);
    return Promise.race([answered, delay(1_000, false)]);
  };
  await until(`${statement} at the database`, isAnswered, PATIENCE_MS);
  node.kill('SIGSTOP');
  const held = await database.db.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'`,
  );
  expect(held.length).toBeGreaterThan(0);
}

let usernames = 0;
async function enqueue(node: ServerProcess): Promise<string> {
  const { data, errors } = await node.graphql<{ enqueueAccount: { entry: { entryId: string } } }>(
    `mutation ($input: EnqueueAccountInput!) { enqueueAccount(input: $input) { ... on EnqueueAccountPayload { entry { entryId } } ... on MutationError { message } } }`,
    {
      input: {
        familyId: family.familyId,
        createdByUserId: family.ownerId,
        username: `halted_${++usernames}`,
        fullName: 'Somebody Halted',
      },
    },
  );
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data.enqueueAccount.entry.entryId;
}

/** Retries while the response is that a lock is held, as callers are asked to. */
async function untilDone(node: ServerProcess, mutation: string, payload: string): Promise<void> {
  await until(
    mutation,
    async () => {
      const { data } = await node.graphql<{ answer: { __typename: string } }>(mutation);
      return data?.answer?.__typename === payload;
    },
    PATIENCE_MS,
  );
}

const completed = (entryId: string) =>
  until(
    'the entry to be completed',
    async () => {
      const [row] = await database.db.query<{ status: string }>(
        'SELECT status FROM auth.queued_managed_account_creations WHERE id = $1',
        [entryId],
      );
      return row?.status === 'completed';
    },
    PATIENCE_MS,
  );

const limit = (concurrency: number | null): string =>
  `mutation { answer: setQueueLimits(input: { concurrency: ${concurrency}, startsPerSecond: ${concurrency === null ? null : 1000} }) { __typename } }`;
const ROTATE = 'mutation { answer: rotateEncryptionKey(input: { reason: "test" }) { __typename } }';
const reschedule = (minute: number): string =>
  `mutation { answer: rescheduleJob(input: { jobName: "ExpiredInvitationCleanupJob", cron: "${minute} 4 * * *" }) { __typename } }`;

describe('a node that is halted', () => {
  it('while it claims under limits', async () => {
    await untilDone(bystander, limit(8), 'SetQueueLimitsPayload');
    await haltAt(/FROM auth\.queue_limits WHERE id = 1 FOR UPDATE/, enqueue);
    await completed(await enqueue(bystander));
    await untilDone(bystander, limit(null), 'SetQueueLimitsPayload');
  });

  it('while it holds the circuit’s row', async () => {
    await provider.setFaults([{ kind: '503' }]);
    await haltAt(/FROM auth\.identity_circuits WHERE provider = \$1 FOR UPDATE/, enqueue);
    const entryId = await enqueue(bystander);
    await until(
      'a failure to be written by the other node',
      async () =>
        (await database.db.query('SELECT FROM auth.account_creation_attempts WHERE entry_id = $1', [entryId])).length >
        0,
      PATIENCE_MS,
    );
    await provider.setFaults([]);
    await untilDone(bystander, 'mutation { answer: closeCircuit(input: {}) { __typename } }', 'CloseCircuitPayload');
  });

  it('while it decides about alerts', async () => {
    await haltAt(/FROM auth\.alert_turn WHERE id = 1 AND token = \$1 FOR UPDATE/, () => undefined);
    const lookedAt = async () =>
      (await database.db.query<{ at: Date }>('SELECT done_at AS at FROM auth.alert_turn'))[0]?.at.getTime() ?? 0;
    const before = await lookedAt();
    await until('the other node to look for alerts', async () => (await lookedAt()) > before, PATIENCE_MS);
  });

  it('while it chains the audit trail', async () => {
    await haltAt(/pg_try_advisory_xact_lock.*AS "isTaken"/, (node) => node.graphql(reschedule(11)));
    await bystander.graphql(reschedule(12));
    await until(
      'everything to be chained by the other node',
      async () => (await database.db.query('SELECT FROM auth.audit_entries WHERE link IS NULL')).length === 0,
      PATIENCE_MS,
    );
  });

  it('while it holds the key ring’s lock', async () => {
    await haltAt(/family-hub-jobs key ring/, (node) => node.graphql(ROTATE));
    await untilDone(bystander, ROTATE, 'RotateEncryptionKeyPayload');
  });

  it('while it changes a schedule', async () => {
    await haltAt(/FROM auth\.job_schedules WHERE name = \$1 FOR NO KEY UPDATE/, (node) => node.graphql(reschedule(21)));
    await untilDone(bystander, reschedule(22), 'RescheduleJobPayload');
  });

  it('while it starts', async () => {
    const answered = proxy.withhold(/family-hub-jobs key ring/);
    const starting = await processes.startProgram({ ...env, DATABASE_URL: proxy.url });
    await answered;
    starting.kill('SIGSTOP');
    const next = await processes.startNode(env, { alertIntervalMs: 5_000 });
    await completed(await enqueue(next));
    starting.kill('SIGKILL');
    next.kill('SIGKILL');
  });
});
