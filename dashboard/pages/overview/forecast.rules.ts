/** The forecast's minutes put together into steps that a chart can show. */

export interface Step {
  /** Its beginning, in milliseconds since 1970. */
  readonly at: number;
  readonly count: number;
}

/** So many steps from the one that holds `now`; minutes outside of them are left out. */
export function inSteps(
  minutes: readonly { readonly startsAt: string; readonly count: number }[],
  now: number,
  stepMs: number,
  steps: number,
): Step[] {
  const first = Math.floor(now / stepMs) * stepMs;
  const counts = Array.from({ length: steps }, () => 0);
  for (const { startsAt, count } of minutes) {
    // What is due in the minute that has begun belongs to the present.
    const at = Math.max(0, Math.floor((Date.parse(startsAt) - first) / stepMs));
    if (at < steps) counts[at] = (counts[at] ?? 0) + count;
  }
  return counts.map((count, index) => ({ at: first + index * stepMs, count }));
}
