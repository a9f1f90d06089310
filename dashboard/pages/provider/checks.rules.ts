/** Looks at the provider that showed the same one after another, as one. Pure. */
import type { Provider } from './provider-query.ts';

type Check = Provider['recentChecks'][number];

export interface CheckSpan {
  /** What all of them showed, as the last one said it. */
  readonly check: Check;
  /** When the first of them ended. */
  readonly since: string;
  readonly count: number;
}

/** Newest first, as they are given. */
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
