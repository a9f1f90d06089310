import { describe, expect, it } from 'vitest';
import { readTimeZone, stretches } from './time-zone.rules.ts';

describe('reading a time zone', () => {
  it.each([
    ['Europe/Berlin', 'Europe/Berlin'],
    ['europe/berlin', 'Europe/Berlin'],
    ['UTC', 'UTC'],
    ['Asia/Kolkata', 'Asia/Kolkata'],
    ['Asia/Calcutta', 'Asia/Calcutta'],
    ['Etc/GMT+3', 'Etc/GMT+3'],
    ['US/Eastern', 'US/Eastern'],
  ])('accepts %s', (name, timeZone) => {
    expect(readTimeZone(name)).toEqual({ ok: true, timeZone });
  });

  it.each([
    ['Europe/Berln', 'Europe/Berlin'],
    ['Berlin', 'Europe/Berlin'],
    ['America/NewYork', 'America/New_York'],
    ['Asia/Kolkatta', 'Asia/Kolkata'],
  ])('refuses %s and names %s', (name, near) => {
    const reading = readTimeZone(name);
    expect(reading).toMatchObject({ ok: false, problem: expect.stringContaining(near) });
  });

  it.each(['+01:00', '', 'Mars/Base', "UTC'; --"])('refuses %s', (name) => {
    expect(readTimeZone(name).ok).toBe(false);
  });
});

describe('stretches of constant offset', () => {
  const of = (zone: string, from: string, to: string) =>
    [...stretches(zone, Date.parse(from), Date.parse(to))].map(({ start, end, offset }) => [
      Number.isFinite(start) ? new Date(start).toISOString() : null,
      Number.isFinite(end) ? new Date(end).toISOString() : null,
      offset / 3_600_000,
    ]);

  it('cuts a year in Berlin at both changes', () => {
    expect(of('Europe/Berlin', '2027-01-01T00:00:00Z', '2028-01-01T00:00:00Z')).toEqual([
      [null, '2027-03-28T01:00:00.000Z', 1],
      ['2027-03-28T01:00:00.000Z', '2027-10-31T01:00:00.000Z', 2],
      ['2027-10-31T01:00:00.000Z', null, 1],
    ]);
  });

  it('knows half hours, a lost day, and zones without a change', () => {
    expect(of('Australia/Lord_Howe', '2027-04-01T00:00:00Z', '2027-04-05T00:00:00Z')).toEqual([
      [null, '2027-04-03T15:00:00.000Z', 11],
      ['2027-04-03T15:00:00.000Z', null, 10.5],
    ]);
    expect(of('Pacific/Apia', '2011-12-29T00:00:00Z', '2011-12-31T00:00:00Z')).toEqual([
      [null, '2011-12-30T10:00:00.000Z', -10],
      ['2011-12-30T10:00:00.000Z', null, 14],
    ]);
    expect(of('UTC', '2020-01-01T00:00:00Z', '2030-01-01T00:00:00Z')).toEqual([[null, null, 0]]);
  });

  it('tells of a change shortly before and after the span', () => {
    const change = Date.parse('2027-10-31T01:00:00Z');
    const [before] = stretches('Europe/Berlin', change - 3_600_000, change - 1_800_000);
    expect(before).toMatchObject({ end: change, offsetAfter: 3_600_000 });
    const [after] = stretches('Europe/Berlin', change + 1_800_000, change + 3_600_000);
    expect(after).toMatchObject({ start: change, offsetBefore: 7_200_000 });
  });
});
