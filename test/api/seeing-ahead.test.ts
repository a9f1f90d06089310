/** Forecasts through the API: fire times, previews of a schedule, and simulated downtime. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { registerSchedules } from '../../src/jobs/schedules/change-schedule.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let server: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestApp({ url: database.url, hasTimers: false });
  await registerSchedules(server.app.services);
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

interface Preview {
  readonly cronDescription: string;
  readonly fireTimes: { at: string; localTime: string; dst: string | null }[];
  readonly appearing: string[];
  readonly collisions: { at: string; jobNames: string[] }[];
  readonly warnings: string[];
}
const PREVIEW = `query ($input: PreviewScheduleInput!) {
  previewSchedule(input: $input) {
    cronDescription timeZone misfirePolicy fireTimes { jobName at localTime dst } comparedToAt
    appearing appearingCount vanishing vanishingCount collisions { at jobNames } collisionCount
    shortestInterval averageInterval warnings
  }
}`;
const preview = async (input: Record<string, unknown>) => {
  const { body } = await server.graphql<{ previewSchedule: Preview }>(PREVIEW, { input });
  expect(body.errors).toBeUndefined();
  return body.data.previewSchedule;
};

describe('previewSchedule', () => {
  test('a change of the cleanup: what vanishes, what comes, and both nights', async () => {
    const after = '2027-03-26T12:00:00Z';
    const found = await preview({
      jobName: 'ExpiredInvitationCleanupJob',
      cron: '0 30 2 * * ?',
      timeZone: 'Europe/Berlin',
      misfirePolicy: 'SKIP',
      after,
      first: 3,
    });
    expect(found).toMatchObject({
      cronDescription: 'at 02:30 every day',
      timeZone: 'Europe/Berlin',
      misfirePolicy: 'SKIP',
      comparedToAt: '2027-04-25T12:00:00.000Z',
      appearingCount: 30,
      vanishingCount: 30,
      // The day with the skipped hour has the shortest interval.
      shortestInterval: 'PT82800S',
    });
    expect(found.fireTimes).toEqual([
      {
        jobName: 'ExpiredInvitationCleanupJob',
        at: '2027-03-27T01:30:00.000Z',
        localTime: '2027-03-27T02:30:00+01:00',
        dst: null,
      },
      {
        jobName: 'ExpiredInvitationCleanupJob',
        at: '2027-03-28T01:30:00.000Z',
        localTime: '2027-03-28T03:30:00+02:00',
        dst: 'SHIFTED_BY_GAP',
      },
      {
        jobName: 'ExpiredInvitationCleanupJob',
        at: '2027-03-29T00:30:00.000Z',
        localTime: '2027-03-29T02:30:00+02:00',
        dst: null,
      },
    ]);
    expect(found.appearing[0]).toBe('2027-03-27T01:30:00.000Z');
    // The retry job fires every minute, so that both fire together each night.
    expect(found.collisions[0]).toEqual({
      at: '2027-03-27T01:30:00.000Z',
      jobNames: expect.arrayContaining(['ManagedAccountRetryJob']),
    });
    expect(found.warnings).toEqual([
      'The misfire policy changes from RUN_ONCE to SKIP.',
      '02:30 does not exist on 2027-03-28 in Europe/Berlin: it fires at 03:30 instead.',
      '02:30 occurs twice on 2027-10-31 in Europe/Berlin: it fires at the first.',
    ]);
  });

  test('both halves of a repeated hour are marked where elapsed time is followed', async () => {
    const found = await preview({
      cron: '*/30 * * * *',
      timeZone: 'Europe/Berlin',
      after: '2027-10-30T23:59:00Z',
      first: 5,
    });
    expect(found.fireTimes.map(({ dst }) => dst)).toEqual([
      'FIRST_OF_REPEATED',
      'FIRST_OF_REPEATED',
      'SECOND_OF_REPEATED',
      'SECOND_OF_REPEATED',
      null,
    ]);
    expect(found).toMatchObject({ appearing: [], appearingCount: null, vanishingCount: null, warnings: [] });
  });

  test('every second: counted, listed up to 100', async () => {
    const found = await preview({ jobName: 'ManagedAccountRetryJob', cron: '* * * * * *', first: 100 });
    expect(found).toMatchObject({
      shortestInterval: 'PT1S',
      averageInterval: 'PT1S',
      appearingCount: 30 * 86_400 - 30 * 1440,
      vanishingCount: 0,
    });
    expect([found.fireTimes.length, found.appearing.length]).toEqual([100, 100]);
    expect(found.warnings[0]).toBe('It fires 86,400 times a day, more often than once a minute.');
  });

  test.each<[string, Record<string, unknown>, RegExp]>([
    ['a numbered weekday of 6 fields', { cron: '0 0 3 ? * 1' }, /^cron: .*SUN to Quartz.*MON to Unix/],
    ['a cron that never fires', { cron: '0 0 30 2 *' }, /^cron: .*never fires/],
    ['an unknown zone', { cron: '0 3 * * *', timeZone: 'Europe/Berln' }, /^timeZone: .*Europe\/Berlin/],
    ['both at once', { cron: '61 * * * *', timeZone: 'Mars/Base' }, /^cron: .* timeZone: /],
    [
      'an unknown job',
      { cron: '0 3 * * *', jobName: 'NoJob' },
      /There is no job named "NoJob".*ManagedAccountRetryJob/,
    ],
    ['101 of them', { cron: '0 3 * * *', first: 101 }, /1 to 100/],
    [
      'all that is wrong, at once',
      { jobName: 'NoJob', cron: '0 3 32 * *', timeZone: 'Mars/Base', first: 0 },
      /^jobName: There is no job named "NoJob".* cron: .*"32" is out of range.* timeZone: .* first: is from 1 to 100/,
    ],
  ])('refuses %s', async (_what, input, message) => {
    const { status, body } = await server.graphql(PREVIEW, { input });
    expect(status).toBe(200);
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringMatching(message),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });

  test('and says of each field by itself what is wrong with it', async () => {
    const { body } = await server.graphql(PREVIEW, { input: { cron: '0 3 32 * *', timeZone: 'Mars/Base', first: 0 } });
    const [error] = body.errors ?? [];
    const issues = (error?.extensions?.issues ?? []) as { path: string[]; message: string }[];
    expect(issues).toEqual([
      { path: ['cron'], code: 'INVALID_CRON', message: expect.stringContaining('"32" is out of range') },
      { path: ['timeZone'], code: 'UNKNOWN_TIME_ZONE', message: expect.stringContaining('Mars/Base') },
      { path: ['first'], code: expect.any(String), message: expect.stringContaining('1 to 100') },
    ]);
    expect(error?.message).toBe(issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join(' '));
  });
});

