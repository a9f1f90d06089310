/** Seeing ahead in the API: what a schedule would do, and what a time without servers would. */
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { builder } from '../../graphql/builder.ts';
import { FireGap, OutcomeCount } from '../ledger/fire.graphql.ts';
import { Outcome } from '../runs/run.graphql.ts';
import { FireTime } from '../schedules/fire-time.graphql.ts';
import { Policy } from '../schedules/schedule.graphql.ts';
import type { DowntimeSimulation, SimulatedFire } from './downtime.rules.ts';
import type { Collision } from './due-comparison.rules.ts';
import { previewSchedule, type SchedulePreview, simulateDowntimeOf } from './schedule-preview.ts';

interface PreviewScheduleInput {
  readonly jobName?: string | null;
  readonly cron: string;
  readonly timeZone?: string | null;
  readonly misfirePolicy?: MisfirePolicy | null;
  readonly after?: Date | null;
  readonly first?: number | null;
}

const Input = builder.inputRef<PreviewScheduleInput>('PreviewScheduleInput').implement({
  description: 'A schedule that might be, of a job or of none.',
  fields: (t) => ({
    jobName: t.string({
      description: 'Of this job: its schedule is compared with, and its zone and policy are the defaults.',
    }),
    cron: t.field({ type: 'CronExpression', required: true, description: 'When it would fire.' }),
    timeZone: t.field({ type: 'TimeZone', description: 'In which zone; left out: the job’s, or UTC without one.' }),
    misfirePolicy: t.field({
      type: Policy,
      description: 'What would become of missed fires; left out: the job’s, or RUN_ONCE without one.',
    }),
    after: t.field({ type: 'DateTime', description: 'What comes after this instant; left out: now.' }),
    first: t.int({ defaultValue: 10, description: 'How many fire times, 1 to 100.' }),
  }),
});
const FireCollision = builder.objectRef<Collision>('FireCollision').implement({
  description: 'An instant at which other jobs fire as well.',
  fields: (t) => ({
    at: t.at('at', 'When.'),
    jobNames: t.stringList({ description: 'The other jobs.', resolve: ({ jobNames }) => [...jobNames] }),
  }),
});
const listed = 'The soonest first, at most 100.';
const incomparable = 'null when no job was named, or its schedule in force cannot be read (a warning says so)';
const Preview = builder.objectRef<SchedulePreview & { readonly jobName: string | null }>('SchedulePreview').implement({
  description: 'What a schedule would do. Nothing is changed by asking.',
  fields: (t) => ({
    cronDescription: t.text('cronDescription', 'The cron in words.'),
    timeZone: t.field({
      type: 'TimeZone',
      description: 'The zone that it was reckoned in.',
      resolve: ({ planned }) => planned.timeZone,
    }),
    misfirePolicy: t.field({
      type: Policy,
      description: 'The misfire policy that it was reckoned with.',
      resolve: ({ planned }) => planned.misfirePolicy,
    }),
    fireTimes: t.field({
      type: [FireTime],
      description: 'When it fires next, local and in UTC. `jobName` is empty for a schedule of no job.',
      resolve: ({ fireTimes, planned, jobName }) =>
        fireTimes.map((due) => ({ ...due, jobName: jobName ?? '', timeZone: planned.timeZone })),
    }),
    comparedToAt: t.at(
      'comparedThrough',
      'Until when appearing, vanishing and colliding fires were looked for: 30 days after `after`.',
    ),
    appearing: t.field({
      type: ['DateTime'],
      description: `Fires of those 30 days that the job’s schedule in force does not have. ${listed}`,
      resolve: ({ appearing }) => [...appearing],
    }),
    appearingCount: t.int({
      nullable: true,
      description: `How many appear, listed or not; ${incomparable}.`,
      resolve: ({ inForce, appearingCount }) => (inForce === null ? null : appearingCount),
    }),
    vanishing: t.field({
      type: ['DateTime'],
      description: `Fires of those 30 days that only the job’s schedule in force has. ${listed}`,
      resolve: ({ vanishing }) => [...vanishing],
    }),
    vanishingCount: t.int({
      nullable: true,
      description: `How many vanish, listed or not; ${incomparable}.`,
      resolve: ({ inForce, vanishingCount }) => (inForce === null ? null : vanishingCount),
    }),
    collisions: t.field({
      type: [FireCollision],
      description: `Instants of those 30 days at which other jobs are due too, paused or not. ${listed}`,
      resolve: ({ collisions }) => [...collisions],
    }),
    collisionCount: t.count('collisionCount', 'How many they are, listed or not.'),
    shortestInterval: t.expose('shortest', {
      type: 'Duration',
      nullable: true,
      description:
        'The shortest time between two fires: among the first 100,000 of the next 366 days, or the next 10 of one that fires more rarely than yearly. Null when it fires only once more.',
    }),
    averageInterval: t.expose('average', {
      type: 'Duration',
      nullable: true,
      description: 'The average time between two fires over the same span.',
    }),
    warnings: t.stringList({
      description: 'What is easily overlooked, in sentences; empty when nothing is.',
      resolve: ({ warnings }) => [...warnings],
    }),
  }),
});

