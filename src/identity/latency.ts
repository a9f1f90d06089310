/**
 * Measures the calls to the identity provider: a histogram for monitoring, and the last 1,000
 * for people. Labels: call has 5 values, outcome has 5.
 */
import type { Metrics } from '../telemetry/metrics.ts';
import { createLatencyRing } from './latency.rules.ts';
import type { FailureClass } from './provider.ts';
import type { Operation } from './zitadel-errors.rules.ts';

/** `answered`: a success, or an answer that only the adapter can judge, such as "exists already". */
export type CallOutcome = 'answered' | FailureClass;

/** One HTTP call ended so, after so many milliseconds. */
export type MeasureCall = (call: Operation, outcome: CallOutcome, ms: number) => void;

export interface CallMeter {
  readonly measure: MeasureCall;
  /** Milliseconds over the last 1,000 calls of this node, whatever their outcome; null before the first. */
  latency(): { readonly p50: number | null; readonly p95: number | null };
}

const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20];

/** Without metrics only the last calls are kept. */
export function createCallMeter(metrics?: Metrics): CallMeter {
  const ring = createLatencyRing(1_000);
  const histogram = metrics?.histogram(
    'family_hub_provider_call_duration_seconds',
    'Duration of calls to the identity provider by call and class of outcome.',
    SECONDS,
    ['call', 'outcome'],
  );
  // Kept by their labels: what is called for every account must be cheap.
  const kept = new Map<string, ReturnType<NonNullable<typeof histogram>['labels']>>();
  return {
    measure(call, outcome, ms) {
      ring.add(ms);
      if (histogram === undefined) return;
      const key = `${call} ${outcome}`;
      const series = kept.get(key) ?? histogram.labels({ call, outcome });
      kept.set(key, series);
      series.observe(ms / 1_000);
    },
    latency: () => ({ p50: ring.percentile(0.5), p95: ring.percentile(0.95) }),
  };
}
