import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../refusals.ts';
import { bucketStarts, spanOf } from './queue-activity.rules.ts';

const FROM = new Date('2026-03-01T00:00:00.000Z');
const later = (ms: number): Date => new Date(FROM.getTime() + ms);
const DAY_MS = 86_400_000;

/** The problems of a span, by path and code. */
function problems(to: Date, buckets: number): string[] {
  try {
    spanOf(FROM, to, buckets);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    return error.issues.map(({ path, code }) => `${path.join('.')} ${code}`);
  }
}

describe('a span', () => {
  it('is cut into equal buckets that cover it, no more than were asked for', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 * DAY_MS }), fc.integer({ min: 1, max: 500 }), (ms, buckets) => {
        const span = spanOf(FROM, later(ms), buckets);
        const starts = bucketStarts(span).map((start) => start.getTime() - FROM.getTime());
        expect(starts.length).toBeLessThanOrEqual(buckets);
        expect(starts).toEqual(starts.map((_, place) => place * span.bucketMs));
        expect(starts.at(-1)).toBeLessThan(ms);
        expect((starts.at(-1) ?? 0) + span.bucketMs).toBeGreaterThanOrEqual(ms);
      }),
    );
  });

  it('has exactly as many as were asked for where whole milliseconds allow it', () => {
    expect(bucketStarts(spanOf(FROM, later(3_600_000), 60))).toHaveLength(60);
    expect(bucketStarts(spanOf(FROM, later(400 * DAY_MS), 500))).toHaveLength(500);
    expect(bucketStarts(spanOf(FROM, later(7), 60))).toHaveLength(7);
  });

  it.each([
    ['ends where it begins', FROM, 60, ['to NOT_AFTER_FROM']],
    ['ends before', later(-1), 60, ['to NOT_AFTER_FROM']],
    ['is longer than 400 days', later(400 * DAY_MS + 1), 60, ['to TOO_LONG']],
    ['has no bucket', later(1_000), 0, ['buckets OUT_OF_RANGE']],
    ['has too many, and ends too soon', FROM, 501, ['to NOT_AFTER_FROM', 'buckets OUT_OF_RANGE']],
  ])('that %s is refused with every problem', (_name, to, buckets, expected) => {
    expect(problems(to, buckets)).toEqual(expected);
  });
});
