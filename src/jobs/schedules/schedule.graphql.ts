/** Jobs in the API: their schedules and when they fire next. */
import type { Clock } from '../../clock.ts';
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import { registerInterest } from '../../events/changes/change-stream.ts';
import { changeType } from '../../events/changes/change-type.graphql.ts';
import { builder } from '../../graphql/builder.ts';
import { AFTER } from '../../graphql/change-types.ts';
import { enumOf } from '../../graphql/enums.ts';
import { cronDescription } from '../calendar/cron.rules.ts';
import type { Recurrence } from '../calendar/due.rules.ts';
import { isPausedAt } from '../ledger/resolve.rules.ts';
import { requireJob, unknownJob } from '../runs/known-job.ts';
import { Connection, Filter, JobRun, runsOfJob } from '../runs/run.graphql.ts';
import { countOf, FireTime, fireTimesOf } from './fire-time.graphql.ts';
import { timingProblem } from './reschedule.rules.ts';

export const Policy = enumOf<MisfirePolicy>(
  'MisfirePolicy',
  'What happens to missed fires, within `MISFIRE_WINDOW` (24 hours by default).',
  {
    run_once: 'The newest runs late; the older ones are skipped.',
    skip: 'All are skipped.',
    run_all: 'All run late, oldest first, up to a limit.',
  },
);

export const SchedulePause = builder
  .objectRef<{ pausedBy: string | null; pauseReason: string | null; pausedAt: Date; pausedUntil: Date | null }>(
    'SchedulePause',
  )
  .implement({
    description: 'Who paused a schedule, why and until when.',
    fields: (t) => ({
      by: t.textOrNull('pausedBy', 'Who paused it.'),
      reason: t.textOrNull('pauseReason', 'Why it was paused.'),
      pausedAt: t.at('pausedAt', 'Since when.'),
      until: t.atOrNull('pausedUntil', 'When it ends automatically; null: when someone resumes the job.'),
    }),
  });

export const JobSchedule = builder.prismaNode('JobSchedule', {
  id: { field: 'name' },
  nullable: true,
  description: 'A recurring job and when it runs.',
  fields: (t) => ({
    name: t.text('name', 'The plain key, for example ManagedAccountRetryJob.'),
    description: t.string({
      description: 'What the job does.',
      resolve: ({ name }, _args, { jobs }) =>
        jobs.find((job) => job.name === name)?.description ??
        'This server does not know the job: another version registered it.',
    }),
    cron: t.expose('cron', { type: 'CronExpression', description: 'The current cron expression.' }),
    cronDescription: t.string({
      description: 'The cron expression in words; if SQL made it invalid, what is wrong with it.',
      resolve: describe,
    }),
    timeZone: t.expose('timeZone', { type: 'TimeZone', description: 'The time zone of the cron expression.' }),
    misfirePolicy: t.expose('misfirePolicy', { type: Policy, description: 'What happens to missed fires.' }),
    isPaused: t.boolean({
      description: 'Whether fires are skipped now.',
      resolve: (schedule, _args, { clock }) => isPausedAt(schedule, clock.now()),
    }),
    pause: t.field({
      type: SchedulePause,
      nullable: true,
      description: 'By whom, why, until when; null when not paused.',
      resolve: (schedule, _args, { clock }) =>
        schedule.pausedAt !== null && isPausedAt(schedule, clock.now())
          ? { ...schedule, pausedAt: schedule.pausedAt }
          : null,
    }),
    isOverridden: t.flag('isOverridden', 'Whether it differs from the default.'),
    nextFireAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it fires next; null if never.',
      resolve: (schedule, _args, { clock }) => fireTimesOf(schedule, unresolved(schedule, clock), 1)[0]?.at ?? null,
    }),
    nextFireTimes: t.field({
      type: [FireTime],
      description: 'The next fires, soonest first.',
      args: { first: t.arg.int({ defaultValue: 5, description: 'How many, 1 to 100.' }) },
      resolve: (schedule, { first }, { clock }) =>
        fireTimesOf(schedule, unresolved(schedule, clock), countOf(first, 5)),
    }),
    previousFireAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'The latest instant at which it was due, whatever its outcome; null before the first.',
      select: { fires: { orderBy: { firedAt: 'desc' }, take: 1, select: { throughAt: true } } },
      resolve: ({ fires }) => fires[0]?.throughAt ?? null,
    }),
    currentRun: t.prismaField({
      type: 'JobRun',
      nullable: true,
      description: 'The run in progress, on any node; null if there is none.',
      resolve: (query, { name }, _args, { prisma }) =>
        prisma.jobRun.findFirst({ ...query, where: { jobName: name, status: 'running' } }),
    }),
    lastRun: t.prismaField({
      type: 'JobRun',
      nullable: true,
      description: 'The latest finished run; null if there is none.',
      resolve: (query, { name }, _args, { prisma }) =>
        prisma.jobRun.findFirst({
          ...query,
          where: { jobName: name, status: { not: 'running' } },
          orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
        }),
    }),
    runs: t.connection(
      {
        type: JobRun,
        nullable: true,
        description: 'The job’s runs, newest first.',
        args: { filter: t.arg({ type: Filter, description: 'Which runs; left out: all.' }) },
        resolve: ({ name }, args, context, info) => runsOfJob({ ...args.filter, jobName: name }, args, context, info),
      },
      Connection,
    ),
  }),
});

