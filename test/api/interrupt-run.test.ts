/**
 * Interrupting runs through the API: requested on one node, noticed by the node that runs it, with and without the
 * notice; and the progress of a run as a subscriber sees it.
 */
import { createClient } from 'graphql-sse';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

// The machine is shared with other test files.

const rarely = (name: string, run: Job['run']): Job => ({
  name,
  description: 'For the test.',
  cron: '0 0 1 1 *',
  timeZone: 'UTC',
  misfirePolicy: 'run_once',
  run,
});
/** Reports repeatedly, and ends when asked to. */
const patient: Job['run'] = ({ signal, report }) =>
  new Promise((resolve) => {
    const reporting = setInterval(() => report({ seen: 3 }), 50);
    signal.addEventListener('abort', () => {
      clearInterval(reporting);
      resolve({ seen: 4 });
    });
  });
const moreJobs = [
  rarely('PatientJob', patient),
  rarely('SilentJob', ({ signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve({})))),
  rarely('StubbornJob', () => new Promise(() => undefined)),
  rarely('QuickJob', async () => ({ done: 1 })),
];

let database: TestDatabase;
let holder: TestApp;
let other: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  const config = { interruptGraceMs: 300 };
  holder = await startTestApp({ url: database.url, nodeName: 'holder', moreJobs, config });
  other = await startTestApp({ url: database.url, nodeName: 'other', moreJobs, config });
});
afterAll(async () => {
  await Promise.all([holder?.close(), other?.close()]);
  await database?.drop();
});

interface Run {
  runId: string;
  status: string;
  errorMessage: string | null;
  counts: { name: string; value: number }[];
  interruption: { by: string; reason: string | null; interruptedAt: string } | null;
  node: { name: string } | null;
}
const RUN = 'runId status errorMessage counts { name value } interruption { by reason interruptedAt } node { name }';

async function ask<Answer>(node: TestApp, query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const { body } = await node.graphql<Record<string, Answer>>(query, variables);
  expect(body.errors).toBeUndefined();
  const [answer] = Object.values(body.data);
  if (answer === undefined) throw new Error('Nothing was answered.');
  return answer;
}
const runNow = async (jobName: string): Promise<Run> => {
  const query = `mutation ($input: RunJobNowInput!) { runJobNow(input: $input) { ... on RunJobNowPayload { run { ${RUN} } } } }`;
  return (await ask<{ run: Run }>(holder, query, { input: { jobName } })).run;
};
const runOf = (runId: string) =>
  ask<Run>(other, `query ($runId: UUID!) { jobRun(runId: $runId) { ${RUN} } }`, { runId });
const interrupt = (node: TestApp, input: object) =>
  ask<{ isChanged?: boolean; run?: Run; code?: string; message?: string }>(
    node,
    `mutation ($input: InterruptRunInput!) { interruptRun(input: $input) { ... on InterruptRunPayload { isChanged run { ${RUN} } }
       ... on MutationError { code message } } }`,
    { input },
  );
const ended = async (runId: string): Promise<Run> => {
  await expect.poll(async () => (await runOf(runId)).status, { timeout: 30_000, interval: 20 }).not.toBe('RUNNING');
  return runOf(runId);
};

test('a run ends on the node that holds it, says who asked and why, and is not run again', async () => {
  const { runId, node } = await runNow('PatientJob');
  expect(node).toEqual({ name: 'holder' });
  await database.db.query(
    `WITH fire AS (
       INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version, started_at)
       VALUES ('PatientJob', now() - interval '1 second', now() - interval '1 second', 'on_time', 1, now()) RETURNING id)
     UPDATE auth.job_runs SET fire_id = fire.id FROM fire WHERE job_runs.id = $1`,
    [runId],
  );
  const asked = await interrupt(other, { runId, reason: ' Too slow. ' });
  expect(asked).toMatchObject({
    isChanged: true,
    run: { interruption: { by: 'local', reason: 'Too slow.', interruptedAt: expect.any(String) } },
  });
  expect(await ended(runId)).toMatchObject({
    status: 'INTERRUPTED',
    errorMessage: 'Interrupted by local: Too slow.',
    counts: [{ name: 'seen', value: 4 }],
  });
  expect(await interrupt(other, { runId })).toMatchObject({
    code: 'INVALID_STATE',
    message: expect.stringMatching(/PatientJob ended at .*\(interrupted\)/),
  });
  const fires = await database.db.query(`SELECT outcome, started_at IS NOT NULL AS "isStarted" FROM auth.job_fires`);
  expect(fires).toEqual([{ outcome: 'on_time', isStarted: true }]);
});

