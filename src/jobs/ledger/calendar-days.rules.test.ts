import { describe, expect, test } from 'vitest';
import { calendarDays } from './fire-calendar.rules.ts';

const days = (timeZone: string, from: string, to: string) =>
  calendarDays(timeZone, new Date(from), new Date(to)).map(({ date, startsAt, endsAt }) => ({
    date,
    startsAt: new Date(startsAt).toISOString(),
    hours: (endsAt - startsAt) / 3_600_000,
  }));

describe('calendarDays', () => {
  test('answers whole days, those at the ends included', () => {
    expect(days('UTC', '2026-06-01T12:00:00Z', '2026-06-03T00:00:00.001Z')).toEqual([
      { date: '2026-06-01', startsAt: '2026-06-01T00:00:00.000Z', hours: 24 },
      { date: '2026-06-02', startsAt: '2026-06-02T00:00:00.000Z', hours: 24 },
      { date: '2026-06-03', startsAt: '2026-06-03T00:00:00.000Z', hours: 24 },
    ]);
  });

  test('does not answer a day that only begins at the end', () => {
    expect(days('UTC', '2026-06-01T00:00:00Z', '2026-06-02T00:00:00Z')).toHaveLength(1);
  });

  test('has a day of 23 hours and one of 25 in Berlin', () => {
    expect(days('Europe/Berlin', '2027-03-27T12:00:00Z', '2027-03-29T12:00:00Z')).toEqual([
      { date: '2027-03-27', startsAt: '2027-03-26T23:00:00.000Z', hours: 24 },
      { date: '2027-03-28', startsAt: '2027-03-27T23:00:00.000Z', hours: 23 },
      { date: '2027-03-29', startsAt: '2027-03-28T22:00:00.000Z', hours: 24 },
    ]);
    expect(days('Europe/Berlin', '2027-10-31T12:00:00Z', '2027-10-31T13:00:00Z')).toEqual([
      { date: '2027-10-31', startsAt: '2027-10-30T22:00:00.000Z', hours: 25 },
    ]);
  });

  test('begins a day whose midnight is left out with its first instant', () => {
    // Clocks go from 23:59:59 on the 23rd to 01:00 on the 24th.
    expect(days('Africa/Cairo', '2026-04-23T21:30:00Z', '2026-04-24T12:00:00Z')).toEqual([
      { date: '2026-04-23', startsAt: '2026-04-22T22:00:00.000Z', hours: 24 },
      { date: '2026-04-24', startsAt: '2026-04-23T22:00:00.000Z', hours: 23 },
    ]);
  });

  test('begins a day whose midnight comes twice with the first', () => {
    // Clocks go from 00:59:59 on the 1st back to 00:00.
    expect(days('America/Havana', '2026-11-01T04:00:00Z', '2026-11-01T06:00:00Z')).toEqual([
      { date: '2026-11-01', startsAt: '2026-11-01T04:00:00.000Z', hours: 25 },
    ]);
  });

  test('leaves out a date that there was not', () => {
    // Samoa crossed the date line: there was no 30 December 2011.
    expect(days('Pacific/Apia', '2011-12-29T12:00:00Z', '2011-12-31T12:00:00Z').map(({ date }) => date)).toEqual([
      '2011-12-29',
      '2011-12-31',
      '2012-01-01',
    ]);
  });

  test('meets without gap or overlap, over a year of any zone', () => {
    for (const timeZone of ['Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu', 'Pacific/Chatham', 'Asia/Beirut']) {
      const year = calendarDays(timeZone, new Date('2018-01-01T00:00:00Z'), new Date('2019-01-01T00:00:00Z'));
      expect(year.length).toBeGreaterThanOrEqual(365);
      for (const [index, day] of year.slice(1).entries()) expect(day.startsAt).toBe(year[index]?.endsAt);
    }
  });
});
