/**
 * A suspended server process, as on a laptop: what was due meanwhile is resolved when it resumes, by the policy,
 * once; and a schedule changed through the API outlives the process.
 */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { auditLedger } from '../../src/jobs/ledger/ledger-audit.graphql.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createProcesses, type Env, type ProviderProcess, type ServerProcess, until } from '../support/process.ts';

// Each start of a server costs about a second of CPU time, which other tests need too.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const jobName = 'ExpiredInvitationCleanupJob';
const processes = createProcesses();
let database: TestDatabase;
let provider: ProviderProcess;
let env: Env;

beforeAll(async () => {
  database = await createTestDatabase({ poolSize: 3 });
  provider = await processes.startProvider({ databaseUrl: database.url });
  env = {
    DATABASE_URL: database.url,
    MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    ...provider.env,
  };
});
afterAll(async () => {
  await processes.endAll();
  await database?.drop();
});

const now = async (): Promise<Date> => {
  const [row] = await database.db.query<{ now: Date }>('SELECT now()');
  if (row === undefined) throw new Error('The database has no time.');
  return row.now;
};
const fires = () =>
  database.db.query<{ outcome: string; firedAt: Date; throughAt: Date; count: number }>(
    `SELECT outcome, fired_at AS "firedAt", through_at AS "throughAt", count
       FROM auth.job_fires WHERE job_name = $1 ORDER BY fired_at`,
    [jobName],
  );
const onTimeSince = async (at: Date) =>
  (await fires()).some(({ outcome, firedAt }) => outcome === 'on_time' && firedAt > at);
const reschedule = (node: ServerProcess, input: object) =>
  node.graphql<{ rescheduleJob: { isChanged: boolean } }>(
    `mutation ($input: RescheduleJobInput!) { rescheduleJob(input: $input) { ... on RescheduleJobPayload { isChanged } } }`,
    { input: { jobName, ...input } },
  );

it('settles what was due while it was suspended, once, and fires on', async () => {
  const began = await now();
  const node = await processes.startNode(env);
  const { data } = await reschedule(node, { cron: '* * * * * *', misfirePolicy: 'SKIP' });
  expect(data.rescheduleJob).toEqual({ isChanged: true });
  await until('a fire', () => onTimeSince(began));

  const halted = await now();
  node.kill('SIGSTOP');
  // Longer than a fire may be late and still count as on time.
  await until('eight seconds to pass', async () => (await now()).getTime() > halted.getTime() + 8_000);
  const resumed = await now();
  node.kill('SIGCONT');
  await until('the next fire', () => onTimeSince(resumed));

  const meanwhile = (await fires()).filter(
    ({ firedAt, throughAt }) => throughAt.getTime() > halted.getTime() + 1_000 && firedAt < resumed,
  );
  expect(meanwhile.map(({ outcome }) => outcome)).toContain('skipped_policy');
  const report = await auditLedger(database.db, { jobName, from: began, to: await now(), retentionMs: null });
  expect(report).toMatchObject({ missing: [], extra: [], miscounted: [] });
  expect(report.dueCount).toBeGreaterThanOrEqual(5);

  node.kill('SIGKILL');
  await node.exited;
  const killed = await now();
  const successor = await processes.startNode(env);
  await until('a fire of the next process', () => onTimeSince(killed));
  await reschedule(successor, { reset: true });
  const all = await auditLedger(database.db, { jobName, from: began, to: await now(), retentionMs: null });
  expect(all).toMatchObject({ missing: [], extra: [], miscounted: [] });
});
