/**
 * Logs and progress of runs through the API, published while they run, for the cost of one statement however many
 * runs are requested.
 */
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import type { Job, JobContext, RunCounts } from '../../src/jobs/job.ts';
import { callerWith, WITH_ACCESS } from '../support/access.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { subscribe } from '../support/sse.ts';
import { watchStatements } from '../support/statements.ts';

let database: TestDatabase;
let node: TestApp;
let started: TestApp[] = [];
let body: (context: JobContext) => Promise<RunCounts> = async () => ({});
const job: Job = {
  name: 'TalkativeJob',
  description: 'For tests.',
  cron: '0 0 1 1 *',
  timeZone: 'UTC',
  misfirePolicy: 'skip',
  run: (context) => body(context),
};

beforeAll(async () => {
  database = await createTestDatabase();
  node = await startTestApp({ url: database.url, moreJobs: [job] });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(started.map((one) => one.close()));
  started = [];
});
afterAll(async () => {
  await node?.close();
  await database?.drop();
});

const RUN = `runId status progress { doneCount totalCount label updatedAt } logLines { at level message fields }`;
interface Run {
  readonly runId: string;
  readonly status: string;
  readonly progress: { doneCount: number; totalCount: number | null; label: string; updatedAt: string } | null;
  readonly logLines: { at: string; level: string; message: string; fields: unknown }[];
}
async function runNow(wait: boolean): Promise<Run> {
  const answer = await node.graphql<{ runJobNow: { run: Run } }>(
    `mutation ($wait: Boolean) { runJobNow(input: { jobName: "TalkativeJob", wait: $wait }) {
       ... on RunJobNowPayload { run { ${RUN} } } ... on MutationError { message } } }`,
    { wait },
  );
  expect(answer.body.errors).toBeUndefined();
  return answer.body.data.runJobNow.run;
}

test('whoever waits for a run has all that it said, and how far it came', async () => {
  body = async ({ log, progress }) => {
    log.info('Three are due.', { due: 3 });
    progress({ done: 3, total: 3, label: 'Counting' });
    return { due: 3 };
  };
  const run = await runNow(true);
  expect(run.status).toBe('SUCCEEDED');
  expect(run.logLines.map(({ level, message, fields }) => [level, message, fields])).toEqual([
    ['INFO', expect.stringMatching(/^Started by hand by .+\.$/), null],
    ['INFO', 'Three are due.', { due: 3 }],
    ['INFO', 'Succeeded.', { counts: { due: 3 } }],
  ]);
  expect(run.progress).toEqual({ doneCount: 3, totalCount: 3, label: 'Counting', updatedAt: expect.any(String) });
});

test('a run that says nothing has no progress, and a failed one an error at its end', async () => {
  body = () => Promise.reject(new Error('No luck.'));
  const run = await runNow(true);
  expect(run.progress).toBeNull();
  expect(run.logLines.at(-1)).toMatchObject({ level: 'ERROR', message: expect.stringContaining(': No luck.') });
});

test('lines and progress are told while it goes on', async () => {
  let context: JobContext | undefined;
  let end = (): void => undefined;
  body = (given) => {
    context = given;
    return new Promise((resolve) => {
      end = () => resolve({});
    });
  };
  const watching = await subscribe(
    node,
    'subscription { jobRunChanged(jobName: "TalkativeJob") { jobRun { status progress { doneCount totalCount } logLines { message } } } }',
  );
  type Told = { status: string; progress: { doneCount: number } | null; logLines: { message: string }[] };
  const told = (): Told[] =>
    watching
      .events()
      .map((text) => (JSON.parse(text) as { data: { jobRunChanged: { jobRun: Told } } }).data.jobRunChanged.jobRun);
  await runNow(false);
  await expect.poll(() => told().length, { interval: 10, timeout: 30_000 }).toBeGreaterThan(0);
  context?.log.info('Half of it is done.');
  context?.progress({ done: 5, total: 10, label: 'Counting' });
  const isTold = (wanted: (run: Told) => boolean) =>
    expect.poll(() => told().some(wanted), { interval: 10, timeout: 30_000 }).toBe(true);
  await isTold(({ status, progress }) => status === 'RUNNING' && progress?.doneCount === 5);
  await isTold(
    ({ status, logLines }) => status === 'RUNNING' && logLines.some(({ message }) => message.startsWith('Half')),
  );
  end();
  await isTold(({ status, logLines }) => status === 'SUCCEEDED' && logLines.at(-1)?.message === 'Succeeded.');
  watching.close();
  await watching.ended;
});