test.each(['0 3 * * \u{1F600}', '0 3 * *\n*', `0 3 ${'1,'.repeat(100)}1 * *`])(
  '%j has not the shape of a cron',
  async (cron) => {
    const { status, body } = await server.graphql(PREVIEW, { input: { cron } });
    expect(status).toBe(400);
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringContaining('one line of ASCII, at most 200 characters'),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  },
);

test.each(['@DAILY', '0\t0\t*\t*\t*'])('%j is read like any cron', async (cron) => {
  expect(await preview({ cron })).toMatchObject({ cronDescription: 'at 00:00 every day' });
});

describe('simulateDowntime', () => {
  const simulate = (from: string, to: string, jobName = 'ExpiredInvitationCleanupJob') =>
    server.graphql<{ simulateDowntime: unknown[] }>(
      `query ($jobName: String!, $from: DateTime!, $to: DateTime!) {
        simulateDowntime(jobName: $jobName, from: $from, to: $to) {
          misfirePolicy isInForce fires { at outcome reason gap { count } } counts { outcome count }
        }
      }`,
      { jobName, from, to },
    );

  test('says for each policy what becomes of the cleanup', async () => {
    const { body } = await simulate('2026-11-29T02:50:00Z', '2026-11-29T04:10:00Z');
    expect(body.errors).toBeUndefined();
    const at = '2026-11-29T03:00:00.000Z';
    const caughtUp = { at, outcome: 'CAUGHT_UP', reason: expect.any(String), gap: null };
    expect(body.data.simulateDowntime).toEqual([
      {
        misfirePolicy: 'RUN_ONCE',
        isInForce: true,
        fires: [caughtUp],
        counts: [{ outcome: 'CAUGHT_UP', count: 1 }],
      },
      {
        misfirePolicy: 'SKIP',
        isInForce: false,
        fires: [{ at, outcome: 'SKIPPED_POLICY', reason: 'Missed, and the misfire policy is to skip.', gap: null }],
        counts: [{ outcome: 'SKIPPED_POLICY', count: 1 }],
      },
      {
        misfirePolicy: 'RUN_ALL',
        isInForce: false,
        fires: [caughtUp],
        counts: [{ outcome: 'CAUGHT_UP', count: 1 }],
      },
    ]);
  });

  test('starts on time what is due within the tolerance before the end, as its description says', async () => {
    const { body } = await simulate('2026-11-29T02:50:00Z', '2026-11-29T03:00:05Z');
    expect(body.data.simulateDowntime).toMatchObject(
      Array(3).fill({ fires: [{ at: '2026-11-29T03:00:00.000Z', outcome: 'ON_TIME', reason: null }] }),
    );
    const { body: described } = await server.graphql<{
      __type: { fields: { name: string; description: string }[] };
    }>('{ __type(name: "Query") { fields { name description } } }');
    const { description } = described.data.__type.fields.find(({ name }) => name === 'simulateDowntime') ?? {};
    expect(description).toMatch(/a fire that is due at `to`, or at most 5 seconds before, starts on time/);
  });

  test.each<[string, [string, string, string?], RegExp]>([
    ['a span backwards', ['2026-11-29T04:10:00Z', '2026-11-29T02:50:00Z'], /^to: must be after/],
    ['two years', ['2026-11-29T04:10:00Z', '2028-11-29T02:50:00Z'], /^to: is at most 366 days/],
    ['an unknown job', ['2026-11-29T02:50:00Z', '2026-11-29T04:10:00Z', 'NoJob'], /There is no job named "NoJob"/],
  ])('refuses %s', async (_what, args, message) => {
    const { body } = await simulate(...args);
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringMatching(message),
      extensions: { code: 'BAD_USER_INPUT' },
    });
  });
});

