/**
 * Two nodes that are killed and stopped at random, a provider that fails one call in ten in every way that leaves
 * the outcome unknown, and callers that retry requests without a response: in the end every requested account
 * exists once or failed with a reason, and nothing else exists.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { countByStatus, enqueueOn } from '../support/entries.ts';
import { createProcesses, type Env, type ProviderProcess, type ServerProcess, until } from '../support/process.ts';

const ENTRIES = 500;
const CALLERS = 6;
/** The maximum, however long a node takes to start. */
const ENTRIES_PER_DEATH = 80;
const processes = createProcesses();
let database: TestDatabase;
let provider: ProviderProcess;
let env: Env;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 4 });
  // Each fire wakes the workers, so that rows that the test makes due are found within a second.
  await database.db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, is_overridden, resolved_through)
     VALUES ('ManagedAccountRetryJob', '* * * * * *', 'UTC', 'run_once', true, now())`,
  );
  provider = await processes.startProvider({ databaseUrl: database.url, latencyMs: 300 });
  env = {
    DATABASE_URL: database.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    PROVIDER_CONCURRENCY: '4',
    PROVIDER_TIMEOUT: '1s',
    LEASE_DURATION: '3s',
    HEARTBEAT_INTERVAL: '300ms',
    CIRCUIT_PROBE_INTERVAL: '500ms',
    SHUTDOWN_TIMEOUT: '1s',
    ...provider.env,
  };
});

afterAll(async () => {
  await processes.endAll();
  await database.drop();
});

it(`makes ${ENTRIES} accounts once each, whatever dies`, async () => {
  const { db } = database;
  const { familyId, ownerId } = await seedFamily(db);
  await provider.setFaults([
    { kind: '503', rate: 0.03 },
    { kind: 'cut-after', path: 'create', rate: 0.03 },
    { kind: 'cut-before', rate: 0.01 },
    { kind: 'hang-after', path: 'create', rate: 0.02 },
    { kind: 'garbage', path: 'create', rate: 0.01 },
    { kind: 'slow', delayMs: 900, rate: 0.03 },
    { kind: 'error', code: 'invalid_argument', path: 'create', rate: 0.01 },
  ]);
  const nodes = await Promise.all([processes.startNode(env), processes.startNode(env)]);
  let isOver = false;
  let deaths = 0;

  const chaos = async (): Promise<void> => {
    while (!isOver) {
      const index = Math.random() < 0.5 ? 0 : 1;
      const killAfter = performance.now() + 300 + 1_500 * Math.random();
      await until('the next death', () => isOver || performance.now() > killAfter);
      nodes[index]?.kill(Math.random() < 0.8 ? 'SIGKILL' : 'SIGTERM');
      await nodes[index]?.exited;
      nodes[index] = await processes.startNode(env);
      deaths += 1;
    }
  };

  const names = Array.from({ length: ENTRIES }, (_, index) => `chaos_${index}`);
  const entryIds = new Map<string, string>();
  const caller = async (): Promise<void> => {
    for (let username = names.pop(); username !== undefined; username = names.pop()) {
      const input = { familyId, createdByUserId: ownerId, username, idempotencyKey: username };
      const name = username;
      await until('an answer', async () => {
        const node = nodes[Math.random() < 0.5 ? 0 : 1] as ServerProcess;
        const entryId = await enqueueOn(node, input).catch(() => undefined);
        if (entryId !== undefined) entryIds.set(name, entryId);
        return entryId;
      });
      // Not faster than the queue, nor than the kills, which must hit a full queue.
      await until('room', async () => ((await countByStatus(db)).pending ?? 0) < 60, 60_000);
      const asked = ENTRIES - names.length;
      await until('the next deaths', () => deaths >= Math.floor(asked / ENTRIES_PER_DEATH), 120_000);
    }
  };

  /** Makes pending retries due now, instead of waiting for minutes and hours. */
  const isResolved = async (): Promise<boolean> => {
    await db.query(
      `UPDATE auth.queued_managed_account_creations SET next_retry_at = now() WHERE status = 'pending' AND next_retry_at > now()`,
    );
    const { pending = 0, processing = 0 } = await countByStatus(db);
    return pending + processing === 0;
  };

  const dying = chaos();
  await Promise.all(Array.from({ length: CALLERS }, caller));
  await until('the last entry', isResolved, 120_000);
  isOver = true;
  await dying;

  expect(deaths).toBeGreaterThan(5);
  expect(entryIds.size).toBe(ENTRIES);
  const status = await countByStatus(db);
  const completed = status.completed ?? 0;
  expect(completed + (status.failed ?? 0)).toBe(ENTRIES);
  expect(completed).toBeGreaterThan(0.9 * ENTRIES);
  const [counts] = await db.query(
    `SELECT (SELECT count(*)::int FROM identity_simulator.accounts) AS accounts,
            (SELECT count(DISTINCT username)::int FROM identity_simulator.accounts) AS names,
            (SELECT count(*)::int FROM auth.users WHERE zitadel_user_id IS NOT NULL) AS users,
            (SELECT count(*)::int FROM auth.queued_managed_account_creations e
               JOIN auth.users u ON u.id = e.user_id AND u.zitadel_user_id = e.id::text AND u.username = e.username) AS matching,
            (SELECT count(DISTINCT payload ->> 'entryId')::int FROM auth.outbox_events
              WHERE event_type = 'ManagedAccountCreated') AS "entriesWithEvent",
            (SELECT count(*)::int FROM auth.outbox_events WHERE event_type = 'ManagedAccountCreated') AS events,
            (SELECT count(*)::int FROM auth.account_creation_attempts WHERE outcome = 'succeeded') AS successes,
            (SELECT count(*)::int FROM auth.queued_managed_account_creations
               WHERE status = 'completed' AND encrypted_password IS NOT NULL) AS "passwordsLeft",
            (SELECT count(*)::int FROM auth.queued_managed_account_creations
               WHERE status = 'failed' AND last_error_message IS NULL) AS "failedWithoutReason"`,
  );
  expect(counts).toEqual({
    accounts: completed,
    names: completed,
    users: completed,
    matching: completed,
    entriesWithEvent: completed,
    events: completed,
    successes: completed,
    passwordsLeft: 0,
    failedWithoutReason: 0,
  });
});
