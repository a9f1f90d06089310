/** Runs in the API: reading and starting them. */
import { z } from 'zod';
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { type ChangeEvent, isAbout, type LoadRows } from '../../events/changes/change-events.ts';
import { registerInterest } from '../../events/changes/change-stream.ts';
import { builder } from '../../graphql/builder.ts';
import { AFTER, Change } from '../../graphql/change-types.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import { JobAlreadyRunningError } from '../job.errors.ts';
import { interruptRun } from './interrupt-run.ts';
import { requireJob } from './known-job.ts';
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

interface InterruptionView {
  readonly by: string | null;
  readonly reason: string | null;
  readonly interruptedAt: Date;
}

const Interruption = builder.objectRef<InterruptionView>('RunInterruption').implement({
  description: 'Somebody asked a run to end.',
  fields: (t) => ({
    by: t.textOrNull('by', 'Who.'),
    reason: t.textOrNull('reason', 'Why, if they said.'),
    interruptedAt: t.at('interruptedAt', 'When they asked.'),
  }),
});
builder.prismaObjectFields(JobRun, (t) => ({
  interruption: t.field({
    type: Interruption,
    nullable: true,
    description:
      'Set once somebody has asked the run to end; it may still have ended well, if it was quicker. Null if nobody has.',
    select: { interruptedAt: true, interruptedBy: true, interruptReason: true },
    resolve: ({ interruptedAt, interruptedBy, interruptReason }) =>
      interruptedAt === null ? null : { by: interruptedBy, reason: interruptReason, interruptedAt },
  }),
}));
const Input = builder.inputType('InterruptRunInput', {
  description: 'Which run to interrupt.',
  fields: (t) => ({
    runId: t.uuid('The run’s plain key.'),
    reason: t.reason(),
  }),
});
const Payload = builder.objectRef<{ runId: string; isChanged: boolean }>('InterruptRunPayload').implement({
  description: 'The run was asked to end.',
  fields: (t) => ({
    run: t.changed(
      JobRun,
      'jobRun',
      ({ runId }) => ({ id: runId }),
      'The run, as it stands now: still RUNNING until its job has ended. `jobRunChanged` tells when.',
    ),
    isChanged: t.flag('isChanged', 'False if it had been asked before.'),
  }),
});
builder.mutationField('interruptRun', (t) =>
  t.field({
    type: Payload,
    nullable: true,
    description:
      'Asks a run to end, on whichever node it goes on; that node sees it within 2 s. A job that has not ended after the grace time (`INTERRUPT_GRACE`, 10 s) is left to itself and its run closed as INTERRUPTED. The run’s fire is not run again.',
    args: { input: t.arg({ type: Input, required: true, description: 'Which run.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError] },
    resolve: (_root, { input }, ctx) => interruptRun(ctx, { runId: input.runId, reason: input.reason?.trim() || null }),
  }),
);
