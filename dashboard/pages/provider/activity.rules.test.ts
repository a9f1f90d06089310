import { describe, expect, it } from 'vitest';
import { millisecondsOf, SPANS, spanBy, stepOf, totalsOf } from './activity.rules.ts';

const bucket = {
  startsAt: '2026-01-01T00:00:00Z',
  succeededCount: 2,
  transientFailureCount: 1,
  permanentFailureCount: 0,
  otherCount: 1,
  durationP50: 'PT0.02S',
  durationP95: 'PT1.5S',
};

describe('the activity of a span', () => {
  it('takes the first span for one that there is not', () => {
    expect(spanBy('7d').title).toBe('Last 7 days');
    expect(spanBy('year')).toBe(SPANS[0]);
    expect(spanBy(null)).toBe(SPANS[0]);
  });

  it('cuts each span into buckets of whole minutes', () => {
    for (const span of SPANS) expect(stepOf(span) % 60_000).toBe(0);
  });

  it('adds up outcomes, and finds the slowest among buckets of which some are empty', () => {
    const empty = { ...bucket, succeededCount: 0, transientFailureCount: 0, otherCount: 0, durationP95: null };
    expect(totalsOf([bucket, empty, bucket])).toEqual({
      succeeded: 4,
      transient: 2,
      permanent: 0,
      other: 2,
      slowestMs: 1_500,
    });
    expect(totalsOf([]).slowestMs).toBeNull();
    expect(millisecondsOf('PT0.02S')).toBe(20);
  });
});
