/**
 * Draining a real process from another one: it claims nothing new, completes its attempts and shows its progress,
 * returns the rest to the queue, and exits as on SIGTERM.
 */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { silentLogger } from '../../src/telemetry/logger.ts';
import { openNotices } from '../../src/work/notices.ts';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { countByStatus, enqueueOn } from '../support/entries.ts';
import {
  createProcesses,
  type Env,
  type Exit,
  type ProviderProcess,
  type ServerProcess,
  until,
  within,
} from '../support/process.ts';

// Each start of a server costs about a second of CPU time, which other tests need too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const lasting = createProcesses();
const processes = createProcesses();
let database: TestDatabase;
let provider: ProviderProcess;
let env: Env;
let family: { familyId: string; createdByUserId: string };

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 3 });
  const { familyId, ownerId } = await seedFamily(database.db);
  family = { familyId, createdByUserId: ownerId };
  provider = await lasting.startProvider({ databaseUrl: database.url });
  // No timed heartbeat comes in time: what arrives within two seconds came by a notice.
  const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
  env = { DATABASE_URL: database.url, MASTER_KEY, HEARTBEAT_INTERVAL: '30s', ...provider.env };
});

beforeEach(async () => {
  await provider.setFaults([]);
  await database.db.query('TRUNCATE auth.queued_managed_account_creations CASCADE');
  await database.db.query(`UPDATE auth.server_nodes SET state = 'gone'`);
});

afterEach(() => processes.endAll());

afterAll(async () => {
  await lasting.endAll();
  await database.drop();
});

const start = (name: string, more: Env = {}) => processes.startNode({ ...env, NODE_NAME: name, ...more });

async function drain(by: ServerProcess, name: string): Promise<object> {
  const answer = await by.graphql<{ drainNode: object }>(
    `mutation ($input: DrainNodeInput!) { drainNode(input: $input) {
       ... on MutationError { code message } ... on DrainNodePayload { isChanged isLastRunning serverNode { name } } } }`,
    { input: { name, reason: 'a new kernel' } },
  );
  expect(answer.errors).toBeUndefined();
  return answer.data.drainNode;
}

async function shown(by: ServerProcess, name: string) {
  const { data } = await by.graphql<{
    serverNodes: { name: string; state: string; end: string | null; attemptsInHand: number }[];
  }>('{ serverNodes { name state end attemptsInHand drain { askedBy reason } } }');
  return data.serverNodes.find((node) => node.name === name);
}

it('ends what it has in hand, gives the rest to the other node, and ends with exit code 0', async () => {
  const [staying, draining] = await Promise.all([start('staying'), start('draining', { PROVIDER_CONCURRENCY: '2' })]);
  staying.kill('SIGSTOP');
  await provider.setFaults([{ kind: 'slow', delayMs: 4_000, path: 'create' }]);
  for (let index = 0; index < 6; index += 1) await enqueueOn(draining, { ...family, username: `drain_${index}` });
  // Two are being attempted, two are claimed ahead, two wait.
  await until('the claims', async () => (await countByStatus(database.db)).processing === 4);
  await provider.setFaults([]);
  staying.kill('SIGCONT');

  expect(await drain(staying, 'draining')).toMatchObject({ isChanged: true, isLastRunning: false });
  await until('it to drain', async () => (await shown(staying, 'draining'))?.state === 'DRAINING', 2_000);
  expect(await shown(staying, 'draining')).toMatchObject({
    attemptsInHand: 2,
    drain: { askedBy: 'local', reason: 'a new kernel' },
  });
  const ready = await fetch(`${draining.url}/health/ready`);
  expect([ready.status, await ready.json()]).toMatchObject([503, { checks: { node: 'is draining' } }]);
  expect(await drain(draining, 'draining')).toMatchObject({ isChanged: false });

  expect(await within(60_000, 'the end', draining.exited)).toEqual({ code: 0, signal: null });
  await until('all accounts', async () => (await countByStatus(database.db)).completed === 6);
  const attempts = await database.db.query(
    `SELECT n.name, count(*)::int AS attempts, max(e.retry_count) AS retries FROM auth.account_creation_attempts a
     JOIN auth.queued_managed_account_creations e ON e.id = a.entry_id JOIN auth.server_nodes n ON n.id = a.node_id
     GROUP BY n.name ORDER BY n.name`,
  );
  expect(attempts).toEqual([
    { name: 'draining', attempts: 2, retries: 0 },
    { name: 'staying', attempts: 4, retries: 0 },
  ]);
  expect(draining.logs().find(({ msg }) => msg === 'Stopping')).toMatchObject({
    actor: 'local',
    reason: 'a new kernel',
  });
  expect(draining.stderr()).toBe('');
  expect(await shown(staying, 'draining')).toMatchObject({ state: 'GONE', end: 'DRAINED', attemptsInHand: 0 });
});

