/** Watching runs, on whichever node they are. */

import { type ChangeEvent, isAbout, type LoadRows } from '../../events/changes/change-events.ts';
import { registerInterest } from '../../events/changes/change-stream.ts';
import { builder } from '../../graphql/builder.ts';
import { AFTER, Change } from '../../graphql/change-types.ts';
import { requireJob } from '../schedules/schedules.ts';
import { JobRun } from './run.graphql.ts';

const RunChange = builder.objectRef<ChangeEvent>('JobRunChange').implement({
  description: 'A run began or changed.',
  interfaces: [Change],
  isTypeOf: isAbout('run'),
  fields: (t) => ({
    runId: t.field({ type: 'UUID', description: 'Which run.', resolve: ({ key }) => key }),
    jobRun: t.prismaField({
      type: JobRun,
      nullable: true,
      description: 'The run as it stands when the change is told; null when it was removed.',
      resolve: (query, { key, together }, _args, { prisma }) =>
        together.objectOf('run', JSON.stringify(query), key, async (keys) => {
          const rows = await prisma.jobRun.findMany({ ...query, where: { id: { in: [...keys] } } });
          return new Map(rows.map((row) => [row.id, row]));
        }),
    }),
  }),
});
builder.subscriptionFields((t) => ({
  jobRunChanged: t.field({
    type: RunChange,
    nullable: true,
    description:
      'Each change of a run once and in order, also of its counts, progress and lines while it is under way.',
    args: {
      jobName: t.arg.string({ description: 'Only of this job; left out: of all.' }),
      after: t.arg.string({ description: AFTER }),
    },
    async subscribe(_root, { jobName, after }, { feed, reading }) {
      if (typeof jobName !== 'string') return feed.subscribe({ topic: 'run' }, after);
      await requireJob(reading, jobName);
      return feed.subscribe<{ jobName: string }>(
        { topic: 'run', load, keep: ({ scope }, run) => (run?.jobName ?? scope) === jobName },
        after,
      );
    },
    resolve: (change) => change,
  }),
}));
registerInterest('run', () => ({ topic: 'run' }));

const load: LoadRows<{ jobName: string }> = async (keys, reading) => {
  const rows = await reading.query<{ id: string; jobName: string }>(
    'SELECT id, job_name AS "jobName" FROM auth.job_runs WHERE id = ANY($1::uuid[])',
    [keys],
  );
  return new Map(rows.map((row) => [row.id, row]));
};
