/** Watching schedules: changed by people, and moved on by each fire that was settled. */

import { type ChangeEvent, isAbout } from '../../events/changes/change-events.ts';
import { registerInterest } from '../../events/changes/change-stream.ts';
import { builder } from '../../graphql/builder.ts';
import { AFTER, Change } from '../../graphql/change-types.ts';
import { JobSchedule } from './schedule.graphql.ts';
import { requireJob } from './schedules.ts';

const ScheduleChange = builder.objectRef<ChangeEvent>('JobScheduleChange').implement({
  description:
    'A schedule was changed, paused or resumed, or one of its fires was settled, so that the next one is another.',
  interfaces: [Change],
  isTypeOf: isAbout('schedule'),
  fields: (t) => ({
    jobName: t.string({ description: 'Of which job.', resolve: ({ key }) => key }),
    jobSchedule: t.prismaField({
      type: JobSchedule,
      nullable: true,
      description: 'The schedule as it stands when the change is told; null when it was removed.',
      resolve: (query, { key, together }, _args, { prisma }) =>
        together.objectOf('schedule', JSON.stringify(query), key, async (keys) => {
          const rows = await prisma.jobSchedule.findMany({ ...query, where: { name: { in: [...keys] } } });
          return new Map(rows.map((row) => [row.name, row]));
        }),
    }),
  }),
});
builder.subscriptionFields((t) => ({
  scheduleChanged: t.field({
    type: ScheduleChange,
    nullable: true,
    description: 'Each change of a schedule, once and in order.',
    args: {
      jobName: t.arg.string({ description: 'Only of this job; left out: of all.' }),
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
