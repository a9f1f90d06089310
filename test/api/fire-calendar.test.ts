/**
 * The fire ledger as a calendar through the API: days of the length that clock changes give them, gaps split over
 * the days that they cover, in any time zone, and with the same counts as `fires`.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let server: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  server = await startTestApp({ url: database.url, hasTimers: false, config: { HISTORY_RETENTION: null } });
  const { db } = database;
  // Spring: hourly in Berlin across the clock change. Down: paused from Friday noon to Monday noon.
  await db.query(
    `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, version, resolved_through)
     VALUES ('Spring', '0 * * * *', 'Europe/Berlin', 'run_once', 1, '2027-04-10T00:00:00Z'),
            ('Down', '*/10 * * * *', 'Europe/Berlin', 'run_once', 2, '2027-04-10T00:00:00Z'),
            ('Busy', '* * * * *', 'UTC', 'run_once', 1, '2026-06-01T00:00:00Z'),
            ('Broken', 'never', 'Nowhere/At_All', 'run_once', 1, '2027-04-10T00:00:00Z')`,
  );
  await db.query(
    `INSERT INTO auth.job_schedule_versions (job_name, version, in_force_after, cron, time_zone, misfire_policy, is_overridden)
     VALUES ('Spring', 1, '2027-03-01T00:00:00Z', '0 * * * *', 'Europe/Berlin', 'run_once', false),
            ('Down', 1, '2027-03-01T00:00:00Z', '0 * * * *', 'Europe/Berlin', 'run_once', false),
            ('Down', 2, '2027-03-29T12:00:00Z', '*/10 * * * *', 'Europe/Berlin', 'run_once', true)`,
  );
  await db.query(
    `INSERT INTO auth.job_fires (job_name, fired_at, through_at, outcome, schedule_version)
     SELECT 'Spring', at, at, CASE WHEN at = '2027-03-28T01:00:00Z' THEN 'late' ELSE 'on_time' END::auth.fire_outcome, 1
       FROM generate_series('2027-03-26T23:00:00Z'::timestamptz, '2027-03-29T21:00:00Z', interval '1 hour') AS at
     UNION ALL
     SELECT 'Busy', at, at, 'on_time', 1
       FROM generate_series('2026-04-01T00:00:00Z'::timestamptz, '2026-05-30T23:59:00Z', interval '1 minute') AS at`,
  );
  await db.query(
    `INSERT INTO auth.job_fires (job_name, fired_at, through_at, count, outcome, schedule_version)
     VALUES ('Down', '2027-03-26T10:00:00Z', '2027-03-26T10:00:00Z', 1, 'on_time', 1),
            ('Down', '2027-03-26T11:00:00Z', '2027-03-29T10:00:00Z', 72, 'skipped_paused', 1),
            ('Down', '2027-03-29T11:00:00Z', '2027-03-29T12:00:00Z', 2, 'skipped_policy', 1),
            ('Down', '2027-03-29T12:10:00Z', '2027-03-29T12:10:00Z', 1, 'on_time', 2),
            ('Broken', '2027-03-26T11:00:00Z', '2027-03-29T10:00:00Z', 5, 'missed', 1)`,
  );
  await db.query('ANALYZE auth.job_fires');
});
afterAll(async () => {
  await server?.close();
  await database?.drop();
});

interface Day {
  readonly date: string;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly dueCount: number;
  readonly counts: { outcome: string; count: number }[];
}
const CALENDAR = `query ($jobName: String!, $from: DateTime!, $to: DateTime!, $timeZone: TimeZone, $isHourly: Boolean) {
  fireCalendar(jobName: $jobName, from: $from, to: $to, timeZone: $timeZone, isHourly: $isHourly) {
    date startsAt endsAt dueCount counts { outcome count }
  }
}`;
const calendar = async (variables: Record<string, unknown>) => {
  const { body } = await server.graphql<{ fireCalendar: Day[] }>(CALENDAR, variables);
  expect(body.errors).toBeUndefined();
  return body.data.fireCalendar;
};
const refusalOf = async (variables: Record<string, unknown>) => {
  const { body } = await server.graphql(CALENDAR, variables);
  return body.errors?.[0];
};

describe('fireCalendar', () => {
  test('counts days of 23 and 24 hours in the schedule’s own zone, and one outcome apart from another', async () => {
    const days = await calendar({ jobName: 'Spring', from: '2027-03-27T12:00:00Z', to: '2027-03-30T12:00:00Z' });
    expect(days).toEqual([
      day('2027-03-27', '2027-03-26T23:00', '2027-03-27T23:00', 24, [['ON_TIME', 24]]),
      day('2027-03-28', '2027-03-27T23:00', '2027-03-28T22:00', 23, [
        ['ON_TIME', 22],
        ['LATE', 1],
      ]),
      day('2027-03-29', '2027-03-28T22:00', '2027-03-29T22:00', 24, [['ON_TIME', 24]]),
      day('2027-03-30', '2027-03-29T22:00', '2027-03-30T22:00', 0, []),
    ]);
  });

  test('splits a gap over the days that it covers, by the rule that was in force', async () => {
    const days = await calendar({ jobName: 'Down', from: '2027-03-26T00:00:00Z', to: '2027-03-29T20:00:00Z' });
    const paused = days.map(({ date, counts }) => [
      date,
      counts.find(({ outcome }) => outcome === 'SKIPPED_PAUSED')?.count,
    ]);
    // From noon in Berlin, then a day of 24 hours and one of 23, and until noon in summer time.
    expect(paused).toEqual([
      ['2027-03-26', 12],
      ['2027-03-27', 24],
      ['2027-03-28', 23],
      ['2027-03-29', 13],
    ]);
    expect(days.at(-1)?.counts).toEqual([
      { outcome: 'ON_TIME', count: 1 },
      { outcome: 'SKIPPED_PAUSED', count: 13 },
      { outcome: 'SKIPPED_POLICY', count: 2 },
    ]);
  });

  test('counts the same by the hour: 23 of them where the clocks go forward, gaps split over them', async () => {
    for (const jobName of ['Spring', 'Down']) {
      const span = { jobName, from: '2027-03-26T12:00:00Z', to: '2027-03-29T20:00:00Z' };
      const [days, hours] = await Promise.all([calendar(span), calendar({ ...span, isHourly: true })]);
      for (const { date, startsAt, endsAt, dueCount, counts } of days) {
        const own = hours.filter((hour) => hour.date === date);
        expect(own).toHaveLength(date === '2027-03-28' ? 23 : 24);
        expect([own[0]?.startsAt, own.at(-1)?.endsAt]).toEqual([startsAt, endsAt]);
        expect(own.reduce((sum, hour) => sum + hour.dueCount, 0)).toBe(dueCount);
        for (const { outcome, count } of counts)
          expect(
            own.flatMap((hour) => hour.counts).reduce((sum, one) => sum + (one.outcome === outcome ? one.count : 0), 0),
          ).toBe(count);
      }
    }
    expect(
      await refusalOf({ jobName: 'Down', from: '2027-03-01T00:00:00Z', to: '2027-04-02T00:00:00Z', isHourly: true }),
    ).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });

  test('takes another zone’s days', async () => {
    const days = await calendar({
      jobName: 'Down',
      from: '2027-03-26T12:00:00Z',
      to: '2027-03-29T12:30:00Z',
      timeZone: 'Asia/Tokyo',
    });
    expect(days.map(({ date, startsAt, dueCount }) => [date, startsAt, dueCount])).toEqual([
      ['2027-03-26', '2027-03-25T15:00:00.000Z', 5],
      ['2027-03-27', '2027-03-26T15:00:00.000Z', 24],
      ['2027-03-28', '2027-03-27T15:00:00.000Z', 24],
      ['2027-03-29', '2027-03-28T15:00:00.000Z', 23],
    ]);
  });

  test('says of each day what `fires` counts in it', async () => {
    for (const [jobName, timeZone] of [
      ['Spring', 'America/New_York'],
      ['Down', 'Asia/Kathmandu'],
      ['Down', 'Europe/Berlin'],
    ] as const) {
      const days = await calendar({ jobName, from: '2027-03-25T00:00:00Z', to: '2027-04-01T00:00:00Z', timeZone });
      for (const { startsAt, endsAt, dueCount } of days) {
        const { body } = await server.graphql<{ fires: { totalCount: number } }>(
          'query ($jobName: String!, $from: DateTime!, $to: DateTime!) { fires(jobName: $jobName, from: $from, to: $to) { totalCount } }',
          { jobName, from: startsAt, to: endsAt },
        );
        expect(dueCount).toBe(body.data.fires.totalCount);
      }
    }
  });

  test('leaves a gap whose rule nobody can read where it begins', async () => {
    const days = await calendar({
      jobName: 'Broken',
      from: '2027-03-26T00:00:00Z',
      to: '2027-03-28T00:00:00Z',
      timeZone: 'UTC',
    });
    expect(days.map(({ dueCount }) => dueCount)).toEqual([5, 0]);
  });

  test('refuses what `fires` refuses, more than 400 days, and zones that there are not', async () => {
    const span = { jobName: 'Spring', from: '2027-03-26T00:00:00Z', to: '2027-03-27T00:00:00Z' };
    const none = await refusalOf({ ...span, jobName: 'None' });
    expect(none).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
    expect(none?.message).toContain('There is no job named "None"');
    expect((await refusalOf({ ...span, to: span.from }))?.message).toContain('to: must be after `from`');
    expect((await refusalOf({ ...span, to: '2028-05-01T00:00:00Z' }))?.message).toContain('at most 400 days');
    expect((await refusalOf({ ...span, timeZone: 'Europe/Berlen' }))?.message).toContain('Europe/Berlin');
    // Only SQL can make a schedule’s time zone unreadable.
    expect((await refusalOf({ ...span, jobName: 'Broken' }))?.message).toContain('Nowhere/At_All');
  });

  test('is quick over 60 days of every minute', async () => {
    const span = { jobName: 'Busy', from: '2026-04-01T00:00:00Z', to: '2026-05-31T00:00:00Z' };
    await calendar(span);
    const times: number[] = [];
    for (let time = 0; time < 5; time++) {
      const begun = process.cpuUsage();
      const days = await calendar(span);
      times.push(process.cpuUsage(begun).user / 1_000);
      expect(days).toHaveLength(60);
      expect(days.every(({ dueCount }) => dueCount === 1440)).toBe(true);
    }
    expect(Math.min(...times)).toBeLessThan(300);
  });
});

const day = (date: string, startsAt: string, endsAt: string, dueCount: number, counts: [string, number][]): Day => ({
  date,
  startsAt: `${startsAt}:00.000Z`,
  endsAt: `${endsAt}:00.000Z`,
  dueCount,
  counts: counts.map(([outcome, count]) => ({ outcome, count })),
});
