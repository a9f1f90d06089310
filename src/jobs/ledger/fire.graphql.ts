/** Fires in the API: the outcome of each instant at which a job was due. */
import type { Queryable } from '../../database/database.ts';
import type { FireOutcome } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { decodeCursor, type OrderKey, type PageArgs, pageOf, sizeOf } from '../../graphql/keyset.ts';
import { JobRun, Outcome } from '../runs/run.graphql.ts';
import type { FireDay } from './fire-calendar.rules.ts';
import { loadFireCalendar, MOST_DAYS, MOST_DAYS_OF_HOURS } from './fire-calendar.ts';
import type { LedgerGap } from './fire-page.rules.ts';
import { countFires, type FireQuery, type LedgerFire, readFires } from './fire-pages.ts';
import { checkSpan, DAY_MS } from './ledger-rows.rules.ts';

interface FireView extends LedgerFire {
  readonly at: Date;
}

const LONGEST_FIRES_MS = 3660 * DAY_MS;

export const FireGap = builder.objectRef<Pick<LedgerGap, 'firedAt' | 'throughAt' | 'count'>>('FireGap').implement({
  description: 'Many instants with the same outcome, stored as one row, for example of a pause or a downtime.',
  fields: (t) => ({
    firstAt: t.at('firedAt', 'Its first instant.'),
    lastAt: t.at('throughAt', 'Its last instant.'),
    count: t.count('count', 'How many instants it covers.'),
  }),
});
export const OutcomeCount = builder.objectRef<{ outcome: FireOutcome; count: number }>('OutcomeCount').implement({
  description: 'How many fires have an outcome.',
  fields: (t) => ({
    outcome: t.expose('outcome', { type: Outcome, description: 'The outcome.' }),
    count: t.count('count', 'How many fires had it.'),
  }),
});
const Fire = builder.objectRef<FireView>('Fire').implement({
  description: 'An instant at which a job was due, with its outcome. Each instant has exactly one outcome.',
  fields: (t) => ({
    jobName: t.text('jobName', 'The job that fired.'),
    at: t.at('at', 'When it was due.'),
    outcome: t.expose('outcome', { type: Outcome, description: 'Its outcome.' }),
    startedAt: t.atOrNull('startedAt', 'When its run began; null when it did not run, or not yet.'),
    lag: t.field({
      type: 'Duration',
      nullable: true,
      description: 'The time from when it was due to the start of its run; null when it did not run, or not yet.',
      resolve: ({ at, startedAt }) => startedAt && startedAt.getTime() - at.getTime(),
    }),
    reason: t.textOrNull('reason', 'Why it has this outcome; null when it ran on time.'),
    actor: t.textOrNull('actor', 'The person who caused it, for example by pausing the job; null if no one did.'),
    node: t.found(
      'ServerNode',
      'serverNode',
      ({ nodeId }) => nodeId,
      'The node that stored it or ran it; null once that node is deleted.',
    ),
    run: t.found(
      JobRun,
      'jobRun',
      ({ runId }) => runId,
      'Its run, the newest one if it ran again; null when it did not run, or its run is deleted.',
    ),
    cron: t.expose('cron', { type: 'CronExpression', description: 'The cron expression at that time.' }),
    timeZone: t.expose('timeZone', { type: 'TimeZone', description: 'The time zone at that time.' }),
    scheduleVersion: t.count('scheduleVersion', 'The schedule’s version at that time.'),
    gap: t.field({
      type: FireGap,
      nullable: true,
      description: 'The gap that contains it; null when it is stored as its own row.',
      resolve: (fire) => (fire.count > 1 ? fire : null),
    }),
  }),
});

