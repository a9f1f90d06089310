/**
 * "Why did it not run, and why will it not?" through the API: each explanation names the obstacle with a cure that
 * works as given.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const daily = (name: string, run: Job['run'] = async () => ({})): Job => ({
  name,
  description: 'For the test.',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  misfirePolicy: 'skip',
  run,
});
const untilAborted: Job['run'] = ({ signal }) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve({})));

let database: TestDatabase;
let server: TestApp;
let statements = 0;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestApp({
    url: database.url,
    nodeName: 'only-node',
    // No timed heartbeat happens meanwhile.
    config: { HEARTBEAT_INTERVAL: 60_000 },
    moreJobs: [daily('DailyJob'), daily('LongJob', untilAborted)],
    wrapDatabase: (db) => ({
      ...db,
      reading: {
        query(sql, values) {
          if (sql.includes('"liveNodeCount"')) statements++;
          return db.reading.query(sql, values);
        },
      },
    }),
  });
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

interface Explained {
  summary: string;
  nextChangeAt: string | null;
  blockers: { __typename: string; message: string; cure: { mutation: string; input: object } | null }[];
}
const EXPLANATION = `lastFireSummary explanation { summary nextChangeAt blockers { __typename code at subject message cure { label mutation input }
  ... on SchedulePaused { pausedBy reason endsAt } ... on RunGoingOn { startedAt closesAt node run { runId status } } } }`;

async function ask<Answer>(query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const { body } = await server.graphql<Record<string, Answer>>(query, variables);
  expect(body.errors).toBeUndefined();
  const [answer] = Object.values(body.data);
  if (answer === undefined) throw new Error('Nothing was answered.');
  return answer;
}
const explained = async (name: string): Promise<Explained> =>
  (
    await ask<{ explanation: Explained }>(`query ($name: String!) { jobSchedule(name: $name) { ${EXPLANATION} } }`, {
      name,
    })
  ).explanation;
/** Runs a mutation as a cure names it. */
const act = (name: string, input: object) => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return ask<Record<string, unknown>>(
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { ... on ${type}Payload { isChanged } ... on MutationError { code message } } }`,
    { input },
  );
};
const cured = async ({ blockers }: Explained) => {
  const cure = blockers[0]?.cure;
  if (!cure) throw new Error('No cure was given.');
  expect(await act(cure.mutation, cure.input)).toEqual({ isChanged: true });
};

test('a schedule that nothing keeps says when it fires next', async () => {
  const { nextChangeAt, ...rest } = await explained('DailyJob');
  expect(nextChangeAt).toMatch(/T03:00:00\.000Z$/);
  expect(rest).toEqual({
    summary: 'It has not been due yet. Nothing blocks the next fire.',
    blockers: [],
  });
});

test('a pause, and what it has skipped', async () => {
  await act('pauseJob', { jobName: 'DailyJob', reason: 'Moving house.' });
  const twoDaysAgo = `now() - interval '2 days'`;
  await database.db.query(
    `UPDATE auth.job_schedules SET resolved_through = ${twoDaysAgo}, paused_at = ${twoDaysAgo} WHERE name = 'DailyJob'`,
  );
  const until = new Date(Date.now() + 3_600_000).toISOString();
  await act('pauseJob', { jobName: 'DailyJob', reason: 'Still moving.', until });
  const explanation = await explained('DailyJob');
  expect(explanation).toMatchObject({
    nextChangeAt: until,
    blockers: [
      {
        __typename: 'SchedulePaused',
        pausedBy: 'local',
        reason: 'Still moving.',
        endsAt: until,
        cure: { mutation: 'resumeJob' },
      },
    ],
  });
  expect(explanation.summary).toMatch(
    /^The last fire was skipped: paused by local: Moving house\. DailyJob is paused by local: “Still moving\.”/,
  );
  await cured(explanation);
  expect((await explained('DailyJob')).blockers).toEqual([]);
});

test('a last fire whose run failed', async () => {
  await database.db.query(
    `WITH fire AS (
       INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version, started_at)
       SELECT name, now(), now(), 'on_time', version, now() FROM auth.job_schedules WHERE name = 'DailyJob' RETURNING id)
     INSERT INTO auth.job_runs (job_name, trigger, scheduled_for, fire_id, status, finished_at, error_message)
     SELECT 'DailyJob', 'schedule', now(), id, 'failed', now(), 'Disk full.' FROM fire`,
  );
  expect((await explained('DailyJob')).summary).toMatch(
    /^The last fire ran on time and failed \(Disk full\.\)\. Nothing blocks/,
  );
});

test('a run that goes on', async () => {
  const { run } = await ask<{ run: { runId: string; startedAt: string } }>(
    'mutation { runJobNow(input: { jobName: "LongJob" }) { ... on RunJobNowPayload { run { runId startedAt } } } }',
  );
  const explanation = await explained('LongJob');
  expect(explanation.blockers).toMatchObject([
    {
      __typename: 'RunGoingOn',
      startedAt: run.startedAt,
      node: 'only-node',
      closesAt: null,
      run: { runId: run.runId, status: 'RUNNING' },
      cure: { mutation: 'interruptRun', input: { runId: run.runId } },
    },
  ]);
  const silence = (interval: string) =>
    database.db.query(`UPDATE auth.server_nodes SET last_beat_at = now() - $1::interval WHERE name = 'only-node'`, [
      interval,
    ]);
  await silence('1 hour');
  const lost = (await explained('LongJob')).blockers[0];
  await silence('0');
  expect(lost).toMatchObject({ __typename: 'RunGoingOn', cure: null, closesAt: expect.any(String) });
  expect(lost?.message).toMatch(/^only-node has a run in progress and has missed its heartbeats\./);
  await cured(explanation);
  await expect.poll(async () => (await explained('LongJob')).blockers, { timeout: 30_000 }).toEqual([]);
});

test('a schedule that cannot be read, and one that this server does not know', async () => {
  await database.db.query(`UPDATE auth.job_schedules SET cron = 'every day' WHERE name = 'LongJob'`);
  const explanation = await explained('LongJob');
  expect(explanation).toMatchObject({
    nextChangeAt: null,
    blockers: [{ __typename: 'ScheduleUnreadable', message: expect.stringContaining('has 2 fields') }],
  });
  await cured(explanation);
  expect((await explained('LongJob')).blockers).toEqual([]);

  await database.db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
     VALUES ('StrangeJob', '0 0 1 1 *', 'UTC', 'skip', now())`,
  );
  expect(await explained('StrangeJob')).toMatchObject({ nextChangeAt: null, blockers: [{ __typename: 'UnknownJob' }] });
  expect(await act('rescheduleJob', { jobName: 'StrangeJob', reset: true })).toMatchObject({
    code: 'INVALID_STATE',
    message: expect.stringContaining('does not know StrangeJob'),
  });
  expect(await act('pauseJob', { jobName: 'StrangeJob', reason: 'No.' })).toEqual({ isChanged: true });
});

test('no node alive; all schedules share one statement', async () => {
  await server.app.scheduler.stop({ timeoutMs: 1_000 });
  await database.db.query(`UPDATE auth.server_nodes SET state = 'gone'`);
  statements = 0;
  const all = await ask<{ name: string; explanation: Explained }[]>(`{ jobSchedules { name ${EXPLANATION} } }`);
  expect(all.length).toBeGreaterThanOrEqual(6);
  for (const { explanation } of all) {
    expect(explanation.blockers.map(({ __typename }) => __typename)).toContain('NoLiveNode');
    expect(explanation.nextChangeAt).toBeNull();
  }
  expect(statements).toBe(1);
});