builder.queryFields((t) => ({
  jobSchedules: t.prismaField({
    type: [JobSchedule],
    nullable: { list: true, items: false },
    description: 'Every recurring job, by name.',
    resolve: (query, _root, _args, { prisma }) => prisma.jobSchedule.findMany({ ...query, orderBy: { name: 'asc' } }),
  }),
  jobSchedule: t.prismaField({
    type: JobSchedule,
    nullable: true,
    description: 'One recurring job by its name; null when there is none.',
    args: { name: t.arg.string({ required: true, description: 'For example ExpiredInvitationCleanupJob.' }) },
    resolve: (query, _root, { name }, { prisma }) => prisma.jobSchedule.findUnique({ ...query, where: { name } }),
  }),
  nextFireTimes: t.field({
    type: [FireTime],
    nullable: { list: true, items: false },
    description: 'The next fires of all jobs, merged, soonest first; paused jobs are included.',
    args: {
      first: t.arg.int({ defaultValue: 10, description: 'How many, 1 to 100.' }),
      jobName: t.arg.string({ description: 'Only of this job.' }),
      after: t.arg({ type: 'DateTime', description: 'Only after this instant; left out: now.' }),
    },
    async resolve(_root, { first, jobName, after }, { prisma, clock }) {
      const count = countOf(first, 10);
      const all = await prisma.jobSchedule.findMany({ orderBy: { name: 'asc' } });
      const schedules = all.filter(({ name }) => name === (jobName ?? name));
      if (schedules.length === 0 && typeof jobName === 'string') {
        throw unknownJob(
          jobName,
          all.map(({ name }) => name),
        );
      }
      return schedules
        .flatMap((schedule) => fireTimesOf(schedule, after ?? unresolved(schedule, clock), count))
        .sort((a, b) => a.at.getTime() - b.at.getTime() || a.jobName.localeCompare(b.jobName))
        .slice(0, count);
    },
  }),
}));

/**
 * The instant after which fires are still to come: a resolved fire does not fire again,
 * even when a clock was set back.
 */
const unresolved = ({ resolvedThrough }: { resolvedThrough: Date }, clock: Clock): Date =>
  new Date(Math.max(clock.now().getTime(), resolvedThrough.getTime()));

const describe = (timing: Recurrence) => timingProblem(timing) ?? cronDescription(timing.cron);

const ScheduleChange = changeType({
  topic: 'schedule',
  name: 'JobScheduleChange',
  description:
    'A schedule was changed, paused or resumed, or one of its fires got its outcome, so that the next fire is a later one.',
  key: { field: 'jobName', type: 'String', description: 'The job whose schedule changed.' },
  object: {
    field: 'jobSchedule',
    type: JobSchedule,
    model: 'jobSchedule',
    column: 'name',
    description: 'The schedule as it is when the event is sent; null when it was removed.',
  },
});
builder.subscriptionFields((t) => ({
  scheduleChanged: t.field({
    type: ScheduleChange,
    nullable: true,
    description: 'Each change of a schedule, once and in order.',
    args: {
      jobName: t.arg.string({ description: 'Only this job’s; left out: all.' }),
      after: t.arg.string({ description: AFTER }),
    },
    async subscribe(_root, { jobName, after }, { feed, reading }) {
      if (typeof jobName !== 'string') return feed.subscribe({ topic: 'schedule' }, after);
      await requireJob(reading, jobName);
      return feed.subscribe({ topic: 'schedule', keep: ({ key }) => key === jobName }, after);
    },
    resolve: (change) => change,
  }),
}));
registerInterest('schedule', () => ({ topic: 'schedule' }));