test('a schedule that SQL made unreadable is refused with the cure, or said to be none', async () => {
  const jobName = 'ExpiredInvitationCleanupJob';
  const setCron = (cron: string) =>
    server.db.query('UPDATE auth.job_schedules SET cron = $2 WHERE name = $1', [jobName, cron]);
  await setCron('99 3 * * *');
  try {
    const { body } = await server.graphql(
      `{ simulateDowntime(jobName: "${jobName}", from: "2026-11-29T02:50:00Z", to: "2026-11-29T04:10:00Z") { isInForce } }`,
    );
    expect(body.errors?.[0]).toMatchObject({
      message: expect.stringMatching(/cannot be read, .*"99" is out of range.* rescheduleJob.* reset: true/),
      extensions: { code: 'BAD_USER_INPUT' },
    });
    expect(await preview({ jobName, cron: '0 3 * * *' })).toMatchObject({
      appearingCount: null,
      vanishingCount: null,
      warnings: [expect.stringMatching(/^The schedule in force cannot be read, .*"99" is out of range/)],
    });
  } finally {
    await setCron('0 3 * * *');
  }
});

test('nextFireTimes refuses a job that there is not', async () => {
  const { body } = await server.graphql('{ nextFireTimes(jobName: "Nope") { at } }');
  expect(body.errors?.[0]).toMatchObject({
    message: expect.stringMatching(/There is no job named "Nope"\. The jobs are ExpiredInvitationCleanupJob, /),
    extensions: { code: 'BAD_USER_INPUT' },
  });
});

test('nextFireTimes merges the jobs from any instant, up to 100, in order', async () => {
  const { body } = await server.graphql<{ nextFireTimes: { jobName: string; at: string }[] }>(
    '{ nextFireTimes(first: 100, after: "2027-03-28T02:59:30Z") { jobName at localTime dst } }',
  );
  const times = body.data.nextFireTimes;
  expect(times).toHaveLength(100);
  expect(times.map(({ at }) => at)).toEqual(times.map(({ at }) => at).sort());
  expect(times.slice(0, 2).map(({ jobName, at }) => [jobName, at])).toEqual([
    ['ExpiredInvitationCleanupJob', '2027-03-28T03:00:00.000Z'],
    ['ManagedAccountRetryJob', '2027-03-28T03:00:00.000Z'],
  ]);
});
