/** Fire times in the API: an instant, its local time, and how a clock change affects it. */
import { builder } from '../../graphql/builder.ts';
import { badInput, isInstant } from '../../graphql/scalars.ts';
import { type DstNote, type DueInstant, isCount, nextDue, type Recurrence } from '../calendar/due.rules.ts';
import { timingProblem } from './reschedule.rules.ts';

export interface FireTimeView extends DueInstant {
  readonly jobName: string;
  readonly timeZone: string;
}

/**
 * The next fires of a schedule, soonest first. Empty for an invalid schedule; leaves out
 * instants beyond the DateTime scalar's range.
 */
export function fireTimesOf(schedule: Recurrence & { readonly name: string }, after: Date, count: number) {
  if (timingProblem(schedule) !== null) return [];
  return nextDue(schedule, after, count)
    .filter(({ at }) => isInstant(at.getTime()))
    .map((due): FireTimeView => ({ ...due, jobName: schedule.name, timeZone: schedule.timeZone }));
}

/** Validates `first`, from 1 to 100; throws a bad-input error for any other number. */
export function countOf(first: number | null | undefined, fallback: number): number {
  const count = first ?? fallback;
  if (!isCount(count)) throw badInput('first: is from 1 to 100.');
  return count;
}

const Dst = builder.enumType('DstNote', {
  description: 'What a clock change does to a fire.',
  values: {
    SHIFTED_BY_GAP: {
      value: 'shifted_by_gap',
      description: 'Its local time does not exist on that day: it fires later by the length of the gap.',
    },
    FIRST_OF_REPEATED: {
      value: 'first_of_repeated',
      description: 'Its local time occurs twice on that day: this is the first.',
    },
    SECOND_OF_REPEATED: {
      value: 'second_of_repeated',
      description: 'Its local time occurs twice on that day: this is the second.',
    },
  } satisfies Record<string, { value: DstNote; description: string }>,
});
export const FireTime = builder.objectRef<FireTimeView>('FireTime').implement({
  description: 'An instant at which a job is due.',
  fields: (t) => ({
    jobName: t.text('jobName', 'The job that fires.'),
    at: t.at('at', 'When it fires.'),
    localTime: t.string({
      description: 'The same in the schedule’s time zone, with its offset: `2027-03-28T03:30:00+02:00`.',
      resolve: ({ at, timeZone }) => localTime(at, timeZone),
    }),
    dst: t.expose('dst', { type: Dst, nullable: true, description: 'Set when a clock change affects it.' }),
  }),
});

/** RFC 3339, in the zone's local time with its offset. */
function localTime(at: Date, timeZone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    hourCycle: 'h23',
    timeZoneName: 'longOffset',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  }).formatToParts(at);
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.find((one) => one.type === type)?.value ?? '';
  const offset = part('timeZoneName').replace('GMT', '') || '+00:00';
  return `${part('year').padStart(4, '0')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}${offset}`;
}
