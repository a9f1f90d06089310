/** Runs in the API: reading and starting them. */
import { z } from 'zod';
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { builder } from '../../graphql/builder.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import { JobAlreadyRunningError } from '../job.errors.ts';
import { requireJob } from '../schedules/schedules.ts';
import { Connection, Filter, JobRun, runsOfJob } from './run.graphql.ts';
import { runJobNow } from './run-now.ts';

builder.queryFields((t) => ({
  jobRun: t.prismaField({
    type: JobRun,
    nullable: true,
    description: 'One run by its plain key; null when there is none.',
    args: { runId: t.arg({ type: 'UUID', required: true, description: 'The run’s key.' }) },
    resolve: (query, _root, { runId }, { prisma }) => prisma.jobRun.findUnique({ ...query, where: { id: runId } }),
  }),
  jobRuns: t.connection(
    {
      type: JobRun,
      nullable: true,
      description: 'The runs of all jobs, newest first.',
      args: { filter: t.arg({ type: Filter, description: 'Which runs; left out: all.' }) },
      async resolve(_root, args, context, info) {
        const page = await runsOfJob(args.filter, args, context, info);
        if (page.edges.length === 0 && typeof args.filter?.jobName === 'string')
          await requireJob(context.reading, args.filter.jobName);
        return page;
      },
    },
    Connection,
  ),
}));

builder.objectType(JobAlreadyRunningError, {
  name: 'JobAlreadyRunningError',
  description: 'The job is running already; a job never overlaps itself.',
  interfaces: ['MutationError'],
  fields: (t) => ({
    jobName: t.text('jobName', 'Which job.'),
    // Not `run`: a query that selects both could not tell this one, which may be null, from the payload's.
    runningRun: t.prismaField({
      type: JobRun,
      nullable: true,
      description: 'The run that is going on; null if it has just ended.',
      resolve: (query, { runId }, _args, { prisma }) =>
        runId === null ? null : prisma.jobRun.findUnique({ ...query, where: { id: runId } }),
    }),
  }),
});
const RunNowInput = builder.inputType('RunJobNowInput', {
  description: 'A job to be run now.',
  fields: (t) => ({
    jobName: t.string({
      required: true,
      description: 'For example ExpiredInvitationCleanupJob.',
      validate: z.string().max(200, 'has at most 200 characters'),
    }),
    reason: t.reason(
      'Why, for the record; at most 500 characters. While the schedule is paused, the run’s reason says so too.',
    ),
    wait: t.boolean({
      defaultValue: false,
      description: 'Answer only when the run has ended, after 30 s at the latest; also for a key that was used.',
    }),
    idempotencyKey: t.idempotencyKey(
      '1 to 200 characters. The same key again within 24 h answers the first run instead of starting another.',
    ),
  }),
});
const RunNowPayload = builder.objectRef<{ runId: string; isReplay: boolean }>('RunJobNowPayload').implement({
  description: 'The job was started.',
  fields: (t) => ({
    run: t.changed(JobRun, 'jobRun', ({ runId }) => ({ id: runId }), 'The run, as it stands now.'),
    isReplay: t.flag('isReplay', 'True if this idempotency key had been used: nothing was started again.'),
  }),
});
builder.mutationField('runJobNow', (t) =>
  t.field({
    type: RunNowPayload,
    nullable: true,
    description: 'Runs a job now, beside its schedule, also while it is paused.',
    args: { input: t.arg({ type: RunNowInput, required: true, description: 'Which job.' }) },
    errors: {
      types: [InvalidInputError, NotFoundError, InvalidStateError, JobAlreadyRunningError, IdempotencyConflictError],
    },
    resolve: (_root, { input }, ctx) => runJobNow(ctx, { ...input, reason: input.reason?.trim() || null }),
  }),
);
