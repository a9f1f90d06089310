/**
 * The latency of recent calls: a ring buffer that costs one write per call, with
 * percentiles computed only on request.
 */

export interface LatencyRing {
  /** Adds the duration of one call in milliseconds; a full ring drops the oldest. */
  add(ms: number): void;
  /** The percentile of the ring's values, by nearest rank; null while it is empty. */
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
