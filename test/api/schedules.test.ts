/**
 * Changing schedules through the API, with two nodes on one database: a change on one node updates the other's
 * timers, every change is a version, and every skipped fire names the caller and the reason.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

// The machine is shared with other test files.

const sample = (name: string, overrides: Partial<Job> = {}): Job => ({
  name,
  description: 'For the test.',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  misfirePolicy: 'skip',
  run: async () => ({ done: 1 }),
  ...overrides,
});
const moreJobs = [sample('DailyJob'), sample('SecondlyJob', { cron: '* * * * * *' }), sample('RarelyJob')];

let database: TestDatabase;
let first: TestApp;
let second: TestApp;
const start = (nodeName: string) => startTestApp({ url: database.url, nodeName, moreJobs });

beforeAll(async () => {
  database = await createTestDatabase();
  [first, second] = [await start('first'), await start('second')];
});
afterAll(async () => {
  await Promise.all([first?.close(), second?.close()]);
  await database?.drop();
});

type Answer = Record<string, unknown> & { isChanged?: boolean; schedule?: Record<string, unknown>; message?: string };

async function ask(node: TestApp, query: string, variables: Record<string, unknown> = {}): Promise<Answer> {
  const { body } = await node.graphql<Record<string, Answer>>(query, variables);
  expect(body.errors).toBeUndefined();
  const [answer] = Object.values(body.data);
  if (answer === undefined) throw new Error('Nothing was answered.');
  return answer;
}
const SCHEDULE = `name cron cronDescription timeZone misfirePolicy isOverridden isPaused version nextFireAt
  pause { by reason until pausedAt } versions { version cron timeZone changedBy changeReason pause { by reason until } }`;
/** Runs one of the mutations that return a schedule. */
const act = (node: TestApp, name: string, input: object): Promise<Answer> => {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
  return ask(
    node,
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename ... on ${type}Payload { isChanged schedule { ${SCHEDULE} } }
       ... on MutationError { code message } ... on InvalidInputError { issues { path code message } } } }`,
    { input },
  );
};
const scheduleOf = (node: TestApp, name: string) =>
  ask(node, `query ($name: String!) { jobSchedule(name: $name) { ${SCHEDULE} } }`, { name });
const nextOn = (node: TestApp, name: string) =>
  node.app.scheduler
    .next()
    .find(({ jobName }) => jobName === name)
    ?.at.toISOString();
/** Takes milliseconds; without the notice, the check every 15 s would find it. */
const soon = { timeout: 30_000, interval: 10 };
const firesOf = (name: string) =>
  database.db.query<{ outcome: string; count: number; actor: string | null; reason: string | null; version: number }>(
    `SELECT outcome, count, actor, reason, schedule_version AS version FROM auth.job_fires WHERE job_name = $1 ORDER BY fired_at`,
    [name],
  );

describe('rescheduleJob', () => {
  test('reaches the timers of all nodes, is a version, and says when nothing changed', async () => {
    const input = { jobName: 'DailyJob', cron: '30 4 29 2 *', timeZone: 'europe/berlin', reason: 'Leap days only.' };
    const changed = await act(first, 'rescheduleJob', input);
    expect(changed).toMatchObject({
      isChanged: true,
      schedule: {
        cron: '30 4 29 2 *',
        timeZone: 'Europe/Berlin',
        misfirePolicy: 'SKIP',
        isOverridden: true,
        version: 2,
        nextFireAt: '2028-02-29T03:30:00.000Z',
        versions: [
          { version: 2, cron: '30 4 29 2 *', changedBy: 'local', changeReason: 'Leap days only.' },
          { version: 1, cron: '0 3 * * *', changedBy: null, changeReason: null },
        ],
      },
    });
    for (const node of [first, second])
      await expect.poll(() => nextOn(node, 'DailyJob'), soon).toBe('2028-02-29T03:30:00.000Z');
    expect(await act(second, 'rescheduleJob', input)).toMatchObject({ isChanged: false, schedule: { version: 2 } });
    expect(await act(second, 'rescheduleJob', { jobName: 'DailyJob', misfirePolicy: 'RUN_ALL' })).toMatchObject({
      isChanged: true,
      schedule: { cron: '30 4 29 2 *', misfirePolicy: 'RUN_ALL', version: 3 },
    });
    expect(first.logLines.filter(({ action }) => action === 'rescheduleJob')).toMatchObject([
      { actor: 'local', target: { type: 'JobSchedule', id: 'DailyJob' }, reason: 'Leap days only.' },
    ]);
  });

  test('survives a restart, and a reset takes everything back', async () => {
    await second.close();
    second = await start('second');
    expect(nextOn(second, 'DailyJob')).toBe('2028-02-29T03:30:00.000Z');
    expect(await act(first, 'rescheduleJob', { jobName: 'DailyJob', reset: true })).toMatchObject({
      isChanged: true,
      schedule: { cron: '0 3 * * *', timeZone: 'UTC', misfirePolicy: 'SKIP', isOverridden: false, version: 4 },
    });
    for (const node of [first, second])
      await expect.poll(() => nextOn(node, 'DailyJob'), soon).toMatch(/T03:00:00\.000Z$/);
    expect(await act(first, 'rescheduleJob', { jobName: 'DailyJob', reset: true })).toMatchObject({ isChanged: false });
  });

  test('mends a schedule that SQL made unreadable, which the queries survive', async () => {
    await database.db.query(`UPDATE auth.job_schedules SET cron = '0 0 30 2 *' WHERE name = 'RarelyJob'`);
    expect(await scheduleOf(first, 'RarelyJob')).toMatchObject({
      cronDescription: expect.stringContaining('never fires'),
      nextFireAt: null,
    });
    expect(await ask(first, '{ nextFireTimes(jobName: "RarelyJob") { at } }')).toEqual([]);
    for (const change of [{ timeZone: 'Europe/Berlin' }, { misfirePolicy: 'RUN_ALL' }]) {
      expect(await act(first, 'rescheduleJob', { jobName: 'RarelyJob', ...change })).toMatchObject({
        code: 'INVALID_INPUT',
        issues: [
          {
            path: ['cron'],
            code: 'NEVER_FIRES',
            message: expect.stringMatching(/would not fix it: .*never fires.* Set cron too, or reset: true alone/),
          },
        ],
      });
    }
    const mended = await act(first, 'rescheduleJob', { jobName: 'RarelyJob', reset: true });
    expect(mended).toMatchObject({ isChanged: true, schedule: { cron: '0 3 * * *', isOverridden: false } });
  });

  test.each<[string, object, string, string[], RegExp]>([
    ['an unknown job', { jobName: 'NoJob', cron: '* * * * *' }, 'NOT_FOUND', [], /The jobs are DailyJob, /],
    ['nothing', {}, 'INVALID_INPUT', ['NOTHING_GIVEN'], /reset: true/],
    ['a reset and more', { reset: true, cron: '* * * * *' }, 'INVALID_INPUT', ['CONFLICTING_INPUT'], /cron was given/],
    ['an unknown zone', { timeZone: 'Europe/Berln' }, 'INVALID_INPUT', ['UNKNOWN_TIME_ZONE'], /Europe\/Berlin/],
    ['a cron that never fires', { cron: '0 0 31 4 *' }, 'INVALID_INPUT', ['NEVER_FIRES'], /never fires/],
    [
      'a numbered weekday in 6 fields',
      { cron: '0 0 3 ? * 2' },
      'INVALID_INPUT',
      ['AMBIGUOUS_WEEKDAY'],
      /MON to Quartz .* TUE to Unix/,
    ],
    [
      'several problems, all at once',
      { cron: '99 * * * *', timeZone: 'Mars/Base' },
      'INVALID_INPUT',
      ['INVALID_CRON', 'UNKNOWN_TIME_ZONE'],
      /cron: .* timeZone: /,
    ],
    [
      'these and a novel for a reason',
      { cron: '', timeZone: 'Mars/Base', reason: 'x'.repeat(501) },
      'INVALID_INPUT',
      ['INVALID_CRON', 'UNKNOWN_TIME_ZONE', 'INVALID_VALUE'],
      /cron: The cron "" has 0 fields\. Write 5 .* timeZone: .* reason: has at most 500/,
    ],
    ['a cron of 4 fields', { cron: '* * * *' }, 'INVALID_INPUT', ['INVALID_CRON'], /has 4 fields\. Write 5/],
    ['a novel for a reason', { reset: true, reason: 'x'.repeat(501) }, 'INVALID_INPUT', ['INVALID_VALUE'], /500/],
  ])('refuses %s', async (_what, input, code, issueCodes, message) => {
    const refused = await act(first, 'rescheduleJob', { jobName: 'DailyJob', ...input });
    expect(refused).toMatchObject({ code, message: expect.stringMatching(message) });
    const issues = (refused.issues ?? []) as { code: string }[];
    expect(issues.map((issue) => issue.code)).toEqual(issueCodes);
    expect(await scheduleOf(first, 'DailyJob')).toMatchObject({ version: 4 });
  });
});

describe('pauseJob and resumeJob', () => {
  const jobName = 'SecondlyJob';

  test('a pause lifts itself; what was skipped says who and why; all of it survives a restart', async () => {
    const until = new Date(Date.now() + 3_000).toISOString();
    const paused = await act(first, 'pauseJob', { jobName, reason: ' Moving house. ', until });
    expect(paused).toMatchObject({
      isChanged: true,
      schedule: {
        isPaused: true,
        version: 2,
        pause: { by: 'local', reason: 'Moving house.', until, pausedAt: expect.any(String) },
        versions: [{ changedBy: 'local', changeReason: 'Moving house.', pause: { until } }, { pause: null }],
      },
    });
    expect(await act(second, 'pauseJob', { jobName, reason: 'Moving house.', until })).toMatchObject({
      isChanged: false,
      schedule: { version: 2 },
    });
    await first.close();
    first = await start('first');
    // Nothing fires during the restart, and firing continues automatically afterwards.
    const hasFired = async () =>
      (await firesOf(jobName)).some((fire) => fire.version === 2 && fire.outcome === 'on_time');
    await expect.poll(hasFired, { timeout: 30_000 }).toBe(true);
    const fires = await firesOf(jobName);
    const skipped = fires.filter(({ outcome }) => outcome === 'skipped_paused');
    expect(skipped).not.toEqual([]);
    for (const fire of skipped) expect(fire).toMatchObject({ actor: 'local', reason: 'Moving house.', version: 2 });
    const count = skipped.reduce((sum, fire) => sum + fire.count, 0);
    expect(count).toBeGreaterThanOrEqual(1);
    expect(count).toBeLessThanOrEqual(3);
    const { isPaused, pause, version } = await scheduleOf(second, jobName);
    expect({ isPaused, pause, version }).toEqual({ isPaused: false, pause: null, version: 2 });
    expect(await act(second, 'resumeJob', { jobName })).toMatchObject({ isChanged: false, schedule: { version: 2 } });
  });

  test('another reason or end is a change; resuming settles what was skipped before', async () => {
    await act(first, 'pauseJob', { jobName, reason: 'One.' });
    await expect.poll(async () => nextOn(second, jobName), soon).toBeUndefined();
    const { schedule } = await act(second, 'pauseJob', { jobName, reason: 'One.', until: '9000-01-01T00:00:00Z' });
    expect(schedule).toMatchObject({ version: 4, pause: { reason: 'One.', until: '9000-01-01T00:00:00.000Z' } });
    await database.db.query(
      `UPDATE auth.job_schedules SET resolved_through = resolved_through - interval '5 minutes',
              paused_at = paused_at - interval '5 minutes' WHERE name = $1`,
      [jobName],
    );
    expect(await act(first, 'pauseJob', { jobName, reason: 'Two.' })).toMatchObject({
      isChanged: true,
      schedule: { version: 5, pause: { reason: 'Two.', until: null } },
    });
    const resumed = await act(second, 'resumeJob', { jobName, reason: 'Done.' });
    expect(resumed).toMatchObject({
      isChanged: true,
      schedule: {
        isPaused: false,
        pause: null,
        version: 6,
        versions: [{ changeReason: 'Done.', pause: null }, {}, {}, {}, {}, {}],
      },
    });
    // An instant may also have passed between the two pauses; the first one skipped it.
    const skipped = (await firesOf(jobName)).filter(({ reason }) => reason === 'One.');
    for (const fire of skipped) expect(fire).toMatchObject({ outcome: 'skipped_paused', actor: 'local' });
    const [longest, ...others] = skipped.filter(({ version }) => version === 4);
    expect(others).toEqual([]);
    expect(longest?.count).toBeGreaterThanOrEqual(300);
    for (const node of [first, second]) await expect.poll(() => nextOn(node, jobName), soon).toBeDefined();
    await expect
      .poll(async () => (await firesOf(jobName)).some((fire) => fire.version === 6 && fire.outcome === 'on_time'), soon)
      .toBe(true);
  });

  test('no instant between two changes is lost or doubled', async () => {
    // The pause extended by five minutes above starts before fires that had already happened.
    const broken = await database.db.query(
      `WITH fires AS (
         SELECT schedule_version, fired_at, through_at, reason = 'One.' AND count >= 300 AS is_made_longer,
                lag(through_at) OVER (ORDER BY through_at) + interval '1 second' AS expected_at
           FROM auth.job_fires WHERE job_name = $1
       )
       SELECT * FROM fires WHERE fired_at <> expected_at AND is_made_longer IS NOT TRUE`,
      [jobName],
    );
    expect(broken).toEqual([]);
  });

  test('runJobNow works all the same, and says so in the run’s reason', async () => {
    await act(first, 'pauseJob', { jobName: 'RarelyJob', reason: 'Not now.' });
    const ran = await ask(
      second,
      `mutation { runJobNow(input: { jobName: "RarelyJob", wait: true, reason: "To see." }) { ... on RunJobNowPayload { run { status reason actor } } } }`,
    );
    expect(ran).toEqual({
      run: {
        status: 'SUCCEEDED',
        actor: 'local',
        reason: 'To see. (By hand while local had paused the schedule: Not now.)',
      },
    });
    await act(first, 'pauseJob', { jobName: 'RarelyJob', reason: 'deploy tonight' });
    const query = `mutation { runJobNow(input: { jobName: "RarelyJob", wait: true }) { ... on RunJobNowPayload { run { reason } } } }`;
    expect(await ask(second, query)).toEqual({
      run: { reason: 'By hand while local had paused the schedule: deploy tonight.' },
    });
    expect(await act(first, 'resumeJob', { jobName: 'RarelyJob' })).toMatchObject({ isChanged: true });
    expect(await ask(second, query)).toEqual({ run: { reason: null } });
  });

  test.each<[string, object, string, RegExp]>([
    ['an end that has passed', { reason: 'x', until: '2020-01-01T00:00:00Z' }, 'INVALID_INPUT', /until: .*has passed/],
    ['no reason', { reason: ' ' }, 'INVALID_INPUT', /reason: is needed/],
    [
      'both at once',
      { reason: ' ', until: '2020-01-01T00:00:00Z' },
      'INVALID_INPUT',
      /reason: is needed until: .*has passed/,
    ],
    ['a novel for a reason', { reason: 'x'.repeat(501) }, 'INVALID_INPUT', /at most 500/],
    ['an unknown job', { jobName: 'NoJob', reason: 'x' }, 'NOT_FOUND', /no job named "NoJob"/],
  ])('refuses %s', async (_what, input, code, message) => {
    const refused = await act(first, 'pauseJob', { jobName: 'DailyJob', ...input });
    expect(refused).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await act(first, 'resumeJob', { jobName: 'NoJob' })).toMatchObject({ code: 'NOT_FOUND' });
    expect((await scheduleOf(first, 'DailyJob')).isPaused).toBe(false);
  });
});
