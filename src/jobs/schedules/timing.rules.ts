/** Whether a schedule can be read: only SQL by hand, or a default that is wrong, makes one that cannot. */
import type { InputIssue } from '../../refusals.ts';
import { parseCron } from '../calendar/cron.rules.ts';
import type { Recurrence } from '../calendar/due.rules.ts';
import { readTimeZone } from '../calendar/time-zone.rules.ts';

/** What is wrong with the cron and the zone, each named; empty when both can be read. */
export function timingIssues({ cron, timeZone }: Recurrence): InputIssue[] {
  const [time, zone] = [parseCron(cron), readTimeZone(timeZone)];
  return [
    ...(time.ok ? [] : [{ path: ['cron'], message: time.problem, code: time.code }]),
    ...(zone.ok ? [] : [{ path: ['timeZone'], message: zone.problem, code: 'UNKNOWN_TIME_ZONE' }]),
  ];
}

/** The first of them, for people; null when both can be read. */
export function timingProblem(recurrence: Recurrence): string | null {
  return timingIssues(recurrence)[0]?.message ?? null;
}
