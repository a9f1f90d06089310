/** Rules of the reschedule dialog: presets, errors by field, and the next clock change. */

import type { EnumOf } from '../graphql/graphql.ts';

export interface Timing {
  readonly cron: string;
  readonly timeZone: string;
  readonly misfirePolicy: EnumOf<'MisfirePolicy'>;
}

/** Common cron expressions; the one that equals the field's value is shown as selected. */
export const PRESETS: readonly (readonly [cron: string, text: string])[] = [
  ['* * * * *', 'Every minute'],
  ['*/5 * * * *', 'Every 5 minutes'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['0 * * * *', 'Every hour'],
  ['0 */6 * * *', 'Every 6 hours'],
  ['0 3 * * *', 'Every day at 03:00'],
  ['30 2 * * *', 'Every day at 02:30'],
  ['0 6 * * 1-5', 'Weekdays at 06:00'],
  ['0 4 * * 0', 'Sundays at 04:00'],
  ['0 5 1 * *', 'The 1st of each month at 05:00'],
];

const FIELDS = ['cron', 'timeZone', 'misfirePolicy', 'after'] as const;
export type TimingProblems = Partial<Record<(typeof FIELDS)[number] | 'rest', string>>;

interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

/** The errors of a rejected preview by field; without field errors, the message as a whole. */
export function timingProblems(issues: readonly Issue[], message: string): TimingProblems {
  if (issues.length === 0) return { rest: message };
  const problems: TimingProblems = {};
  for (const { path, message: problem } of issues) {
    const name = path.at(-1) ?? '';
    problems[isField(name) ? name : 'rest'] ??= problem;
  }
  return problems;
}

const isField = (name: string): name is (typeof FIELDS)[number] => FIELDS.some((field) => field === name);

/** The changed fields, as the mutation takes them; empty when nothing differs. */
export function changed(from: Timing, to: Timing): Partial<Timing> {
  return {
    ...(to.cron.trim() !== from.cron && { cron: to.cron.trim() }),
    ...(to.timeZone.trim() !== from.timeZone && { timeZone: to.timeZone.trim() }),
    ...(to.misfirePolicy !== from.misfirePolicy && { misfirePolicy: to.misfirePolicy }),
  };
}

const HOUR_MS = 3_600_000;
const LOOKS_AHEAD_HOURS = 400 * 24;

/**
 * The next instant at which a zone's clocks change, to the hour; undefined when there is none within 400 days or no
 * such zone.
 */
export function nextClockChange(timeZone: string, after: number): number | undefined {
  const offsetAt = offsets(timeZone);
  if (offsetAt === undefined) return undefined;
  const start = Math.ceil(after / HOUR_MS) * HOUR_MS;
  const first = offsetAt(start);
  // A zone keeps its offset for weeks, so checking once a week misses no change.
  for (let hours = 168; hours <= LOOKS_AHEAD_HOURS; hours += 168) {
    if (offsetAt(start + hours * HOUR_MS) === first) continue;
    let before = hours - 168;
    let behind = hours;
    while (behind - before > 1) {
      const middle = Math.floor((before + behind) / 2);
      if (offsetAt(start + middle * HOUR_MS) === first) before = middle;
      else behind = middle;
    }
    return start + behind * HOUR_MS;
  }
  return undefined;
}

function offsets(timeZone: string): ((at: number) => string) | undefined {
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone, timeZoneName: 'longOffset' });
    return (at) => format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';
  } catch {
    return undefined;
  }
}
