import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cronDescription, parseCron } from './cron.rules.ts';
import { nextDue } from './due.rules.ts';

const problemOf = (expression: string): string => {
  const reading = parseCron(expression);
  return reading.ok ? 'accepted' : reading.problem;
};
const first = (cron: string, after = '2026-01-01T00:00:00Z', count = 3) =>
  nextDue({ cron, timeZone: 'UTC' }, new Date(after), count).map(({ at }) => at.toISOString());

describe('reading a cron', () => {
  it.each([
    ['* * * * *', ['2026-01-01T00:01:00.000Z', '2026-01-01T00:02:00.000Z']],
    ['0 3 * * *', ['2026-01-01T03:00:00.000Z', '2026-01-02T03:00:00.000Z']],
    ['* * * * * *', ['2026-01-01T00:00:01.000Z', '2026-01-01T00:00:02.000Z']],
    // Quartz's ?, which croner alone would add to the day field: daily instead of monthly.
    ['0 0 3 1 * ?', ['2026-01-01T03:00:00.000Z', '2026-02-01T03:00:00.000Z']],
    ['0 0 3 ? * MON', ['2026-01-05T03:00:00.000Z', '2026-01-12T03:00:00.000Z']],
    ['0 0 * * 0', ['2026-01-04T00:00:00.000Z', '2026-01-11T00:00:00.000Z']],
    ['0 0 * * 7', ['2026-01-04T00:00:00.000Z', '2026-01-11T00:00:00.000Z']],
    ['0 0 * * sat-sun', ['2026-01-03T00:00:00.000Z', '2026-01-04T00:00:00.000Z']],
    ['0 9-17/4 * feb *', ['2026-02-01T09:00:00.000Z', '2026-02-01T13:00:00.000Z']],
    ['5/25 0 * * *', ['2026-01-01T00:05:00.000Z', '2026-01-01T00:30:00.000Z']],
    ['0 0 L * *', ['2026-01-31T00:00:00.000Z', '2026-02-28T00:00:00.000Z']],
    ['0 0 * * FRI#2', ['2026-01-09T00:00:00.000Z', '2026-02-13T00:00:00.000Z']],
    ['0 0 0 ? * FRIL', ['2026-01-30T00:00:00.000Z', '2026-02-27T00:00:00.000Z']],
    ['0 0 13 * FRI', ['2026-01-02T00:00:00.000Z', '2026-01-09T00:00:00.000Z']],
    ['@daily', ['2026-01-02T00:00:00.000Z', '2026-01-03T00:00:00.000Z']],
    ['@Hourly', ['2026-01-01T01:00:00.000Z', '2026-01-01T02:00:00.000Z']],
    ['0 0 29 2 *', ['2028-02-29T00:00:00.000Z', '2032-02-29T00:00:00.000Z']],
    ['0 9,17 * * mon,wed', ['2026-01-05T09:00:00.000Z', '2026-01-05T17:00:00.000Z', '2026-01-07T09:00:00.000Z']],
    ['0 0 1 JAN-MAR *', ['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z']],
    ['0 0 * * 1-5', ['2026-01-02T00:00:00.000Z', '2026-01-05T00:00:00.000Z']],
    ['*/20 * * * * *', ['2026-01-01T00:00:20.000Z', '2026-01-01T00:00:40.000Z', '2026-01-01T00:01:00.000Z']],
    ['10,50 30 2 * * SUN', ['2026-01-04T02:30:10.000Z', '2026-01-04T02:30:50.000Z']],
    ['0 0 * * 5L', ['2026-01-30T00:00:00.000Z', '2026-02-27T00:00:00.000Z']],
    ['0 0 * * 1#1', ['2026-01-05T00:00:00.000Z', '2026-02-02T00:00:00.000Z']],
    ['@midnight', ['2026-01-02T00:00:00.000Z']],
    ['@weekly', ['2026-01-04T00:00:00.000Z', '2026-01-11T00:00:00.000Z']],
    ['@monthly', ['2026-02-01T00:00:00.000Z', '2026-03-01T00:00:00.000Z']],
    ['@yearly', ['2027-01-01T00:00:00.000Z', '2028-01-01T00:00:00.000Z']],
    ['@annually', ['2027-01-01T00:00:00.000Z', '2028-01-01T00:00:00.000Z']],
  ])('%s', (cron, expected) => {
    expect(first(cron, undefined, expected.length)).toEqual(expected);
  });

  it.each([
    ['0 0 30 2 *', /never fires/],
    ['0 0 3 30 feb ?', /never fires/],
    ['0 0 31 4,6 *', /never fires/],
    ['0 0 0 ? 2 MON#5', /accepted/],
    ['* * * *', /has 4 fields\. Write 5/],
    ['', /has 0 fields/],
    ['0 0 3 * * ? 2026', /has 7 fields/],
    ['@reboot', /Known are @yearly/],
    ['61 * * * *', /61/],
    ['*/90 * * * *', /steps/],
    ['/5 * * * *', /"\/5" is not a minute field/],
    ['* * * * fri-mon', /larger/],
    ['* * * foo *', /cannot be read/],
    ['a b c d e', /"A" is not a minute field/],
    ['* * ** * *', /cannot be read/],
  ])('%s is judged', (cron, problem) => {
    expect(problemOf(cron)).toMatch(problem);
  });

  it.each([
    ['0 0 3 ? * 1', 'SUN to Quartz', 'MON to Unix'],
    ['0 0 3 ? * 2-6', 'MON-FRI to Quartz', 'TUE-SAT to Unix'],
    ['0 0 3 ? * 6L', 'FRIL to Quartz', 'SATL to Unix'],
    ['0 0 3 ? * 0', 'nothing to Quartz', 'SUN to Unix'],
  ])('%s has two readings and is refused with both', (cron, quartz, unix) => {
    expect(problemOf(cron)).toContain(quartz);
    expect(problemOf(cron)).toContain(unix);
  });

  it.each([
    ['0 0 30 2 *', 'NEVER_FIRES'],
    ['0 0 3 ? * 1', 'AMBIGUOUS_WEEKDAY'],
    ['61 * * * *', 'INVALID_CRON'],
    ['@reboot', 'INVALID_CRON'],
  ])('%s is refused with the code %s', (cron, code) => {
    expect(parseCron(cron)).toMatchObject({ ok: false, code });
  });

  it('takes a step or an ordinal for no weekday number', () => {
    expect(problemOf('0 0 3 ? * FRI#2')).toBe('accepted');
    expect(problemOf('0 0 3 ? * */2')).toBe('accepted');
  });

  it.each([
    ['* * * * *', true],
    ['0 */2 * * *', true],
    ['0 0 0/6 * * ?', true],
    ['@hourly', true],
    ['0 0-23 * * *', false],
    ['0 2 * * *', false],
  ])('%s follows elapsed time: %s', (cron, expected) => {
    const reading = parseCron(cron);
    expect(reading.ok && reading.cron.followsElapsedTime).toBe(expected);
  });
});

