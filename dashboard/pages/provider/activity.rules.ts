/** Time ranges, and totals of a range for charts. Pure. */
import { durationMs } from '../../ui/instants.rules.ts';
import type { Activity } from './provider-query.ts';

const HOUR_MS = 3_600_000;

export interface Span {
  readonly key: string;
  readonly title: string;
  readonly lengthMs: number;
  readonly buckets: number;
}

export const SPANS: readonly [Span, ...Span[]] = [
  { key: '1h', title: 'Last hour', lengthMs: HOUR_MS, buckets: 60 },
  { key: '24h', title: 'Last 24 hours', lengthMs: 24 * HOUR_MS, buckets: 96 },
  { key: '7d', title: 'Last 7 days', lengthMs: 168 * HOUR_MS, buckets: 84 },
];

export const spanBy = (key: string | null): Span => SPANS.find((span) => span.key === key) ?? SPANS[0];

/** Length of a bucket in milliseconds. Ranges are rounded to it, so that all viewers share one query. */
export const stepOf = ({ lengthMs, buckets }: Span): number => lengthMs / buckets;

export const millisecondsOf = (duration: string | null): number | null =>
  duration === null ? null : (durationMs(duration) ?? null);

export interface Totals {
  readonly succeeded: number;
  readonly transient: number;
  readonly permanent: number;
  readonly other: number;
  readonly slowestMs: number | null;
}

export function totalsOf(buckets: Activity['buckets']): Totals {
  const sum = (of: (bucket: Activity['buckets'][number]) => number): number =>
    buckets.reduce((total, bucket) => total + of(bucket), 0);
  const slow = buckets.map(({ durationP95 }) => millisecondsOf(durationP95)).filter((ms) => ms !== null);
  return {
    succeeded: sum(({ succeededCount }) => succeededCount),
    transient: sum(({ transientFailureCount }) => transientFailureCount),
    permanent: sum(({ permanentFailureCount }) => permanentFailureCount),
    other: sum(({ otherCount }) => otherCount),
    slowestMs: slow.length === 0 ? null : Math.max(...slow),
  };
}