test('also when the notice is lost', async () => {
  const { runId } = await runNow('SilentJob');
  await database.db.query(`UPDATE auth.job_runs SET interrupted_at = now(), interrupted_by = 'ann' WHERE id = $1`, [
    runId,
  ]);
  expect(await ended(runId)).toMatchObject({ status: 'INTERRUPTED', errorMessage: 'Interrupted by ann.' });
  const [took] = await database.db.query<{ seconds: number }>(
    'SELECT extract(epoch FROM finished_at - interrupted_at)::float8 AS seconds FROM auth.job_runs WHERE id = $1',
    [runId],
  );
  // About a second on an idle machine; without the notice it would take until the lease is renewed, after ten.
  expect(took?.seconds).toBeLessThan(9);
});

test('a job that does not end is left to itself after the grace time, and its run is closed', async () => {
  const { runId } = await runNow('StubbornJob');
  expect(await interrupt(holder, { runId })).toMatchObject({
    isChanged: true,
    run: { interruption: { reason: null } },
  });
  expect(await interrupt(other, { runId, reason: 'Again.' })).toMatchObject({ isChanged: false });
  expect(await ended(runId)).toMatchObject({
    status: 'INTERRUPTED',
    errorMessage: 'Interrupted by local. (It did not end within 0.3 s.)',
    interruption: { reason: null },
  });
  await expect.poll(() => holder.app.scheduler.runsInHand()).toBe(0);
  expect(holder.logLines.filter(({ action }) => action === 'interruptRun')).toHaveLength(1);
});

test.each<[string, () => Promise<object>, string, RegExp]>([
  ['a run that has ended', async () => ({ runId: (await runNow('QuickJob')).runId }), 'INVALID_STATE', /ended at/],
  [
    'an unknown run',
    async () => ({ runId: '00000000-0000-4000-8000-00000000dead' }),
    'NOT_FOUND',
    /no run with the id 0{8}/,
  ],
])('refuses %s', async (_what, make, code, message) => {
  const input = await make();
  if (code === 'INVALID_STATE') await ended((input as { runId: string }).runId);
  expect(await interrupt(other, input)).toMatchObject({ code, message: expect.stringMatching(message) });
});

test('runJobNow that waits does so too when its key was used, on whichever node', async () => {
  const call = (node: TestApp, wait: boolean) =>
    ask<{ isReplay: boolean; run: Run }>(
      node,
      `mutation ($input: RunJobNowInput!) { runJobNow(input: $input) {
         ... on RunJobNowPayload { isReplay run { ${RUN} } } ... on JobAlreadyRunningError { runningRun { runId } } } }`,
      { input: { jobName: 'SilentJob', idempotencyKey: 'waited for', wait } },
    );
  const { run } = await call(holder, false);
  expect(await call(other, false)).toMatchObject({ isReplay: true, run: { runId: run.runId, status: 'RUNNING' } });
  let answers = 0;
  const waiting = [holder, other].map(async (node) => {
    const answer = await call(node, true);
    answers++;
    return answer;
  });
  for (let looks = 0; looks < 5; looks++) expect((await runOf(run.runId)).status).toBe('RUNNING');
  expect(answers).toBe(0);
  await interrupt(holder, { runId: run.runId });
  for (const answer of await Promise.all(waiting))
    expect(answer).toMatchObject({ isReplay: true, run: { runId: run.runId, status: 'INTERRUPTED' } });
});

test('jobRunChanged shows the counts while the run goes on', async () => {
  const client = createClient({ url: `${other.url}/graphql` });
  const changes = client.iterate<{ jobRunChanged: { jobRun: Run } }>({
    query: `subscription { jobRunChanged(jobName: "PatientJob") { jobRun { ${RUN} } } }`,
  });
  const seen: Run[] = [];
  const reading = (async () => {
    for await (const { data } of changes) {
      if (data) seen.push(data.jobRunChanged.jobRun);
      if (data?.jobRunChanged.jobRun.status === 'INTERRUPTED') return;
    }
  })();
  // The subscription may begin after the run; it still gets the next report.
  const { runId } = await runNow('PatientJob');
  await expect
    .poll(() => seen.find(({ status, counts }) => status === 'RUNNING' && counts[0]?.value === 3), { timeout: 30_000 })
    .toMatchObject({ runId });
  await interrupt(other, { runId });
  await reading;
  expect(seen.at(-1)).toMatchObject({ runId, status: 'INTERRUPTED', counts: [{ name: 'seen', value: 4 }] });
  client.dispose();
});
