/** Versions of schedules in the API: what was in force when, who changed it, and why. */
import { builder } from '../../graphql/builder.ts';
import { countOf } from './fire-time.graphql.ts';
import { JobSchedule, Policy, SchedulePause } from './schedule.graphql.ts';

const Version = builder.prismaObject('JobScheduleVersion', {
  description: 'What a schedule said from one change to the next.',
  fields: (t) => ({
    version: t.count('version', 'Its number: 1 is how the job was first registered.'),
    takesEffectAt: t.at(
      'inForceAfter',
      'It decides on the instants after this one, up to and with the next version’s.',
    ),
    cron: t.expose('cron', { type: 'CronExpression', description: 'The cron expression.' }),
    timeZone: t.expose('timeZone', { type: 'TimeZone', description: 'The zone whose local time the cron means.' }),
    misfirePolicy: t.expose('misfirePolicy', { type: Policy, description: 'What becomes of missed fires.' }),
    isOverridden: t.flag('isOverridden', 'Whether it differs from the code’s default.'),
    pause: t.field({
      type: SchedulePause,
      nullable: true,
      description: 'The pause that it brought or kept, by now perhaps over; null when it had none.',
      resolve: ({ pausedAt, ...version }) => (pausedAt === null ? null : { ...version, pausedAt }),
    }),
    changedBy: t.textOrNull(
      'changedBy',
      'Who made the change; null: the server, for example a release with another default.',
    ),
    changeReason: t.textOrNull('changeReason', 'Why, if they said.'),
    createdAt: t.at('createdAt', 'When the change was made.'),
  }),
});
builder.prismaObjectFields(JobSchedule, (t) => ({
  version: t.count('version', 'The number of its present version; each change counts one up.'),
  versions: t.prismaField({
    type: [Version],
    description: 'Its changes, the newest first: which cron and zone were in force at any instant.',
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
