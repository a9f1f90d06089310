import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CRONS, ZONES } from '../../../test/support/ledger-story.ts';
import { dueInstants, type Recurrence } from '../calendar/due.rules.ts';
import { type Comparison, type ComparisonInput, comparing } from './due-comparison.rules.ts';

const DAY = 86_400_000;
const compare = (input: ComparisonInput): Comparison => {
  const comparison = comparing(input);
  for (;;) {
    const step = comparison.next();
    if (step.done) return step.value;
  }
};
const month = (after: string) => ({ after: new Date(after), through: new Date(Date.parse(after) + 30 * DAY) });
const utc = (cron: string): Recurrence => ({ cron, timeZone: 'UTC' });
const iso = (instants: readonly Date[]) => instants.map((at) => at.toISOString());

describe('two schedules side by side', () => {
  it('one hour later: each night loses one and gains one', () => {
    const { appearing, appearingCount, vanishing, vanishingCount } = compare({
      planned: utc('0 4 * * *'),
      inForce: utc('0 3 * * *'),
      others: [],
      ...month('2026-06-01T12:00:00Z'),
    });
    expect([appearingCount, vanishingCount]).toEqual([30, 30]);
    expect(iso(appearing).slice(0, 2)).toEqual(['2026-06-02T04:00:00.000Z', '2026-06-03T04:00:00.000Z']);
    expect(iso(vanishing).slice(0, 2)).toEqual(['2026-06-02T03:00:00.000Z', '2026-06-03T03:00:00.000Z']);
  });

  it('the same under another name: nothing', () => {
    expect(
      compare({
        planned: { cron: '0 0 3 ? * *', timeZone: 'Europe/Berlin' },
        inForce: { cron: '0 3 * * *', timeZone: 'Europe/Vienna' },
        others: [],
        ...month('2027-03-20T00:00:00Z'),
      }),
    ).toMatchObject({ appearingCount: 0, vanishingCount: 0, collisionCount: 0 });
  });

  it('without one in force nothing appears, but collisions do', () => {
    const { collisions, ...counts } = compare({
      planned: utc('0 */12 * * *'),
      inForce: null,
      others: [
        { name: 'Daily', ...utc('0 12 * * *') },
        { name: 'Minutely', ...utc('* * * * *') },
      ],
      ...month('2026-06-01T01:00:00Z'),
    });
    expect(counts).toMatchObject({ appearingCount: 0, vanishingCount: 0, collisionCount: 60 });
    expect(collisions.slice(0, 2)).toEqual([
      { at: new Date('2026-06-01T12:00:00Z'), jobNames: ['Daily', 'Minutely'] },
      { at: new Date('2026-06-02T00:00:00Z'), jobNames: ['Minutely'] },
    ]);
  });

  it('every second: all are counted, 100 listed, in bounded time', () => {
    const began = process.cpuUsage();
    const comparison = compare({
      planned: { cron: '* * * * * *', timeZone: 'Europe/Berlin' },
      inForce: { cron: '*/2 * * * * *', timeZone: 'America/New_York' },
      others: [{ name: 'Minutely', ...utc('* * * * *') }],
      ...month('2027-03-20T10:11:12Z'),
    });
    expect(process.cpuUsage(began).user / 1_000).toBeLessThan(5_000);
    expect(comparison).toMatchObject({ appearingCount: 15 * 86_400, vanishingCount: 0, collisionCount: 30 * 1440 });
    expect([comparison.appearing.length, comparison.collisions.length]).toEqual([100, 100]);
  });

  it(
    'counts and lists as a walk over every instant would',
    () =>
      fc.assert(
        fc.property(
          fc.constantFrom(...CRONS, '5,35 2-4 * * *', '*/13 * * * *'),
          fc.constantFrom(...CRONS),
          fc.constantFrom(...CRONS),
          fc.tuple(fc.constantFrom(...ZONES), fc.constantFrom(...ZONES), fc.constantFrom(...ZONES)),
          fc.constantFrom(
            '2027-03-10T11:22:33Z',
            '2027-04-20T00:00:00Z',
            '2027-10-15T23:59:59Z',
            '2027-06-01T01:02:03Z',
          ),
          fc.integer({ min: 1, max: 30 }),
          (one, two, three, [zone1, zone2, zone3], start, length) => {
            const after = new Date(start);
            const through = new Date(after.getTime() + length * DAY);
            const planned = { cron: one, timeZone: zone1 };
            const inForce = { cron: two, timeZone: zone2 };
            const other = { cron: three, timeZone: zone3 };
            const of = (recurrence: Recurrence) =>
              [...dueInstants(recurrence, after, through)].map(({ at }) => at.getTime());
            const [plan, force, rest] = [of(planned), new Set(of(inForce)), new Set(of(other))];
            const planSet = new Set(plan);
            const comparison = compare({
              planned,
              inForce,
              others: [{ name: 'Other', ...other }],
              after,
              through,
              limit: 5,
            });
            const appearing = plan.filter((at) => !force.has(at));
            const vanishing = [...force].filter((at) => !planSet.has(at));
            const collisions = plan.filter((at) => rest.has(at));
            const numbers = (list: readonly Date[]) => list.map((at) => at.getTime());
            expect(numbers(comparison.appearing)).toEqual(appearing.slice(0, 5));
            expect(numbers(comparison.vanishing)).toEqual(vanishing.slice(0, 5));
            expect(numbers(comparison.collisions.map(({ at }) => at))).toEqual(collisions.slice(0, 5));
            expect(comparison).toMatchObject({
              appearingCount: appearing.length,
              vanishingCount: vanishing.length,
              collisionCount: collisions.length,
            });
          },
        ),
        { numRuns: 150 },
      ),
    60_000,
  );
});
