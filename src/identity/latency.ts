/** Measures the calls to the identity provider: a histogram for monitoring, and the last 1,000 calls for people. */

import type { FailureClass } from '../diagnosis/failures.ts';
import type { ServerMetrics } from '../metrics.ts';
import { createLatencyRing } from './latency.rules.ts';
import type { Operation } from './zitadel-errors.rules.ts';

/** `answered`: a success, or a response that only the adapter can interpret, such as "exists already". */
type CallOutcome = 'answered' | FailureClass;

/** One HTTP call ended with this outcome after this many milliseconds. */
export type MeasureCall = (call: Operation, outcome: CallOutcome, ms: number) => void;

export interface CallMeter {
  readonly measure: MeasureCall;
  /** Milliseconds over the last 1,000 calls of this node, whatever their outcome; null before the first. */
  latency(): { readonly p50: number | null; readonly p95: number | null };
}

/** Without metrics, only the last calls are kept. */
export function createCallMeter(metrics?: ServerMetrics['provider']): CallMeter {
  const ring = createLatencyRing(1_000);
  return {
    measure(call, outcome, ms) {
      ring.add(ms);
      metrics?.calls.observe(ms / 1_000, { call, outcome });
    },
    latency: () => ({ p50: ring.percentile(0.5), p95: ring.percentile(0.95) }),
  };
}
