import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inSteps, pageOf, perMinute, untilDue, verdictOf } from './overview.rules.ts';

const CALM = { pendingCount: 0, processingCount: 0, dueCount: 0, failedCount: 0 };

describe('verdictOf', () => {
  it.each([
    [CALM, 'All is well: the queue is empty.'],
    [{ ...CALM, pendingCount: 1 }, 'All is well: 1 entry waits for a later time.'],
    [{ ...CALM, pendingCount: 9, dueCount: 2, processingCount: 1 }, 'All is well: 3 entries are being attempted.'],
    [{ ...CALM, failedCount: 2 }, 'All is well: the queue is empty. 2 entries have failed and can be retried.'],
  ])('%j', (statistics, text) => expect(verdictOf(0, statistics)).toBe(text));

  it('counts what needs attention', () => {
    expect(verdictOf(1, CALM)).toBe('1 thing needs attention.');
    expect(verdictOf(4, CALM)).toBe('4 things need attention.');
  });

  it('does not say that all is well without an answer', () => {
    expect(verdictOf(undefined, CALM)).toMatch(/^The status is not known/);
  });
});

describe('pageOf', () => {
  it('links a condition to the page where it is fixed, and any other to the alerts', () => {
    const page = (code: string, key: string | null = null) => pageOf({ code, subject: { kind: 'QUEUE', key } });
    expect(page('SCHEDULE_PAUSED', 'RetentionJob')).toBe('/schedules/RetentionJob');
    expect(page('ENTRY_FAILED', 'group')).toBe('/failures');
    expect(page('DISK_FULL')).toBe('/alerts');
  });
});

it('gives the rate of an hour with two digits that count', () => {
  expect([0, 1, 155, 720, 75_000].map(perMinute)).toEqual(['0', '0.017', '2.6', '12', '1,250']);
});

const NOW = Date.parse('2026-11-26T10:10:00Z');
const HALF_HOUR = 1_800_000;

it('puts minutes into the steps that hold them, from the one that has begun', () => {
  const steps = inSteps(
    [
      { startsAt: '2026-11-26T10:10:00Z', count: 1 },
      { startsAt: '2026-11-26T10:29:00Z', count: 2 },
      { startsAt: '2026-11-26T10:30:00Z', count: 4 },
      { startsAt: '2026-11-26T12:00:00Z', count: 8 },
    ],
    NOW,
    HALF_HOUR,
    3,
  );
  expect(steps.map(({ count }) => count)).toEqual([3, 4, 0]);
  expect(steps[0]?.at).toBe(Date.parse('2026-11-26T10:00:00Z'));
});

it('loses none within its span', () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ minute: fc.integer({ min: 0, max: 1_439 }), count: fc.integer({ min: 1, max: 99 }) })),
      (list) => {
        const minutes = list.map(({ minute, count }) => ({
          startsAt: new Date(NOW + minute * 60_000).toISOString(),
          count,
        }));
        const total = (counts: readonly { count: number }[]): number =>
          counts.reduce((sum, { count }) => sum + count, 0);
        expect(total(inSteps(minutes, NOW, HALF_HOUR, 49))).toBe(total(minutes));
      },
    ),
  );
});

it.each([
  [null, undefined],
  ['2026-11-26T07:00:10.000Z', 10_200],
  ['2026-11-26T06:59:00.000Z', 200],
  ['2026-12-24T18:00:00.000Z', undefined],
])('the counts are read again when an entry becomes due at %s', (nextDueAt, wait) => {
  expect(untilDue(nextDueAt, Date.parse('2026-11-26T07:00:00Z'))).toBe(wait);
});