builder.queryField('fires', (t) =>
  t.connection(
    {
      type: Fire,
      nullable: true,
      description:
        'The fire ledger of a job, newest first: every instant in [from, to) that has an outcome, each instant of a gap included.',
      args: {
        jobName: t.arg.string({ required: true, description: 'The name of the job.' }),
        from: t.arg({ type: 'DateTime', required: true, description: 'From this instant on, inclusive.' }),
        to: t.arg({
          type: 'DateTime',
          required: true,
          description: 'Before this instant, which is at most 3,660 days after `from`.',
        }),
        outcome: t.arg({ type: [Outcome], description: 'Only these outcomes; left out: all.' }),
      },
      async resolve(_root, { jobName, from, to, outcome, ...args }, { reading }) {
        checkSpan(from, to, LONGEST_FIRES_MS);
        const outcomes: readonly FireOutcome[] | null = outcome ? [...new Set(outcome)] : null;
        const query = { jobName, from, to, outcomes };
        return { ...(await pageOfFires(reading, query, args)), totalCount: () => countFires(reading, query) };
      },
    },
    { name: 'FireConnection' },
    { name: 'FireEdge' },
  ),
);

async function pageOfFires(db: Queryable, query: FireQuery, args: PageArgs) {
  const key: OrderKey = { list: `fires of ${query.jobName}`, field: 'at', direction: 'desc' };
  const isNewestFirst = typeof args.last !== 'number';
  // An instant occurs once in the ledger: the cursor's other half, the row, is not needed.
  const after = args.after ? decodeCursor(key, args.after).value : null;
  const before = args.before ? decodeCursor(key, args.before).value : null;
  const to = after !== null && after < query.to ? after : query.to;
  const from = before !== null && before >= query.from ? new Date(before.getTime() + 1) : query.from;
  const found = await readFires(db, { ...query, from, to }, { isNewestFirst, size: sizeOf(args) + 1 });
  const fires = found.map(({ at, row }): FireView => ({ ...row, at }));
  return pageOf(key, args, fires);
}

const Day = builder.objectRef<FireDay>('FireDay').implement({
  description: 'A whole day of a job’s ledger in the requested time zone, or an hour of one.',
  fields: (t) => ({
    date: t.text('date', 'The date in that time zone: `2027-03-28`.'),
    startsAt: t.field({
      type: 'DateTime',
      description: 'Its first instant. Pass both to `fires` to list its fires.',
      resolve: ({ startsAt }) => new Date(startsAt),
    }),
    endsAt: t.field({
      type: 'DateTime',
      description: 'The first instant after it; of a day, 23 or 25 hours later when clocks change.',
      resolve: ({ endsAt }) => new Date(endsAt),
    }),
    dueCount: t.int({
      description: 'How many of its instants have an outcome, those in gaps included.',
      resolve: ({ counts }) => counts.reduce((sum, { count }) => sum + count, 0),
    }),
    counts: t.list(
      'counts',
      OutcomeCount,
      'How many instants have each outcome; outcomes without instants are left out.',
    ),
  }),
});
builder.queryField('fireCalendar', (t) =>
  t.field({
    // A third of a second of work for a year of minutes: a request may have several, not sixty.
    complexity: 850,
    type: [Day],
    nullable: { list: true, items: false },
    description: `The fire ledger of a job by day or hour, oldest first: each day that overlaps [from, to), in full. Gaps are split over the days or hours that they cover.`,
    args: {
      jobName: t.arg.string({ required: true, description: 'The name of the job.' }),
      from: t.arg({ type: 'DateTime', required: true, description: 'From the day of this instant on.' }),
      to: t.arg({
        type: 'DateTime',
        required: true,
        description: `Before this instant, which is at most ${MOST_DAYS} days after \`from\`; by the hour, ${MOST_DAYS_OF_HOURS}.`,
      }),
      timeZone: t.arg({
        type: 'TimeZone',
        description: 'The time zone of the days; left out: the time zone of the schedule.',
      }),
      isHourly: t.arg.boolean({
        defaultValue: false,
        description: 'The hours of these days instead, for a job that fires many times a day.',
      }),
    },
    resolve: (_root, { jobName, from, to, timeZone, isHourly }, { reading }) =>
      loadFireCalendar(reading, { jobName, from, to, timeZone: timeZone ?? null, isHourly: isHourly === true }),
  }),
);