builder.queryField('previewSchedule', (t) =>
  t.field({
    // Up to a second of work: two in one request, not sixty.
    complexity: 7_300,
    type: Preview,
    nullable: true,
    description:
      'What a schedule would do, before it is set. What means nothing is an error BAD_USER_INPUT, which names every such field at once.',
    args: { input: t.arg({ type: Input, required: true, description: 'The schedule, and what to look at.' }) },
    async resolve(_root, { input }, { reading, config }) {
      const { jobName = null, cron, timeZone = null, misfirePolicy = null, after = null } = input;
      const plan = { jobName, cron, timeZone, misfirePolicy, after, first: input.first ?? 10 };
      return { ...(await previewSchedule(reading, plan, config.MISFIRE_WINDOW)), jobName };
    },
  }),
);

const Fire = builder.objectRef<SimulatedFire>('SimulatedFire').implement({
  description: 'An instant in the time without servers, and what would become of it.',
  fields: (t) => ({
    at: t.at('at', 'When it is due.'),
    outcome: t.field({
      type: Outcome,
      description: 'What would become of it.',
      resolve: ({ row }) => row.outcome,
    }),
    reason: t.string({ nullable: true, description: 'Why; null on time.', resolve: ({ row }) => row.reason }),
    gap: t.field({
      type: FireGap,
      nullable: true,
      description: 'The gap that it would be one instant of; null when it would be stored by itself.',
      resolve: ({ row }) => (row.count > 1 ? row : null),
    }),
  }),
});
const Simulation = builder.objectRef<DowntimeSimulation>('DowntimeSimulation').implement({
  description: 'What one misfire policy would make of a time without servers.',
  fields: (t) => ({
    misfirePolicy: t.expose('misfirePolicy', { type: Policy, description: 'The policy.' }),
    isInForce: t.flag('isInForce', 'Whether it is the job’s policy now.'),
    fires: t.field({
      type: [Fire],
      description: 'What was due meanwhile, oldest first; of each gap at most the first 100 instants.',
      resolve: ({ fires }) => [...fires],
    }),
    counts: t.field({
      type: [OutcomeCount],
      description: 'How many of each outcome, listed or not; only those that occur.',
      resolve: ({ counts }) => [...counts],
    }),
  }),
});
builder.queryField('simulateDowntime', (t) =>
  t.field({
    // Up to a second of work: a few in one request, not sixty.
    complexity: 2_000,
    type: [Simulation],
    nullable: { list: true, items: false },
    description:
      'What each misfire policy would do if no server ran from `from` on and one came up at `to`, by the job’s schedule and pause as they are now. Whatever the policy, the server that comes up starts on time what is due at `to` itself, or was due before by no more than `FIRE_TOLERANCE` (5 seconds unless set). It is what the scheduler itself settles with.',
    args: {
      jobName: t.arg.string({ required: true, description: 'Of which job.' }),
      from: t.arg({
        type: 'DateTime',
        required: true,
        description: 'Down from this instant on; all before it is settled.',
      }),
      to: t.arg({
        type: 'DateTime',
        required: true,
        description:
          'Up again at this instant, which is at most 366 days after `from`; what is due at it is in the answer.',
      }),
    },
    resolve: (_root, { jobName, from, to }, { reading, config }) =>
      simulateDowntimeOf(
        reading,
        { jobName, from, to },
        { toleranceMs: config.FIRE_TOLERANCE, windowMs: config.MISFIRE_WINDOW },
      ),
  }),
);
