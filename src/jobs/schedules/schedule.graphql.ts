/** Jobs in the API: their schedules and when they fire next. */
import type { Clock } from '../../clock.ts';
import type { PrismaClient } from '../../database/generated/prisma/client.ts';
import type { MisfirePolicy } from '../../database/generated/prisma/enums.ts';
import type { Builder } from '../../graphql/builder.ts';
import { addEnum } from '../../graphql/enums.ts';
import { badInput, isInstant } from '../../graphql/scalars.ts';
import { cronDescription } from '../calendar/cron.rules.ts';
import { type DstNote, type DueInstant, nextDue, type Recurrence } from '../calendar/due.rules.ts';
import type { Job } from '../job.ts';
import { isPausedAt } from '../ledger/settle.rules.ts';
import { addJobRuns, runsOfJob } from '../runs/run.graphql.ts';

export interface ScheduleTools {
  readonly prisma: PrismaClient;
  readonly clock: Clock;
  readonly jobs: readonly Job[];
}

interface FireTimeView extends DueInstant {
  readonly jobName: string;
  readonly timeZone: string;
}

/** Adds `JobSchedule`, `FireTime`, `JobRun` and the queries over them. */
export function addSchedules(builder: Builder, { prisma, clock, jobs }: ScheduleTools) {
  const Policy = addEnum<MisfirePolicy>(
    builder,
    'MisfirePolicy',
    'What becomes of fires that were missed, within 24 hours.',
    {
      run_once: 'The newest is run late, the older ones are skipped.',
      skip: 'All are skipped.',
      run_all: 'All are run late, the oldest first, up to a bound.',
    },
  );
  const FireTime = addFireTime(builder);
  const runs = addJobRuns(builder);
  const fireTimes = (schedule: Recurrence & { name: string }, after: Date, count: number): FireTimeView[] =>
    nextDue(schedule, after, count)
      .filter(({ at }) => isInstant(at.getTime()))
      .map((due) => ({ ...due, jobName: schedule.name, timeZone: schedule.timeZone }));

  const SchedulePause = builder
    .objectRef<{ pausedBy: string | null; pauseReason: string | null; pausedAt: Date; pausedUntil: Date | null }>(
      'SchedulePause',
    )
    .implement({
      description: 'Who paused a schedule, why and until when.',
      fields: (t) => ({
        by: t.exposeString('pausedBy', { nullable: true, description: 'Who paused it.' }),
        reason: t.exposeString('pauseReason', { nullable: true, description: 'Why.' }),
        pausedAt: t.expose('pausedAt', { type: 'DateTime', description: 'Since when.' }),
        until: t.expose('pausedUntil', {
          type: 'DateTime',
          nullable: true,
          description: 'When it lifts itself; null: when somebody resumes it.',
        }),
      }),
    });

  const JobSchedule = builder.prismaNode('JobSchedule', {
    id: { field: 'name' },
    nullable: true,
    description: 'A recurring job and when it runs.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'The plain key, for example ManagedAccountRetryJob.' }),
      description: t.string({
        description: 'What the job does.',
        resolve: ({ name }) =>
          jobs.find((job) => job.name === name)?.description ??
          'This server does not know the job: another version registered it.',
      }),
      cron: t.expose('cron', { type: 'CronExpression', description: 'The cron expression in force.' }),
      cronDescription: t.string({ description: 'The same in words.', resolve: ({ cron }) => cronDescription(cron) }),
      timeZone: t.expose('timeZone', { type: 'TimeZone', description: 'The zone whose local time the cron means.' }),
      misfirePolicy: t.expose('misfirePolicy', { type: Policy, description: 'What becomes of missed fires.' }),
      isPaused: t.boolean({
        description: 'Whether fires are skipped now.',
        resolve: (schedule) => isPausedAt(schedule, clock.now()),
      }),
      pause: t.field({
        type: SchedulePause,
        nullable: true,
        description: 'By whom, why, until when; null when not paused.',
        resolve: (schedule) =>
          schedule.pausedAt !== null && isPausedAt(schedule, clock.now())
            ? { ...schedule, pausedAt: schedule.pausedAt }
            : null,
      }),
      isOverridden: t.exposeBoolean('isOverridden', { description: 'Whether it differs from the code’s default.' }),
      nextFireAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it fires next; null if never again.',
        resolve: (schedule) => nextDue(schedule, clock.now(), 1)[0]?.at ?? null,
      }),
      nextFireTimes: t.field({
        type: [FireTime],
        description: 'The next fires, soonest first.',
        args: { first: t.arg.int({ defaultValue: 5, description: 'How many, 1 to 100.' }) },
        resolve: (schedule, { first }) => fireTimes(schedule, clock.now(), countOf(first, 5)),
      }),
      previousFireAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'The newest instant at which it was due, whatever came of it; null before the first.',
        select: { fires: { orderBy: { firedAt: 'desc' }, take: 1, select: { throughAt: true } } },
        resolve: ({ fires }) => fires[0]?.throughAt ?? null,
      }),
      currentRun: t.prismaField({
        type: 'JobRun',
        nullable: true,
        description: 'The run that is going on, on whichever node; null if none.',
        resolve: (query, { name }) =>
          prisma.jobRun.findFirst({ ...query, where: { jobName: name, status: 'running' } }),
      }),
      lastRun: t.prismaField({
        type: 'JobRun',
        nullable: true,
        description: 'The newest run that has ended; null if none has.',
        resolve: (query, { name }) =>
          prisma.jobRun.findFirst({
            ...query,
            where: { jobName: name, status: { not: 'running' } },
            orderBy: [{ startedAt: 'desc' }, { id: 'desc' }],
          }),
      }),
      runs: t.connection(
        {
          type: runs.JobRun,
          nullable: true,
          description: 'The job’s runs, newest first.',
          args: { filter: t.arg({ type: runs.Filter, description: 'Which runs; left out: all.' }) },
          resolve: ({ name }, args, context, info) =>
            runsOfJob(prisma, { ...args.filter, jobName: name }, args, context, info),
        },
        runs.Connection,
      ),
    }),
  });

  builder.queryFields((t) => ({
    jobSchedules: t.prismaField({
      type: [JobSchedule],
      nullable: { list: true, items: false },
      description: 'Every recurring job, by name.',
      resolve: (query) => prisma.jobSchedule.findMany({ ...query, orderBy: { name: 'asc' } }),
    }),
    jobSchedule: t.prismaField({
      type: JobSchedule,
      nullable: true,
      description: 'One recurring job by its name; null when there is none.',
      args: { name: t.arg.string({ required: true, description: 'For example ExpiredInvitationCleanupJob.' }) },
      resolve: (query, _root, { name }) => prisma.jobSchedule.findUnique({ ...query, where: { name } }),
    }),
    nextFireTimes: t.field({
      type: [FireTime],
      nullable: { list: true, items: false },
      description: 'The next fires of all jobs, merged, soonest first; a paused job’s are in it.',
      args: {
        first: t.arg.int({ defaultValue: 10, description: 'How many, 1 to 100.' }),
        jobName: t.arg.string({ description: 'Only of this job.' }),
        after: t.arg({ type: 'DateTime', description: 'Only after this instant; left out: now.' }),
      },
      async resolve(_root, { first, jobName, after }) {
        const count = countOf(first, 10);
        const schedules = await prisma.jobSchedule.findMany({ where: jobName ? { name: jobName } : {} });
        return schedules
          .flatMap((schedule) => fireTimes(schedule, after ?? clock.now(), count))
          .sort((a, b) => a.at.getTime() - b.at.getTime() || a.jobName.localeCompare(b.jobName))
          .slice(0, count);
      },
    }),
  }));
  return runs;
}

