import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
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
    // Quartz's ?: croner alone would read it so that the job fires daily instead of monthly.
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
    ['0 0 31 2,4,6,9,11 *', /never fires/],
    ['0 0 31 4,6,9,11 ?', /never fires/],
    ['0 0 0 ? 2 MON#5', /accepted/],
    ['* * * *', /has 4 fields\. Write 5/],
    ['', /has 0 fields/],
    ['0 0 3 * * ? 2026', /has 7 fields/],
    ['@reboot', /Known are @yearly/],
    ['0 0 * * * */2', /accepted/],
    ['61 * * * *', /in the minute field, "61" is out of range\. It takes 0 to 59, for example "30"/],
    ['0 24 * * *', /in the hour field, "24" is out of range\. It takes 0 to 23/],
    ['60 0 3 * * *', /in the second field, "60" is out of range/],
    ['0 3 32 * *', /in the day of month field, "32" is out of range\. It takes 1 to 31/],
    ['0 3 0 * *', /in the day of month field, "0" is out of range/],
    ['0 3 1,5-40 * *', /in the day of month field, "40" in "5-40" is out of range/],
    ['0 3 * 13 *', /in the month field, "13" is out of range\. It takes 1 to 12 or JAN to DEC/],
    ['0 3 * * 8', /in the day of week field, "8" is out of range\. It takes 0 to 7/],
    ['0 3 * * MONDAY', /in the day of week field, "MONDAY" is written MON\./],
    ['0 3 * SEPT *', /"SEPT" is written SEP\./],
    ['*/90 * * * *', /the step of "\*\/90" is not from 1 to 60/],
    ['*/0 * * * *', /the step of "\*\/0" is not from 1 to 60/],
    ['/5 * * * *', /"\/5" has nothing before the step: write "\*\/5"/],
    ['* * * * fri-mon', /"FRI-MON" runs backwards: write "FRI-SAT,SUN-MON"/],
    ['0 3 * * 5-1', /"5-1" runs backwards: write "5-6,0-1"/],
    ['0 22-4 * * *', /"22-4" runs backwards: write "22-23,0-4"/],
    ['0 23-0 * * *', /"23-0" runs backwards: write "23,0"/],
    ['0 3 1 NOV-FEB *', /"NOV-FEB" runs backwards: write "NOV-DEC,JAN-FEB"/],
    ['0 22-4/2 * * *', /runs backwards: write two ranges/],
    ['0 3 * * 7/2', /write "SUN\/2"/],
    ['* * * foo *', /in the month field, "FOO" means nothing/],
    ['a b c d e', /in the minute field, "A" means nothing/],
    ['* * ** * *', /"\*\*" means nothing/],
    ['-5 * * * *', /"-5" means nothing/],
    ['*,5 * * * *', /\* alone is every minute already/],
    ['1,,2 * * * *', /a comma with nothing beside it/],
    ['0 3 L-3 * *', /"L-3" means nothing: L is the last day/],
    ['0 3 W * *', /"W" means nothing: .*15W the weekday nearest/],
    ['0 3 1,15W * *', /W goes with a single day/],
    ['0 0 3 ? * L', /"L" means nothing: FRIL is the last Friday/],
    ['0 3 * * MON#6', /the number after # in "MON#6" is not from 1 to 5/],
    ['0 3 * * MON-FRIL', /"MON-FRIL" means nothing/],
  ])('%s is judged', (cron, problem) => {
    expect(problemOf(cron)).toMatch(problem);
  });

  it.each([
    ['0 0 3 ? * 1', 'SUN to Quartz', 'MON to Unix'],
    ['0 0 3 ? * 2-6', 'MON-FRI to Quartz', 'TUE-SAT to Unix'],
    ['0 0 3 ? * 6L', 'FRIL to Quartz', 'SATL to Unix'],
    ['0 0 3 ? * 0', 'nothing to Quartz', 'SUN to Unix'],
    ['0 0 3 ? * 0-7', 'nothing to Quartz', 'SUN-SAT to Unix'],
  ])('%s has two readings and is refused with both', (cron, quartz, unix) => {
    expect(problemOf(cron)).toContain(quartz);
    expect(problemOf(cron)).toContain(unix);
  });

  it.each([
    ['0 0 30 2 *', 'NEVER_FIRES'],
    ['0 0 3 ? * 1', 'AMBIGUOUS_WEEKDAY'],
    ['0 0 31 2,4,6,9,11 *', 'NEVER_FIRES'],
    ['61 * * * *', 'INVALID_CRON'],
    ['@reboot', 'INVALID_CRON'],
  ])('%s is refused with the code %s', (cron, code) => {
    expect(parseCron(cron)).toMatchObject({ ok: false, code });
  });

  it('reads tabs as spaces, nicknames in any case, and leading zeros', () => {
    expect(first('0\t3\t*\t*\t*', undefined, 1)).toEqual(['2026-01-01T03:00:00.000Z']);
    expect(first('@DAILY', undefined, 1)).toEqual(['2026-01-02T00:00:00.000Z']);
    expect(first('05 03 01 02 *', undefined, 1)).toEqual(['2026-02-01T03:05:00.000Z']);
  });

  it('answers in its own words, and describes whatever it accepts', () => {
    const item = fc
      .array(fc.constantFrom(...'* - / # L W ? MON SUN fri JAN dec 0 1 2 5 7 12 15 31 40'.split(' ')), {
        minLength: 1,
        maxLength: 4,
      })
      .map((tokens) => tokens.join(''));
    const likely = fc.constantFrom('*', '*', '0', '1', '3', '*/2', '1-5', '1,5', 'MON', 'L');
    const text = fc.oneof({ weight: 8, arbitrary: likely }, fc.array(item, { minLength: 1, maxLength: 3 }).map(String));
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(fc.array(text, { minLength: 5, maxLength: 6 }), (fields) => {
        const cron = fields.join(' ');
        const reading = parseCron(cron);
        seen[reading.ok ? 'accepted' : 'refused']++;
        if (!reading.ok)
          expect(reading.problem).not.toMatch(/NaN|illegal|Invalid|Syntax|dayOfWeek|configuration|call stack/);
        else expect(cronDescription(cron)).not.toMatch(/undefined|null|NaN|error/);
      }),
      { numRuns: 3000 },
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(200);
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
    ['0 0 13 * FRI', 'at 00:00, on day 13 of the month or on Friday'],
    [
      '0 0 1,15 JAN-JUN MON-FRI',
      'at 00:00, on day 1 and 15 of the month or on Monday through Friday, January through June',
    ],
    ['0 3 1 * fri#2', 'at 03:00, on day 1 of the month or on the second Friday of the month'],
    ['0 3 */2 * MON', 'at 03:00, every 2 days from the first of the month or on Monday'],
    ['0 3 */1 * MON', 'at 03:00 every day'],
    ['5 * * * *', 'at 5 minutes past the hour'],
    ['5 */2 * * *', 'at 5 minutes past the hour, every 2 hours'],
    ['30 * * * * *', 'at 30 seconds past the minute'],
    ['30 17 * * * *', 'at 17 minutes and 30 seconds past the hour'],
    ['30 0 * * * *', 'at 30 seconds past the hour'],
    ['0,30 0 3 * * *', 'at 03:00:00 and 03:00:30 every day'],
    ['5,10 3 * * *', 'at 03:05 and 03:10 every day'],
    ['5 3,9,15 * * *', 'at 03:05, 09:05 and 15:05 every day'],
    ['*/20 2,3 * * *', 'every 20 minutes, in the hours of 02:00 and 03:00'],
    ['0 3 * * 0-7', 'at 03:00 every day'],
    ['0 3 1 * SUN-SAT', 'at 03:00 every day'],
    ['0 3 L,15 * *', 'at 03:00, on day 15 and the last day of the month'],
    ['0 3 */2 * *', 'at 03:00, every 2 days from the first of the month'],
    ['0 3 5/2 * *', 'at 03:00, every 2 days, starting on day 5 of the month'],
    ['0 3 15W * *', 'at 03:00, on the weekday nearest day 15 of the month'],
    ['00 03 * * *', 'at 03:00 every day'],
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

/** Finds each cron written as `cron: '...'` or in the first column of a test table. */
function cronsIn(folders: readonly URL[]): string[] {
  const texts = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.includes('generated'))
      .map((file) => readFileSync(new URL(file, folder), 'utf8')),
  );
  const found = texts.flatMap((text) => [...text.matchAll(/(?:cron: |cron = |\[)'([^'\n]+)'/g)]);
  return [...new Set(found.flatMap((match) => match[1] ?? []))];
}
