/** The status sentence of the overview, and the page that shows each condition. Pure. */

/** Pages of conditions by code; all others are shown on the alerts page. */
const PAGES: Readonly<Record<string, string>> = {
  NO_LIVE_NODE: '/nodes',
  SIMULATOR_FAULT: '/provider',
  CIRCUIT_OPEN: '/provider',
  QUEUE_PAUSED: '/settings',
  FAMILY_PAUSED: '/settings',
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
