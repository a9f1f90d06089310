/**
 * How long the last calls took: a ring that costs one write per call, and percentiles that are
 * reckoned only when somebody looks.
 */

export interface LatencyRing {
  /** Milliseconds of one call; the oldest falls out when the ring is full. */
  add(ms: number): void;
  /** The percentile of what the ring holds, by nearest rank; null while it is empty. */
  percentile(share: number): number | null;
}

/** A ring for the last `size` calls. */
export function createLatencyRing(size: number): LatencyRing {
  const ring = new Float64Array(size);
  let added = 0;
  return {
    add(ms) {
      ring[added % size] = ms;
      added += 1;
    },
    percentile: (share) => percentile(ring.slice(0, Math.min(added, size)), share),
  };
}

/** The smallest value that at least this share (0 to 1) of the values does not exceed; null for no values. */
export function percentile(values: Float64Array, share: number): number | null {
  const rank = Math.max(1, Math.ceil(share * values.length));
  return values.toSorted()[rank - 1] ?? null;
}