describe('in words', () => {
  it.each([
    ['* * * * *', 'every minute'],
    ['0 3 * * *', 'at 03:00 every day'],
    ['@daily', 'at 00:00 every day'],
    ['@midnight', 'at 00:00 every day'],
    ['@hourly', 'every hour'],
    ['@weekly', 'at 00:00, only on Sunday'],
    ['@monthly', 'at 00:00, on day 1 of the month'],
    ['@yearly', 'at 00:00, on day 1 of the month, only in January'],
    ['* * * * * *', 'every second'],
    ['*/7 * * * * *', 'every 7 seconds'],
    ['0 30 14 ? * MON', 'at 14:30, only on Monday'],
    ['0 30 2 * * ?', 'at 02:30 every day'],
    ['0 0 3 1 * ?', 'at 03:00, on day 1 of the month'],
    ['*/15 * * * *', 'every 15 minutes'],
    ['0 */2 * * *', 'on the hour, every 2 hours'],
    ['0 0 0/6 * * ?', 'on the hour, every 6 hours'],
    ['0 0 * * fri#2', 'at 00:00, on the second Friday of the month'],
    ['0 0 * * 5L', 'at 00:00, on the last Friday of the month'],
    ['0 0 L * *', 'at 00:00, on the last day of the month'],
    ['0 0 * * 0', 'at 00:00, only on Sunday'],
    ['0 0 * * 7', 'at 00:00, only on Sunday'],
    ['0 0 * * 1-5', 'at 00:00, Monday through Friday'],
    ['0 9,17 * * mon,wed', 'at 09:00 and 17:00, only on Monday and Wednesday'],
    ['30 4 29 2 *', 'at 04:30, on day 29 of the month, only in February'],
    ['0 0 13 * FRI', 'at 00:00, on day 13 of the month, and on Friday'],
  ])('%s: %s', (cron, words) => {
    expect(cronDescription(cron)).toBe(words);
  });

  it('every schedule in the sources and the tests', () => {
    const crons = cronsIn(['src', 'test'].map((folder) => new URL(`../../../${folder}/`, import.meta.url)));
    const accepted = crons.filter((cron) => parseCron(cron).ok);
    expect(accepted.length).toBeGreaterThan(15);
    for (const cron of accepted) {
      expect(cronDescription(cron), cron).toMatch(/^(every|at|on) [\w ,:-]+$/);
    }
  });
});

/** What stands as `cron: '...'` or as the first of a table's row. */
function cronsIn(folders: readonly URL[]): string[] {
  const texts = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8')),
  );
  const found = texts.flatMap((text) => [...text.matchAll(/(?:cron: |cron = |\[)'([^'\n]+)'/g)]);
  return [...new Set(found.flatMap((match) => match[1] ?? []))];
}
