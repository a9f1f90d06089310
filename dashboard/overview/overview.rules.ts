/** The status sentence of the overview, and the page that shows each condition. Pure. */

/** Pages of conditions by code; all others are shown on the alerts page. */
const PAGES: Readonly<Record<string, string>> = {
  NO_LIVE_NODE: '/nodes',
  SIMULATOR_FAULT: '/provider',
  CIRCUIT_OPEN: '/provider',
  QUEUE_PAUSED: '/queue',
  FAMILY_PAUSED: '/queue',
  ENTRY_FAILED: '/failures',
};

export interface Condition {
  readonly code: string;
  readonly subject: { readonly kind: string; readonly key: string | null };
}

export const pageOf = ({ code, subject }: Condition): string =>
  code === 'SCHEDULE_PAUSED' ? `/schedules/${subject.key}` : (PAGES[code] ?? '/alerts');

export interface Statistics {
  readonly pendingCount: number;
  readonly processingCount: number;
  readonly dueCount: number;
  readonly failedCount: number;
}

/** `conditionCount`: how many conditions need attention; undefined while unknown. */
export function verdictOf(
  conditionCount: number | undefined,
  { pendingCount, processingCount, dueCount, failedCount }: Statistics,
): string {
  const many = (count: number, one: string, several: string): string =>
    `${count.toLocaleString()} ${count === 1 ? one : several}`;
  if (conditionCount === undefined) return 'The status is not known: the server did not answer.';
  if (conditionCount > 0) return `${many(conditionCount, 'thing needs', 'things need')} attention.`;
  const failed =
    failedCount === 0 ? '' : ` ${many(failedCount, 'entry has', 'entries have')} failed and can be retried.`;
  if (processingCount + dueCount > 0)
    return `All is well: ${many(processingCount + dueCount, 'entry is', 'entries are')} being attempted.${failed}`;
  if (pendingCount > 0)
    return `All is well: ${many(pendingCount, 'entry waits', 'entries wait')} for a later time.${failed}`;
  return `All is well: the queue is empty.${failed}`;
}

/** The rate of what happened within an hour: "2.9", "12", "0.02". */
export const perMinute = (inAnHour: number): string =>
  (inAnHour / 60).toLocaleString(undefined, { maximumSignificantDigits: inAnHour < 6_000 ? 2 : 3 });

/* Groups the forecast's minutes into steps for a chart. Pure. */

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

/* When to query the counts again because an entry becomes due. Pure. */

/** Allows for clock differences between browser and server. */
const MARGIN_MS = 200;
/** Longer timers are pointless, as the counts are polled anyway; timers beyond 2^31 ms fire at once. */
const LONGEST_MS = 3_600_000;

/** Milliseconds until the next entry is due; undefined if there is none or it is more than an hour away. */
export function untilDue(nextDueAt: string | null, now: number): number | undefined {
  if (nextDueAt === null) return undefined;
  const wait = Math.max(0, Date.parse(nextDueAt) - now) + MARGIN_MS;
  return wait > LONGEST_MS ? undefined : wait;
}