function countOf(first: number | null | undefined, fallback: number): number {
  const count = first ?? fallback;
  if (count < 1 || count > 100) throw badInput('first: is from 1 to 100.');
  return count;
}

function addFireTime(builder: Builder) {
  const Dst = builder.enumType('DstNote', {
    description: 'What a change of the clock does to a fire.',
    values: {
      SHIFTED_BY_GAP: {
        value: 'shifted_by_gap',
        description: 'Its local time does not exist that day: it fires later by the length of the gap.',
      },
      FIRST_OF_REPEATED: {
        value: 'first_of_repeated',
        description: 'Its local time occurs twice that day: this is the first.',
      },
      SECOND_OF_REPEATED: {
        value: 'second_of_repeated',
        description: 'Its local time occurs twice that day: this is the second.',
      },
    } satisfies Record<string, { value: DstNote; description: string }>,
  });
  return builder.objectRef<FireTimeView>('FireTime').implement({
    description: 'An instant at which a job is due.',
    fields: (t) => ({
      jobName: t.exposeString('jobName', { description: 'Which job.' }),
      at: t.expose('at', { type: 'DateTime', description: 'When.' }),
      localTime: t.string({
        description: 'The same in the schedule’s zone, with its offset: `2027-03-28T03:30:00+02:00`.',
        resolve: ({ at, timeZone }) => localTime(at, timeZone),
      }),
      dst: t.expose('dst', { type: Dst, nullable: true, description: 'Set when the clock changes about then.' }),
    }),
  });
}

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
