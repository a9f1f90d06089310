import { describe, expect, it } from 'vitest';
import { changed, nextClockChange, timingProblems } from './reschedule.rules.ts';

describe('A preview that was refused', () => {
  it('says at each field what is wrong with it', () =>
    expect(
      timingProblems(
        [
          { path: ['cron'], message: 'In the minute field, "99" is out of range. It takes 0 to 59.' },
          { path: ['timeZone'], message: 'There is no time zone "Mars/Base".' },
        ],
        'Both.',
      ),
    ).toEqual({
      cron: 'In the minute field, "99" is out of range. It takes 0 to 59.',
      timeZone: 'There is no time zone "Mars/Base".',
    }));
  it('says the rest above', () => {
    expect(timingProblems([], 'There is no job "Nothing".')).toEqual({ rest: 'There is no job "Nothing".' });
    expect(timingProblems([{ path: ['first'], message: 'Too many.' }], 'x')).toEqual({ rest: 'Too many.' });
  });
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
