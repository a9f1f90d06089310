import { builder } from '../../graphql/builder.ts';
import { FireGap, OutcomeCount } from '../ledger/fire.graphql.ts';
import { ON_TIME_TOLERANCE_MS } from '../ledger/resolve.rules.ts';
import { Outcome } from '../runs/run.graphql.ts';
import { FireTime } from '../schedules/fire-time.graphql.ts';
import { Policy } from '../schedules/schedule.graphql.ts';
import type { DowntimeSimulation, SimulatedFire } from './downtime.rules.ts';
import type { Collision } from './due-comparison.rules.ts';
import { previewSchedule, type SchedulePreview, simulateDowntimeOf } from './schedule-preview.ts';

const Input = builder.inputType('PreviewScheduleInput', {
  description: 'A possible schedule, for a job or for none.',
  fields: (t) => ({
    jobName: t.string({
      description: 'The job to compare with; its time zone and policy are the defaults.',
    }),
    cron: t.field({ type: 'CronExpression', required: true, description: 'When it would fire.' }),
    timeZone: t.field({ type: 'TimeZone', description: 'The time zone; left out: the job’s, or UTC without a job.' }),
    misfirePolicy: t.field({
      type: Policy,
      description: 'The misfire policy; left out: the job’s, or RUN_ONCE without a job.',
    }),
    after: t.instant('Show fires after this instant; left out: now.'),
    first: t.int({ defaultValue: 10, description: 'How many fire times, 1 to 100.' }),
  }),
});
const FireCollision = builder.objectRef<Collision>('FireCollision').implement({
  description: 'An instant at which other jobs fire too.',
  fields: (t) => ({
    at: t.at('at', 'When both fire.'),
    jobNames: t.stringList({ description: 'The other jobs.', resolve: ({ jobNames }) => [...jobNames] }),
  }),
});
const listed = 'Soonest first, at most 100.';
const incomparable = 'null when no job was named, or when its current schedule is invalid (a warning says so)';
const Preview = builder.objectRef<SchedulePreview & { readonly jobName: string | null }>('SchedulePreview').implement({
  description: 'What a schedule would do. A preview changes nothing.',
  fields: (t) => ({
    cronDescription: t.text('cronDescription', 'The cron in words.'),
    timeZone: t.field({
      type: 'TimeZone',
      description: 'The time zone of the preview.',
      resolve: ({ planned }) => planned.timeZone,
    }),
    misfirePolicy: t.field({
      type: Policy,
      description: 'The misfire policy of the preview.',
      resolve: ({ planned }) => planned.misfirePolicy,
    }),
    fireTimes: t.field({
      type: [FireTime],
      description: 'The next fires, in local time and in UTC. `jobName` is empty if no job was named.',
      resolve: ({ fireTimes, planned, jobName }) =>
        fireTimes.map((due) => ({ ...due, jobName: jobName ?? '', timeZone: planned.timeZone })),
    }),
    comparedToAt: t.at(
      'comparedThrough',
      'The end of the span for `appearing`, `vanishing` and `collisions`: 30 days after `after`.',
    ),
    appearing: t.list(
      'appearing',
      'DateTime',
      `Fires in those 30 days that the job’s current schedule does not have. ${listed}`,
    ),
    appearingCount: t.int({
      nullable: true,
      description: `How many appear, including those that are not listed; ${incomparable}.`,
      resolve: ({ inForce, appearingCount }) => (inForce === null ? null : appearingCount),
    }),
    vanishing: t.list(
      'vanishing',
      'DateTime',
      `Fires in those 30 days that only the job’s current schedule has. ${listed}`,
    ),
    vanishingCount: t.int({
      nullable: true,
      description: `How many vanish, including those that are not listed; ${incomparable}.`,
      resolve: ({ inForce, vanishingCount }) => (inForce === null ? null : vanishingCount),
    }),
    collisions: t.list(
      'collisions',
      FireCollision,
      `Instants in those 30 days at which other jobs fire too, paused or not. ${listed}`,
    ),
    collisionCount: t.count('collisionCount', 'How many collide, including those that are not listed.'),
    shortestInterval: t.durationOrNull(
      'shortest',
      'The shortest time between two of the first 100,000 fires in the next 366 days, or of the next 10 fires of a schedule that fires less than once a year. Null when it fires only once more.',
    ),
    averageInterval: t.durationOrNull('average', 'The average time between two fires in the same span.'),
    warnings: t.list(
      'warnings',
      'String',
      'Warnings in sentences, for example about clock changes; empty if there are none.',
    ),
  }),
});

