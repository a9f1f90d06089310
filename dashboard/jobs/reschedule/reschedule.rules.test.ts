import { describe, expect, it } from 'vitest';
import { changed, nextClockChange, timingProblems } from './reschedule.rules.ts';

describe('A preview that was refused', () => {
  it('says at each field what is wrong with it', () =>
    expect(
      timingProblems(
        'cron: In the minute field, "99" is out of range. It takes 0 to 59. timeZone: There is no time zone "Mars/Base".',
      ),
    ).toEqual({
      cron: 'In the minute field, "99" is out of range. It takes 0 to 59.',
      timeZone: 'There is no time zone "Mars/Base".',
    }));
  it('says so too of what is no value at all', () =>
    expect(
      timingProblems('Variable "$input" has no valid value at "input.timeZone": This is not a time zone name.'),
    ).toEqual({ timeZone: 'This is not a time zone name.' }));
  it('says the rest above', () =>
    expect(timingProblems('There is no job "Nothing".')).toEqual({ rest: 'There is no job "Nothing".' }));
});

describe('What differs', () => {
  const before = { cron: '0 3 * * *', timeZone: 'UTC', misfirePolicy: 'RUN_ONCE' } as const;
  it('is nothing when only space was added', () =>
    expect(changed(before, { ...before, cron: ' 0 3 * * * ' })).toEqual({}));
  it('is what was changed', () =>
    expect(changed(before, { ...before, timeZone: 'Europe/Berlin' })).toEqual({ timeZone: 'Europe/Berlin' }));
});

describe('The next change of the clocks', () => {
  const autumn = Date.parse('2026-11-26T03:45:12Z');
  it('is found to the hour', () =>
    expect(new Date(nextClockChange('Europe/Berlin', autumn) ?? 0).toISOString()).toBe('2027-03-28T01:00:00.000Z'));
  it('is none in a zone that keeps its time', () => expect(nextClockChange('UTC', autumn)).toBeUndefined());
  it('is none in a zone that is none', () => expect(nextClockChange('Mars/Base', autumn)).toBeUndefined());
});
