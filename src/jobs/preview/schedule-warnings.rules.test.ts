import { describe, expect, it } from 'vitest';
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { intervalsOf } from './due-comparison.rules.ts';
import { warningsOf } from './schedule-warnings.rules.ts';

const HOUR = 3_600_000;
const after = new Date('2027-01-01T12:00:00Z');
const warnings = (cron: string, timeZone = 'UTC', misfirePolicy: MisfirePolicy = 'run_once') =>
  warningsOf({
    cron,
    timeZone,
    misfirePolicy,
    after,
    intervals: intervalsOf({ cron, timeZone }, after),
    windowMs: 24 * HOUR,
  });

describe('warnings', () => {
  it.each(['* * * * *', '0 3 * * *', '0 0 3 ? * *', '@hourly', '*/15 * * * *', '0 0 * * *'])('%s needs none', (cron) =>
    expect(warnings(cron)).toEqual([]),
  );

  it.each<[string, string[]]>([
    ['* * * * * *', ['It fires 86,400 times a day, more often than once a minute.']],
    [
      '0 3 31 * *',
      [
        'The 31st: it skips five months: February, April, June, September and November.',
        'A fire that is missed by more than 24 hours is not run late, and the one after it can be 61 days away.',
      ],
    ],
    [
      '0 3 29 2 *',
      [
        'It does not fire within a year: the next time is 2028-02-29T03:00:00.000Z.',
        '29 February: it fires once in four years.',
        expect.stringContaining('not run late'),
      ],
    ],
    [
      '0 3 * * 1-5',
      ['The day of week 1-5 is MON-FRI, as Unix counts; Quartz would read SUN-THU. Names leave no doubt.'],
    ],
    ['*/7 * * * *', ['*/7 in the minute field starts again each hour: the last interval is 4 minutes, not 7.']],
    // A nickname gives no warning about its numbered Sunday.
    ['@weekly', [expect.stringContaining('the one after it can be 7 days away')]],
    ['0 3 * * 0-7', ['The day of week 0-7 is SUN-SAT, as Unix counts; Quartz would refuse it. Names leave no doubt.']],
    [
      '0 3 */2 * *',
      [
        '*/2 in the day of month field starts again each month: after day 31 of a month of 31 days, day 1 comes 1 day later.',
      ],
    ],
    ['0 3 * * */2', ['*/2 in the day of week field starts again each week: the last interval is 1 day, not 2.']],
    ['0 */23 * * *', ['*/23 in the hour field starts again each day: the last interval is 1 hour, not 23.']],
  ])('%s: %j', (cron, expected) => expect(warnings(cron)).toEqual(expected));

  it.each([
    ['0 3 30 * *', 'The 30th: it skips February.'],
    ['0 3 29 * *', 'The 29th: it skips February but in leap years.'],
    ['0 3 31 1-6 *', 'The 31st: it skips three months of those it names: February, April and June.'],
    [
      '0 3 */4 * *',
      '*/4 in the day of month field starts again each month: after day 29 of a month of 31 days, day 1 comes 3 days later.',
    ],
    ['0 3 1 */5 *', '*/5 in the month field starts again each year: the last interval is 2 months, not 5.'],
    [
      '0 3 1,2 * *',
      'A fire that is missed by more than 24 hours is not run late, and the one after it can be 30 days away.',
    ],
    ['0 3 13 * FRI', 'Day of month and day of week are both given: it fires on days that match either of them.'],
  ])('%s: among others "%s"', (cron, expected) => expect(warnings(cron)).toContain(expected));

  it.each([
    ['30 2 * * *', 'Europe/Berlin'],
    ['0 30 2 * * ?', 'Europe/Berlin'],
  ])('%s in %s tells of both nights', (cron, zone) => {
    expect(warnings(cron, zone)).toEqual([
      '02:30 does not exist on 2027-03-28 in Europe/Berlin: it fires at 03:30 instead.',
      '02:30 occurs twice on 2027-10-31 in Europe/Berlin: it fires at the first.',
    ]);
  });

  it('tells how many more a night moves, and of days that change with it', () => {
    expect(warnings('0,20,40 2 * * *', 'Europe/Berlin')[0]).toBe(
      '02:00 does not exist on 2027-03-28 in Europe/Berlin: it fires at 03:00 instead, and 2 more likewise that night.',
    );
    expect(warnings('0 0 * * *', 'Africa/Cairo')[0]).toBe(
      '00:00 does not exist on 2027-04-30 in Africa/Cairo: it fires at 01:00 instead.',
    );
    expect(warnings('15 2 * * *', 'Australia/Lord_Howe')[0]).toContain('it fires at 02:45 instead');
    expect(warnings('*/15 * * * *', 'Europe/Berlin')).toEqual([]);
    expect(warnings('0 3 * * *', 'Europe/Berlin')).toEqual([]);
  });

  it('tells what RUN_ALL leaves out', () => {
    expect(warnings('* * * * *', 'UTC', 'run_all')).toEqual([
      'RUN_ALL runs at most 100 fires after a gap: of a gap of more than 1.7 hours the rest is missed.',
    ]);
    expect(warnings('0 3 * * SUN', 'UTC', 'skip')).toEqual([]);
  });
});

describe('intervals', () => {
  const of = (cron: string, timeZone = 'UTC') => intervalsOf({ cron, timeZone }, after);
  it.each<[string, string, number, number | null, number]>([
    ['* * * * * *', 'UTC', 1000, 1000, 366 * 86_400],
    ['0 3 * * *', 'UTC', 24 * HOUR, 24 * HOUR, 366],
    // The shortest day in Berlin has 23 hours.
    ['0 3 * * *', 'Europe/Berlin', 23 * HOUR, null, 366],
    ['0 9,10 * * MON', 'UTC', HOUR, null, 104],
  ])('%s in %s', (cron, zone, shortest, average, countInYear) => {
    const intervals = of(cron, zone);
    expect(intervals).toMatchObject({ shortest, countInYear });
    if (average !== null) expect(intervals.average).toBe(average);
  });

  it('of one that is rarer than yearly are those of its next ten', () => {
    expect(of('0 0 29 2 *')).toEqual({
      shortest: 1461 * 24 * HOUR,
      average: 1461 * 24 * HOUR,
      countInYear: 0,
    });
  });
});