builder.queryField('previewSchedule', (t) =>
  t.field({
    // Up to a second of work: a request may have two, not sixty.
    complexity: 12_000,
    type: Preview,
    nullable: true,
    description:
      'What a schedule would do, before you set it. An invalid value is an error BAD_USER_INPUT, which names every invalid field at once.',
    args: { input: t.arg({ type: Input, required: true, description: 'The schedule, and what to show.' }) },
    async resolve(_root, { input }, { reading, config }) {
      const { jobName = null, cron, timeZone = null, misfirePolicy = null, after = null } = input;
      const plan = { jobName, cron, timeZone, misfirePolicy, after, first: input.first ?? 10 };
      return { ...(await previewSchedule(reading, plan, config.MISFIRE_WINDOW)), jobName };
    },
  }),
);

const Fire = builder.objectRef<SimulatedFire>('SimulatedFire').implement({
  description: 'A due instant during the downtime, with its outcome.',
  fields: (t) => ({
    at: t.at('at', 'When it is due.'),
    outcome: t.field({
      type: Outcome,
      description: 'Its outcome.',
      resolve: ({ row }) => row.outcome,
    }),
    reason: t.string({ nullable: true, description: 'Why; null on time.', resolve: ({ row }) => row.reason }),
    gap: t.field({
      type: FireGap,
      nullable: true,
      description: 'The gap that would contain it; null when it would be stored as its own row.',
      resolve: ({ row }) => (row.count > 1 ? row : null),
    }),
  }),
});
const Simulation = builder.objectRef<DowntimeSimulation>('DowntimeSimulation').implement({
  description: 'The effect of one misfire policy after a downtime.',
  fields: (t) => ({
    misfirePolicy: t.expose('misfirePolicy', { type: Policy, description: 'The policy.' }),
    isInForce: t.flag('isInForce', 'Whether it is the job’s current policy.'),
    fires: t.list('fires', Fire, 'The instants that were due, oldest first; of each gap at most the first 100.'),
    counts: t.list(
      'counts',
      OutcomeCount,
      'How many instants have each outcome, including those that are not listed; outcomes without instants are left out.',
    ),
  }),
});
builder.queryField('simulateDowntime', (t) =>
  t.field({
    // Up to a second of work: a request may have a few, not sixty.
    complexity: 3_500,
    type: [Simulation],
    nullable: { list: true, items: false },
    description:
      'What each misfire policy would do if no server ran between `from` and `to`, with the job’s current schedule and pause. With every policy, a fire that is due at `to`, or at most 5 seconds before, starts on time. The scheduler itself uses the same function.',
    args: {
      jobName: t.arg.string({ required: true, description: 'The name of the job.' }),
      from: t.arg({
        type: 'DateTime',
        required: true,
        description: 'The beginning of the downtime; everything before has its outcome.',
      }),
      to: t.arg({
        type: 'DateTime',
        required: true,
        description:
          'The end of the downtime, at most 366 days after `from`; a fire that is due at this instant is included.',
      }),
    },
    resolve: (_root, { jobName, from, to }, { reading, config }) =>
      simulateDowntimeOf(
        reading,
        { jobName, from, to },
        { toleranceMs: ON_TIME_TOLERANCE_MS, windowMs: config.MISFIRE_WINDOW },
      ),
  }),
);
