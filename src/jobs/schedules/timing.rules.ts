/** Whether a schedule can be read: only SQL by hand, or a default that is wrong, makes one that cannot. */
import { parseCron } from '../calendar/cron.rules.ts';
import type { Recurrence } from '../calendar/due.rules.ts';
import { readTimeZone } from '../calendar/time-zone.rules.ts';

/** What is wrong with the cron or the zone, for people; null when both can be read. */
export function timingProblem({ cron, timeZone }: Recurrence): string | null {
  for (const reading of [parseCron(cron), readTimeZone(timeZone)]) if (!reading.ok) return reading.problem;
  return null;
}
