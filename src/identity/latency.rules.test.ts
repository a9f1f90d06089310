import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLatencyRing, percentile } from './latency.rules.ts';

describe('percentile', () => {
  it.each([
    [[], 0.5, null],
    [[7], 0.5, 7],
    [[7], 0.95, 7],
    [[4, 1, 3, 2], 0.5, 2],
    [[4, 1, 3, 2], 0.95, 4],
    [[1, 2, 3], 0, 1],
    [[1, 2, 3], 1, 3],
  ])('of %j at %d is %s', (values, share, expected) => {
    expect(percentile(Float64Array.from(values), share)).toBe(expected);
  });

  it('is the smallest value that the share does not exceed', () => {
    const latencies = fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(latencies, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const found = percentile(Float64Array.from(values), share) ?? Number.NaN;
        const atMost = (limit: number) => values.filter((value) => value <= limit).length / values.length;
        expect(values).toContain(found);
        expect(atMost(found)).toBeGreaterThanOrEqual(share - 1e-9);
        for (const smaller of values.filter((value) => value < found)) expect(atMost(smaller)).toBeLessThan(share);
      }),
    );
  });
});

describe('the ring', () => {
  it('keeps only the last calls', () => {
    const ring = createLatencyRing(3);
    expect(ring.percentile(0.5)).toBeNull();
    for (const ms of [900, 800, 1, 2, 3]) ring.add(ms);
    expect(ring.percentile(0)).toBe(1);
    expect(ring.percentile(1)).toBe(3);
  });
});
