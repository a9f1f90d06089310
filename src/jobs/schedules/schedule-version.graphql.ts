/** Versions of schedules in the API: what applied when, who changed it, and why. */
import { builder } from '../../graphql/builder.ts';
import { countOf } from './fire-time.graphql.ts';
import { JobSchedule, Policy, SchedulePause } from './schedule.graphql.ts';

const Version = builder.prismaObject('JobScheduleVersion', {
  description: 'A version of a schedule, valid from one change to the next.',
  fields: (t) => ({
    version: t.count('version', 'Its number; 1 is the first.'),
    takesEffectAt: t.at(
      'inForceAfter',
      'It applies to the instants after this one, up to and including the next version’s.',
    ),
    cron: t.expose('cron', { type: 'CronExpression', description: 'The cron expression.' }),
    timeZone: t.expose('timeZone', { type: 'TimeZone', description: 'The time zone of the cron expression.' }),
    misfirePolicy: t.expose('misfirePolicy', { type: Policy, description: 'What happens to missed fires.' }),
    isOverridden: t.flag('isOverridden', 'Whether it differs from the default.'),
    pause: t.field({
      type: SchedulePause,
      nullable: true,
      description: 'Its pause, which may be over by now; null if it had none.',
      resolve: ({ pausedAt, ...version }) => (pausedAt === null ? null : { ...version, pausedAt }),
    }),
    changedBy: t.textOrNull(
      'changedBy',
      'Who made the change; null: the server, for example a new release with another default.',
    ),
    changeReason: t.textOrNull('changeReason', 'The reason; null if none was given.'),
    createdAt: t.at('createdAt', 'When the change was made.'),
  }),
});
builder.prismaObjectFields(JobSchedule, (t) => ({
  version: t.count('version', 'The number of the current version; each change adds one.'),
  versions: t.prismaField({
    type: [Version],
    description: 'Its versions, newest first: which cron and time zone applied when.',
    args: { first: t.arg.int({ defaultValue: 20, description: 'How many, 1 to 100.' }) },
    resolve: (query, { name }, { first }, { prisma }) =>
      prisma.jobScheduleVersion.findMany({
        ...query,
        where: { jobName: name },
        orderBy: { version: 'desc' },
        take: countOf(first, 20),
      }),
  }),
}));