test('the first so many lines can be asked for; more than are kept are refused', async () => {
  body = async ({ log }) => {
    for (let line = 1; line <= 30; line++) log.info(`Line ${line}.`);
    return {};
  };
  const { runId } = await runNow(true);
  const ask = (first: number) =>
    node.graphql<{ jobRun: { logLines: { message: string }[] } }>(
      'query ($runId: UUID!, $first: Int) { jobRun(runId: $runId) { logLines(first: $first) { message } } }',
      { runId, first },
    );
  expect((await ask(2)).body.data.jobRun.logLines.map(({ message }) => message)).toEqual([
    expect.stringContaining('Started by hand'),
    'Line 1.',
  ]);
  expect((await ask(500)).body.data.jobRun.logLines).toHaveLength(32);
  for (const first of [0, 501, -1])
    expect((await ask(first)).body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('first: is from 1 to 500'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
});

test('runs are filtered by whether they had nothing to do', async () => {
  await runNow(true);
  await database.db.query(
    `INSERT INTO auth.job_runs (job_name, trigger, status, scheduled_for, finished_at, is_empty)
     VALUES ('TalkativeJob', 'schedule', 'succeeded', now(), now(), true)`,
  );
  const count = async (filter: string) => {
    const { body: answer } = await node.graphql<{ jobRuns: { totalCount: number } }>(
      `{ jobRuns(filter: { jobName: "TalkativeJob" ${filter} }) { totalCount } }`,
    );
    expect(answer.errors).toBeUndefined();
    return answer.data.jobRuns.totalCount;
  };
  expect(await count('isEmpty: true')).toBe(1);
  expect(await count('isEmpty: false')).toBe((await count('')) - 1);
  expect(await count('isEmpty: null')).toBe(await count(''));
});

test('lines of many runs cost one statement more', async () => {
  const statements: string[] = [];
  watchStatements((text) => statements.push(text));
  const { body: answer } = await node.graphql<{ jobRuns: { nodes: { logLines: unknown[] }[] } }>(
    '{ jobRuns(filter: { jobName: "TalkativeJob" }) { nodes { runId progress { label } logLines(first: 20) { message } } } }',
  );
  expect(answer.errors).toBeUndefined();
  expect(answer.data.jobRuns.nodes.length).toBeGreaterThanOrEqual(4);
  expect(statements.filter((sql) => sql.includes('job_run_log_lines'))).toHaveLength(1);
});

test('addresses in lines are hidden from those who do not see personal data', async () => {
  const masking = await startTestApp({
    url: database.url,
    hasTimers: false,
    config: { ...WITH_ACCESS, MASK_PERSONAL_DATA_FOR: ['viewer'] },
  });
  started.push(masking);
  await database.db.query(
    `INSERT INTO auth.job_run_log_lines (run_id, at, level, message, fields)
     SELECT id, now(), 'info', 'Of uncle@example.org.', '{"by": "uncle@example.org"}' FROM auth.job_runs ORDER BY started_at DESC LIMIT 1`,
  );
  const lastLine = async (headers: Readonly<Record<string, string>>) => {
    const { body: answer } = await masking.graphql<{ jobRuns: { nodes: Run[] } }>(
      '{ jobRuns(first: 1) { nodes { logLines { message fields } } } }',
      {},
      headers,
    );
    return answer.data.jobRuns.nodes[0]?.logLines.at(-1);
  };
  const operator = await callerWith(masking, { name: 'an operator', role: 'OPERATOR' });
  expect(await lastLine(operator)).toEqual({ message: 'Of uncle@example.org.', fields: { by: 'uncle@example.org' } });
  const viewer = await callerWith(masking, { name: 'a viewer', role: 'VIEWER' });
  expect(JSON.stringify(await lastLine(viewer))).not.toContain('uncle');
});
