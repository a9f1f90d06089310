/**
 * The database cost of a fire: one statement from the timer to the start of the run, on the node that wins and on
 * the one that does not. Statements are counted at the driver's client, through which all of them pass.
 */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { OURS } from '../../src/database/database.ts';
import type { Job } from '../../src/jobs/job.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/process.ts';
import { watchStatements } from '../support/statements.ts';

const statements: { readonly text: string; readonly at: number }[] = [];
const begins: number[] = [];
const everySecond: Job = {
  name: 'EverySecondJob',
  description: 'Says when it began.',
  cron: '* * * * * *',
  timeZone: 'UTC',
  misfirePolicy: 'run_once',
  run: async () => {
    begins.push(Date.now());
    return { done: 1 };
  },
};

let database: TestDatabase;
let nodes: TestApp[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  watchStatements((text) => statements.push({ text: text.replace(OURS, ''), at: Date.now() }));
  // Nothing else runs on the nodes: no heartbeat, no alert evaluation; the other job fires at three in the morning.
  const config = { HEARTBEAT_INTERVAL: 600_000, alertIntervalMs: 600_000 };
  for (let index = 0; index < 2; index++) {
    nodes.push(await startTestApp({ url: database.url, config, moreJobs: [everySecond] }));
  }
  await database.db.query(`UPDATE auth.job_schedules SET cron = '0 3 * * *' WHERE name <> 'EverySecondJob'`);
  await Promise.all(nodes.map(({ app }) => app.scheduler.refresh()));
});
afterAll(async () => {
  vi.restoreAllMocks();
  for (const node of nodes) await node.close();
  nodes = [];
  await database?.drop();
});

test('a fire is claimed by one statement on each node, and nothing is asked before its run begins', async () => {
  // Runs that started before the second node was ready do not count.
  begins.length = 0;
  await until('some fires', () => begins.length >= 5, 15_000);
  const from = Math.ceil((begins[0] ?? 0) / 1_000) * 1_000;
  const through = begins.at(-1) ?? 0;
  const seen = statements.filter(({ at, text }) => at >= from && at <= through && !AFTERWARDS.test(text));
  for (const { text } of seen) expect(text).toMatch(CLAIM);
  expect(seen.length).toBeGreaterThanOrEqual(begins.length - 1);
  const instants = Math.floor((through - from) / 1_000) + 1;
  expect(seen.length).toBeLessThanOrEqual(instants * nodes.length);
});

const CLAIM = /WITH input AS[\s\S]*resolved_through = \$3[\s\S]*INSERT INTO auth\.job_runs/;
/**
 * The end of a run, its notices and the publishing of its event; the keep-alive of the listening connection, and
 * the check every 15 s.
 */
const AFTERWARDS =
  /WITH finished AS|pg_notify|^SELECT run\.job_name|^\s*SELECT 1$|WITH crashed AS|^SELECT schedule\.name|^(BEGIN|COMMIT|SAVEPOINT|RELEASE)|family-hub-jobs outbox|auth\.(outbox_events|webhook)/;
