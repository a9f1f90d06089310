import { describe, expect, it } from 'vitest';
import {
  changesOf,
  foldGaps,
  foldSeries,
  isFrequent,
  isSkipped,
  olderThan,
  pausedBy,
  type Versioned,
  wallTime,
  wordsOf,
  worstOf,
} from './fire.rules.ts';

const alone = (at: string) => ({ at, gap: null });
const gap = { firstAt: '2026-11-26T01:00:00.000Z', lastAt: '2026-11-26T03:00:00.000Z', count: 121 };
const inGap = (at: string) => ({ at, gap });

describe('The outcome that a day is shown by', () => {
  it('is the one that needs somebody most', () => {
    expect(worstOf([{ outcome: 'ON_TIME' }, { outcome: 'MISSED' }, { outcome: 'LATE' }])).toBe('MISSED');
    expect(worstOf([{ outcome: 'CAUGHT_UP' }, { outcome: 'ON_TIME' }])).toBe('CAUGHT_UP');
  });
  it('is none for a day without fires', () => expect(worstOf([])).toBeUndefined());
});

describe('Instants of a gap', () => {
  const fires = [
    alone('2026-11-26T03:01:00.000Z'),
    inGap('2026-11-26T03:00:00.000Z'),
    inGap('2026-11-26T02:59:00.000Z'),
  ];
  it('are one row, which says how many of them are listed', () =>
    expect(foldGaps(fires).map(({ fire, size }) => [fire.at, size])).toEqual([
      ['2026-11-26T03:01:00.000Z', 1],
      ['2026-11-26T03:00:00.000Z', 2],
    ]));
  it('are passed over as a whole by the next page', () =>
    expect(olderThan(fires, '2026-11-26T00:00:00.000Z', true)).toBe(gap.firstAt));
  it('end the list where the gap began before what is listed', () =>
    expect(olderThan(fires, '2026-11-26T01:30:00.000Z', true)).toBeUndefined());
});

describe('The next page', () => {
  it('ends before the oldest that is listed', () =>
    expect(olderThan([alone('2026-11-26T03:01:00.000Z')], '2026-11-26T00:00:00.000Z', true)).toBe(
      '2026-11-26T03:01:00.000Z',
    ));
  it('is none when nothing more is there', () => {
    expect(olderThan([alone('2026-11-26T03:01:00.000Z')], '2026-11-26T00:00:00.000Z', false)).toBeUndefined();
    expect(olderThan([], '2026-11-26T00:00:00.000Z', true)).toBeUndefined();
  });
});

describe('A local time', () => {
  const now = Date.parse('2026-11-26T00:00:00Z');
  it('is shown with its offset, with the year where it is another, and with seconds only where it has some', () => {
    expect(wallTime('2027-03-28T03:30:00+02:00', now, 'en-GB')).toBe('Sun, 28 Mar 2027, 03:30 GMT+2');
    expect(wallTime('2027-03-28T03:30:00-11:30', now, 'en-GB')).toContain('03:30 GMT-11:30');
    expect(wallTime('2026-11-26T04:17:30Z', now, 'en-GB')).toBe('Thu 26 Nov, 04:17:30 UTC');
  });
  it('stays as it is when it cannot be read', () => expect(wallTime('soon', now)).toBe('soon'));
});

describe('A fire of a paused job', () => {
  const at = '2026-11-27T10:00:00Z';
  it('is skipped while the pause lasts, and not at its end or later', () => {
    expect(isSkipped(at, null)).toBe(false);
    expect(isSkipped(at, { until: null })).toBe(true);
    expect(isSkipped(at, { until: '2026-11-27T10:00:01Z' })).toBe(true);
    expect(isSkipped(at, { until: at })).toBe(false);
  });
});

it('A job is frequent if it fires at least every hour', () => {
  const at = (...times: string[]) => times.map((time) => ({ at: `2026-11-27T${time}:00Z` }));
  expect(isFrequent(at('10:01', '10:02'))).toBe(true);
  expect(isFrequent(at('10:17', '11:17'))).toBe(true);
  expect(isFrequent(at('10:00', '11:01'))).toBe(false);
  expect(isFrequent(at('10:00'))).toBe(false);
});

it('A count is named in words', () => expect(wordsOf('passwordsDestroyed')).toBe('passwords destroyed'));

it('A pause says who and why, as far as it is known', () => {
  expect(pausedBy({ by: 'Mia', reason: 'the disk is full' })).toBe('Paused by Mia: the disk is full');
  expect(pausedBy({ by: null, reason: null })).toBe('Paused');
});

it('Merged fires are folded as long as no other job’s comes between', () => {
  const fires = [1, 2, 3].map((at) => ({ jobName: 'Minutely', at }));
  const all = [...fires, { jobName: 'Hourly', at: 4 }, { jobName: 'Minutely', at: 5 }];
  expect(foldSeries(all).map(({ first, last, count }) => [first.jobName, first.at, last.at, count])).toEqual([
    ['Minutely', 1, 3, 3],
    ['Hourly', 4, 4, 1],
    ['Minutely', 5, 5, 1],
  ]);
});

const before: Versioned = { cron: '0 3 * * *', timeZone: 'UTC', misfirePolicy: 'RUN_ONCE', pause: null };
const pause = { pausedAt: '2026-11-26T03:00:00.000Z', until: null };

describe('What a version changed', () => {
  it('is nothing that is known of the first', () => expect(changesOf(before, undefined)).toEqual([]));
  it('is each field that differs', () =>
    expect(changesOf({ ...before, cron: '0 4 * * *', timeZone: 'Europe/Berlin' }, before)).toEqual([
      { what: 'cron', from: '0 3 * * *', to: '0 4 * * *' },
      { what: 'timeZone', from: 'UTC', to: 'Europe/Berlin' },
    ]));
  it('is a pause, or its end', () => {
    expect(changesOf({ ...before, pause }, before)).toEqual([{ what: 'paused' }]);
    expect(changesOf(before, { ...before, pause })).toEqual([{ what: 'resumed' }]);
  });
  it('is not a pause that it kept', () =>
    expect(changesOf({ ...before, pause, misfirePolicy: 'SKIP' }, { ...before, pause })).toEqual([
      { what: 'misfirePolicy', from: 'RUN_ONCE', to: 'SKIP' },
    ]));
});
