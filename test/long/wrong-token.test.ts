/**
 * A token that Zitadel refuses, with two real servers and their real settings: ten entries cause a few requests and
 * no more for ten minutes (simulated by backdating the next probe), it costs none of them a retry, and once the
 * token is right all accounts are created automatically.
 */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { createTestDatabase, seedFamily, type TestDatabase } from '../support/database.ts';
import { countByStatus, enqueueOn } from '../support/entries.ts';
import { showFigures, tracesOf } from '../support/flow.ts';
import { createProcesses, type Env, type ProviderProcess, type ServerProcess, until } from '../support/process.ts';

const ENTRIES = 10;
const NODES = 2;
const MOST_CALLS = 40;
const WATCHED_MS = 10 * 60_000;
/** The default of CIRCUIT_PROBE_INTERVAL, doubled after each failed probe up to the maximum. */
const PROBE_MS = 10_000;
const LONGEST_PROBE_MS = 5 * 60_000;
/**
 * Each server also checks the connection after 10, 30, 70, 150, 310 and 610 s in real time, which this test does
 * not wait for.
 */
const CHECKS_LEFT_OUT = 6 * NODES;

const tokenFile = join(tmpdir(), `family-hub-jobs-token-${process.pid}`);
const processes = createProcesses();
let database: TestDatabase;
let provider: ProviderProcess;
let env: Env;

beforeEach(async () => {
  database = await createTestDatabase({ poolSize: 2 });
  provider = await processes.startProvider({ databaseUrl: database.url });
  env = { DATABASE_URL: database.url, MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), ...provider.env };
});
afterEach(async () => {
  await processes.endAll();
  await database?.drop();
});
afterAll(() => rm(tokenFile, { force: true }));

it('that is withdrawn while entries come in', { timeout: 60_000 }, async () => {
  const nodes = await startNodes(env);
  await provider.setFaults([{ kind: '401' }]);
  await watch('withdrawn', nodes, () => provider.setFaults([]));
});

it('that was wrong from the start, and is put right in its file', { timeout: 60_000 }, async () => {
  await writeFile(tokenFile, 'a-wrong-token');
  const nodes = await startNodes({ ...env, ZITADEL_TOKEN: undefined, ZITADEL_TOKEN_FILE: tokenFile });
  await watch('wrong from the start', nodes, () => writeFile(tokenFile, provider.token));
});

const startNodes = (settings: Env): Promise<ServerProcess[]> =>
  Promise.all(Array.from({ length: NODES }, () => processes.startNode(settings)));

async function watch(title: string, nodes: readonly ServerProcess[], mend: () => Promise<void>): Promise<void> {
  const { familyId, ownerId } = await seedFamily(database.db);
  const callsBefore = await callsInAll();
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: ENTRIES }, (_, index) => {
      const input = { familyId, createdByUserId: ownerId, username: `refused_${index}` };
      return enqueueOn(nodes[index % NODES] as ServerProcess, input);
    }),
  );
  await until('the circuit to open', async () => (await circuit()).state === 'open');
  await until('the attempts to end', async () => (await countByStatus(database.db)).pending === ENTRIES);
  const openAfterMs = Math.round(performance.now() - begun);
  expect(openAfterMs).toBeLessThan(5_000);
  expect(await circuit()).toMatchObject({ cause: 'PROVIDER_TOKEN_INVALID', openedBy: null, failedProbes: 0 });

  let watchedMs = 0;
  let probes = 0;
  for (; watchedMs < WATCHED_MS; probes += 1) {
    watchedMs += Math.min(PROBE_MS * 2 ** probes, LONGEST_PROBE_MS);
    await letProbe();
    await until('the probe to fail', async () => {
      const { state, failedProbes } = await circuit();
      return state === 'open' && failedProbes === probes + 1;
    });
    // The next probe does not start earlier than scheduled.
    const { nextProbeAt, updatedAt } = await circuit();
    const interval = (nextProbeAt?.getTime() ?? 0) - updatedAt.getTime();
    expect(interval).toBeGreaterThan(Math.min(PROBE_MS * 2 ** (probes + 1), LONGEST_PROBE_MS) - 1_000);
  }
  const calls = (await callsInAll()) - callsBefore;
  showFigures(`a token ${title}`, { openAfterMs, watchedMs, probes, calls });
  expect(calls + CHECKS_LEFT_OUT).toBeLessThanOrEqual(MOST_CALLS);
  const untouched = { status: 'pending', retryCount: 0 };
  expect(await entries()).toEqual(Array.from({ length: ENTRIES }, () => untouched));

  await mend();
  await letProbe();
  const made = { status: 'completed', retryCount: 0 };
  await until('all accounts', async () => (await countByStatus(database.db)).completed === ENTRIES);
  expect(await entries()).toEqual(Array.from({ length: ENTRIES }, () => made));
  expect(await circuit()).toMatchObject({ state: 'closed', cause: null });
  const traces = await tracesOf(database.db, database.db);
  expect(new Set(Object.values(traces)), JSON.stringify(traces)).toEqual(new Set([ENTRIES]));
}

const circuit = () => database.db.prisma.circuit.findUniqueOrThrow({ where: { provider: 'zitadel' } });

const entries = () => database.db.prisma.queuedCreation.findMany({ select: { status: true, retryCount: true } });

/** Makes the next probe due. */
async function letProbe(): Promise<void> {
  await database.db.query(
    `UPDATE auth.identity_circuits SET next_probe_at = now() - interval '1 second' WHERE state = 'open'`,
  );
  await database.db.query(`SELECT pg_notify('family_hub_jobs', '{"circuit":true}')`);
}

async function callsInAll(): Promise<number> {
  return Object.values(await provider.calls()).reduce((sum, count) => sum + count, 0);
}
