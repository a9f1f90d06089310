/** `fireCalendar` in the API: the fire ledger day by day. */
import { builder } from '../../graphql/builder.ts';
import { OutcomeCount } from './fire.graphql.ts';
import type { FireDay } from './fire-calendar.rules.ts';
import { loadFireCalendar } from './fire-calendar.ts';

const Day = builder.objectRef<FireDay>('FireDay').implement({
  description: 'A day of a job’s ledger, whole, in the zone that was asked for.',
  fields: (t) => ({
    date: t.text('date', 'Which day, in that zone: `2027-03-28`.'),
    startsAt: t.field({
      type: 'DateTime',
      description: 'Its first instant. Pass both to `fires` to list the day.',
      resolve: ({ startsAt }) => new Date(startsAt),
    }),
    endsAt: t.field({
      type: 'DateTime',
      description: 'The first instant of the day after; 23 or 25 hours later when clocks change.',
      resolve: ({ endsAt }) => new Date(endsAt),
    }),
    dueCount: t.int({
      description: 'How many instants of it are settled, those of gaps included; 0 when none is, or none was due.',
      resolve: ({ counts }) => counts.reduce((sum, { count }) => sum + count, 0),
    }),
    counts: t.field({
      type: [OutcomeCount],
      description: 'How many of each outcome; only those that occur.',
      resolve: ({ counts }) => [...counts],
    }),
  }),
});
builder.queryField('fireCalendar', (t) =>
  t.field({
    // A third of a second of work over a year of every minute: some in one request, not sixty.
    complexity: 500,
    type: [Day],
    nullable: { list: true, items: false },
    description:
      'The fire ledger of a job by days, oldest first: every day that has an instant in [from, to), whole, at most 400 days. Gaps are split over the days that they cover.',
    args: {
      jobName: t.arg.string({ required: true, description: 'Of which job.' }),
      from: t.arg({ type: 'DateTime', required: true, description: 'From the day of this instant on.' }),
      to: t.arg({
        type: 'DateTime',
        required: true,
        description: 'Before this instant, which is at most 400 days after `from`.',
      }),
      timeZone: t.arg({
        type: 'TimeZone',
        description: 'In whose days; left out: the zone of the schedule that is in force.',
      }),
    },
    resolve: (_root, { jobName, from, to, timeZone }, { reading }) =>
      loadFireCalendar(reading, { jobName, from, to, timeZone: timeZone ?? null }),
  }),
);
