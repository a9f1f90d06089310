/** Validates a request to reschedule: returns the requested timing, or every problem with it. */
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import type { InputIssue } from '../../refusals.ts';
import { parseCron } from '../calendar/cron.rules.ts';
import type { Recurrence } from '../calendar/due.rules.ts';
import { readTimeZone } from '../calendar/time-zone.rules.ts';
import type { Timing } from './schedules.ts';

export interface TimingRequest {
  readonly cron?: string | null;
  readonly timeZone?: string | null;
  readonly misfirePolicy?: MisfirePolicy | null;
  /** Restores the code's default. */
  readonly reset?: boolean | null;
  /** For the audit trail. */
  readonly reason?: string | null;
}

const LONGEST_REASON = 500;

export type TimingReading =
  /** What to change; 'default' restores everything to the code's default. */
  | { readonly ok: true; readonly changes: Partial<Timing> | 'default' }
  | { readonly ok: false; readonly issues: readonly InputIssue[] };

/**
 * Reads a request. Null counts as left out; a time zone gets its IANA spelling; runs of
 * spaces in a cron become one.
 */
export function readTimingRequest(request: TimingRequest): TimingReading {
  const { cron, timeZone, misfirePolicy, reset, reason } = request;
  const issues: InputIssue[] = [];
  const changes: { -readonly [K in keyof Timing]?: Timing[K] } = {};
  if (cron !== null && cron !== undefined) {
    const reading = parseCron(cron);
    if (reading.ok) changes.cron = cron.trim().replace(/\s+/g, ' ');
    else issues.push({ path: ['cron'], message: reading.problem, code: reading.code });
  }
  if (timeZone !== null && timeZone !== undefined) {
    const reading = readTimeZone(timeZone);
    if (reading.ok) changes.timeZone = reading.timeZone;
    else issues.push({ path: ['timeZone'], message: reading.problem, code: 'UNKNOWN_TIME_ZONE' });
  }
  if (misfirePolicy !== null && misfirePolicy !== undefined) changes.misfirePolicy = misfirePolicy;
  if ((reason?.trim().length ?? 0) > LONGEST_REASON) {
    issues.push({ path: ['reason'], message: `has at most ${LONGEST_REASON} characters`, code: 'INVALID_VALUE' });
  }

  const given = (['cron', 'timeZone', 'misfirePolicy'] as const).filter((name) => (request[name] ?? null) !== null);
  if (reset && given.length > 0) {
    const message = `A reset takes everything back to the default and goes with nothing else; ${given.join(', ')} ${given.length === 1 ? 'was' : 'were'} given too. Leave out one or the other.`;
    issues.push({ path: ['reset'], message, code: 'CONFLICTING_INPUT' });
  }
  if (!reset && given.length === 0) {
    issues.push({
      path: [],
      message: 'Nothing to change was given. Give cron, timeZone or misfirePolicy, or reset: true for the default.',
      code: 'NOTHING_GIVEN',
    });
  }
  return issues.length > 0 ? { ok: false, issues } : { ok: true, changes: reset ? 'default' : changes };
}

/** What would still be invalid after changing a schedule that SQL made invalid: set that too, or reset. */
export function unreadableAfter(timing: Timing): InputIssue[] {
  return timingIssues(timing).map((issue) => ({
    ...issue,
    message: `The current schedule is invalid, and this would not fix it: ${issue.message} Set ${issue.path.join()} too, or reset: true alone.`,
  }));
}

/** The problems of the cron and the time zone, each with its path; empty when both are valid. */
export function timingIssues({ cron, timeZone }: Recurrence): InputIssue[] {
  const [time, zone] = [parseCron(cron), readTimeZone(timeZone)];
  return [
    ...(time.ok ? [] : [{ path: ['cron'], message: time.problem, code: time.code }]),
    ...(zone.ok ? [] : [{ path: ['timeZone'], message: zone.problem, code: 'UNKNOWN_TIME_ZONE' }]),
  ];
}

/** The first problem, for people; null when cron and time zone are valid. */
export function timingProblem(recurrence: Recurrence): string | null {
  return timingIssues(recurrence)[0]?.message ?? null;
}
