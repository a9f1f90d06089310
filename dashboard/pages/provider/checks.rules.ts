/** Groups consecutive provider checks with the same result. Pure. */
import type { Provider } from './provider-query.ts';

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
