import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countDue, dueInstants, firstDue, previousDue } from '../calendar/due.rules.ts';
import { countInSpan, instantsOf, type LedgerGap } from './fire-page.rules.ts';

const HOUR = 3_600_000;
const at = (time: string) => new Date(`2027-03-28T${time}Z`);
/** All instants that are due in a span, as one row. */
const gapOf = (cron: string, timeZone: string, after: Date, through: Date): LedgerGap | null => {
  const firedAt = firstDue({ cron, timeZone }, after, through);
  const throughAt = previousDue({ cron, timeZone }, new Date(through.getTime() + 1), new Date(after.getTime() + 1));
  if (firedAt === null || throughAt === null) return null;
  return { cron, timeZone, firedAt, throughAt, count: countDue({ cron, timeZone }, after, through) };
};
const list = (rows: readonly LedgerGap[], span: { from: Date; to: Date }, isNewestFirst: boolean, size = 1000) =>
  instantsOf(rows, span, { isNewestFirst, size }).map((fire) => fire.at);

describe('the instants of a gap', () => {
  it('are those that were due, in either order, as far as the span reaches', () =>
    fc.assert(
      fc.property(
        fc.constantFrom('*/7 * * * *', '30 2 * * *', '*/20 1,2,3 * * *', '0 30 */6 * * *'),
        fc.constantFrom('UTC', 'Europe/Berlin', 'Africa/Cairo'),
        fc.integer({ min: 0, max: 40 * 60 }),
        fc.integer({ min: 0, max: 40 * 60 }),
        fc.integer({ min: 1, max: 40 * 60 }),
        (cron, timeZone, start, cut, length) => {
          const minute = (some: number) => new Date(at('00:00:00').getTime() - 20 * HOUR + some * 60_000);
          const gap = gapOf(cron, timeZone, minute(start), minute(start + 1200));
          fc.pre(gap !== null);
          const span = { from: minute(cut), to: minute(cut + length) };
          const within = (one: Date) => one >= gap.firedAt && one <= gap.throughAt;
          const due = [...dueInstants(gap, new Date(span.from.getTime() - 1), new Date(span.to.getTime() - 1))]
            .map((one) => one.at)
            .filter(within);
          expect(list([gap], span, false)).toEqual(due);
          expect(list([gap], span, true)).toEqual(due.toReversed());
          expect(countInSpan(gap, span)).toBe(due.length);
        },
      ),
      { numRuns: 300 },
    ));

  it('of a year of seconds are opened only as far as the page reaches', () => {
    const year = gapOf('* * * * * *', 'Europe/Berlin', at('00:00:00'), new Date('2028-03-28T00:00:00Z'));
    if (year === null) throw new Error('Nothing was due.');
    const span = { from: year.firedAt, to: new Date('2028-03-28T00:00:00.001Z') };
    const began = process.cpuUsage();
    expect(list([year], span, true, 3).map((one) => one.toISOString())).toEqual([
      '2028-03-28T00:00:00.000Z',
      '2028-03-27T23:59:59.000Z',
      '2028-03-27T23:59:58.000Z',
    ]);
    expect(list([year], span, false, 100)).toHaveLength(100);
    expect(countInSpan(year, span)).toBe(366 * 86_400);
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(1_000);
  });

  it('whose rule nobody can read any more are one: the first', () => {
    const lost = {
      cron: 'made unreadable',
      timeZone: 'UTC',
      firedAt: at('01:00:00'),
      throughAt: at('05:00:00'),
      count: 5,
    };
    const whole = { from: at('00:00:00'), to: at('06:00:00') };
    for (const isNewestFirst of [true, false]) expect(list([lost], whole, isNewestFirst)).toEqual([lost.firedAt]);
    expect(list([lost], { ...whole, from: at('02:00:00') }, true)).toEqual([]);
    expect(countInSpan(lost, whole)).toBe(5);
  });
});

it('a single instant is listed, due or not, if it lies in the span', () => {
  const single = { cron: '0 * * * *', timeZone: 'UTC', firedAt: at('01:30:00'), throughAt: at('01:30:00'), count: 1 };
  expect(list([single], { from: at('01:30:00'), to: at('01:30:01') }, true)).toEqual([single.firedAt]);
  expect(list([single], { from: at('01:00:00'), to: at('01:30:00') }, false)).toEqual([]);
});

it('a page ends where it is full, within a gap or between rows', () => {
  const [one, two] = [
    gapOf('0 * * * *', 'UTC', at('00:30:00'), at('03:30:00')),
    gapOf('0 * * * *', 'UTC', at('03:30:00'), at('06:30:00')),
  ];
  if (one === null || two === null) throw new Error('Nothing was due.');
  const span = { from: at('00:00:00'), to: at('23:00:00') };
  const hours = (size: number) => list([two, one], span, true, size).map((instant) => instant.getUTCHours());
  expect(hours(2)).toEqual([6, 5]);
  expect(hours(4)).toEqual([6, 5, 4, 3]);
  expect(hours(100)).toEqual([6, 5, 4, 3, 2, 1]);
});
