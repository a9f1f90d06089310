/** Time ranges, and totals of a range for charts. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';
import { durationMs } from '../ui/instants.rules.ts';
import type { Activity, Circuit, Provider, Transition } from './provider-query.ts';

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

/* Groups consecutive provider checks with the same result. Pure. */

type Check = Provider['recentChecks'][number];

export interface CheckSpan {
  /** The newest check of the group. */
  readonly check: Check;
  /** When the oldest check of the group ended. */
  readonly since: string;
  readonly count: number;
}

/** Newest first, in the order of `checks`. */
export function spansOf(checks: readonly Check[]): readonly CheckSpan[] {
  const spans: CheckSpan[] = [];
  for (const check of checks) {
    const last = spans.at(-1);
    if (last !== undefined && last.check.isOk === check.isOk && last.check.code === check.code)
      spans.splice(-1, 1, { ...last, since: check.checkedAt, count: last.count + 1 });
    else spans.push({ check, since: check.checkedAt, count: 1 });
  }
  return spans;
}

/* Sentences about the circuit. Pure. */

type Standing = Pick<Circuit, 'state' | 'openedBy' | 'nextProbeAt'>;

/** What the circuit's state means for the entries. */
export function meaningOf({ state, openedBy, nextProbeAt }: Standing): string {
  if (state === 'CLOSED') return 'Entries are attempted as they become due.';
  if (state === 'HALF_OPEN')
    return 'One entry is attempted as a probe. If it succeeds, the circuit closes; if not, it opens again for longer.';
  if (openedBy !== null && nextProbeAt === null) return 'No attempts until someone closes it. No entry loses a retry.';
  return 'Only probes are attempted, one at a time. A successful probe closes the circuit. No entry loses a retry.';
}

export interface Change extends Transition {
  /** It opened for the same reason as the previous time. */
  readonly isAsBefore: boolean;
}

/** Marks openings that repeat the previous reason: a long outage would list the same text a hundred times. */
export function withoutRepeats(newestFirst: readonly Transition[]): readonly Change[] {
  return newestFirst.map((one, index) => {
    const before = newestFirst.slice(index + 1).find(({ to }) => to !== 'HALF_OPEN');
    const isAsBefore =
      one.to === 'OPEN' && one.reason !== null && before?.to === 'OPEN' && before.reason === one.reason;
    return { ...one, isAsBefore };
  });
}

/** Who or what caused the transition. */
export function doerOf({ actor, to, from }: Pick<Transition, 'actor' | 'to' | 'from'>): string {
  if (actor !== null) return actor;
  if (to === 'OPEN') return from === 'HALF_OPEN' ? 'A probe that failed' : 'Failures';
  return to === 'CLOSED' ? 'A probe that succeeded' : 'The server, for a probe';
}

/* Whether the last check of the identity provider is still valid. */

/** True when the check is outdated, because the circuit has opened since. */
export const isBeforeOpening = (
  check: { readonly checkedAt: string } | null,
  { state, openedAt }: { readonly state: EnumOf<'CircuitState'>; readonly openedAt: string | null },
): boolean =>
  check !== null && state !== 'CLOSED' && openedAt !== null && Date.parse(check.checkedAt) < Date.parse(openedAt);