it('the last one can be asked too, and a signal while it drains is the first', async () => {
  await provider.setFaults([{ kind: 'slow', delayMs: 3_000, path: 'create' }]);
  const last = await start('last');
  await enqueueOn(last, { ...family, username: 'the_last' });
  await until('the claim', async () => (await countByStatus(database.db)).processing === 1);
  expect(await drain(last, 'last')).toMatchObject({ isChanged: true, isLastRunning: true });
  await until('it to drain', async () => (await shown(last, 'last'))?.state === 'DRAINING', 2_000);
  let exit: Exit | undefined;
  void last.exited.then((value) => {
    exit = value;
  });
  last.kill('SIGTERM');
  expect(await until('the end', () => exit, 8_000)).toEqual({ code: 0, signal: null });
  expect(await countByStatus(database.db)).toEqual({ completed: 1 });
});

it('a run that is broken off is begun again by another node at once', async () => {
  const patient: Env = {
    PROVIDER_TIMEOUT: '30s',
    LEASE_DURATION: '90s',
    SHUTDOWN_TIMEOUT: '1s',
    PROVIDER_CONCURRENCY: '1',
  };
  await provider.setFaults([{ kind: 'slow', delayMs: 25_000, path: 'create' }]);
  const first = await start('first', patient);
  // More than both nodes can process, so that the run has something to wait for.
  for (let index = 0; index < 6; index += 1) await enqueueOn(first, { ...family, username: `lasting_${index}` });
  // Due a minute ago; a node notices that when it starts or at its next check, every 15 seconds.
  await database.db.query(
    `UPDATE auth.job_schedules
        SET cron = extract(minute FROM now() - interval '1 minute') || ' ' || extract(hour FROM now() - interval '1 minute') || ' * * *',
            time_zone = 'UTC', is_overridden = true, version = version + 1, resolved_through = now() - interval '3 minutes'
      WHERE name = 'ManagedAccountRetryJob'`,
  );
  const second = await start('second', patient);
  const runs = () =>
    database.db.query<{ node: string; status: string; startedAt: Date; finishedAt: Date | null }>(
      `SELECT n.name AS node, r.status::text, r.started_at AS "startedAt", r.finished_at AS "finishedAt"
       FROM auth.job_runs r JOIN auth.server_nodes n ON n.id = r.node_id
       WHERE r.job_name = 'ManagedAccountRetryJob' AND r.trigger = 'catch_up' ORDER BY r.started_at`,
    );
  const [running] = await until('a run', async () => {
    const found = await runs();
    return found.length === 1 && found;
  });
  // The first node takes the fire if its check comes before the second has started.
  const [draining, staying] = running?.node === 'second' ? [second, 'first'] : [first, 'second'];
  expect(await drain(draining, running?.node ?? '')).toMatchObject({ isChanged: true });
  expect(await within(10_000, 'the end', draining.exited)).toEqual({ code: 0, signal: null });
  const [interrupted, next] = await until('the second run', async () => {
    const found = await runs();
    return found.length === 2 && found;
  });
  expect([interrupted, next]).toMatchObject([{ node: running?.node, status: 'interrupted' }, { node: staying }]);
  expect((next?.startedAt.getTime() ?? 0) - (interrupted?.finishedAt?.getTime() ?? 0)).toBeLessThan(2_000);
});

it('is heard of within two seconds where notices are polled, and not looked for at each poll', async () => {
  const open = () => openNotices({ db: database.db, directUrl: undefined, logger: silentLogger });
  const [asking, hearing] = await Promise.all([open(), open()]);
  try {
    const heard = { nodes: 0, polls: 0 };
    hearing.on({ nodes: () => heard.nodes++, work: () => heard.polls++ });
    await until('two polls', () => heard.polls >= 2);
    expect(heard.nodes).toBe(0);
    asking.notify('nodes');
    await until('the ask', () => heard.nodes > 0, 2_000);
  } finally {
    await asking.close();
    await hearing.close();
  }
});
