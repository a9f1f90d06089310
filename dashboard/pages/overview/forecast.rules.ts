/** Groups the forecast's minutes into steps for a chart. Pure. */

export interface Step {
  /** Start of the step, in milliseconds since 1970. */
  readonly at: number;
  readonly count: number;
}

/** Returns `steps` steps starting with the one that contains `now`; minutes after the last one are left out. */
export function inSteps(
  minutes: readonly { readonly startsAt: string; readonly count: number }[],
  now: number,
  stepMs: number,
  steps: number,
): Step[] {
  const first = Math.floor(now / stepMs) * stepMs;
  const counts = Array.from({ length: steps }, () => 0);
  for (const { startsAt, count } of minutes) {
    // Minutes that began before `now` count in the first step.
    const at = Math.max(0, Math.floor((Date.parse(startsAt) - first) / stepMs));
    if (at < steps) counts[at] = (counts[at] ?? 0) + count;
  }
  return counts.map((count, index) => ({ at: first + index * stepMs, count }));
}
