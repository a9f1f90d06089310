/** Runs in the API: querying and starting them. */
import { z } from 'zod';
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import type { LoadRows } from '../../events/changes/change-events.ts';
import { registerInterest } from '../../events/changes/change-stream.ts';
import { changeType } from '../../events/changes/change-type.graphql.ts';
import { builder } from '../../graphql/builder.ts';
import { AFTER } from '../../graphql/change-types.ts';
import { mutation } from '../../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
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
  description: 'The job is already running; a job never overlaps itself.',
  interfaces: ['MutationError'],
  fields: (t) => ({
    jobName: t.text('jobName', 'The job that is running.'),
    // Not `run`: a query that selects both would merge this nullable field with the payload's, which is an error.
    runningRun: t.found(JobRun, 'jobRun', ({ runId }) => runId, 'The run in progress; null if it has just ended.'),
  }),
});
mutation('runJobNow', {
  description: 'Runs a job now, independently of its schedule, even while it is paused.',
  refusals: [NotFoundError, InvalidStateError, JobAlreadyRunningError, IdempotencyConflictError],
  input: {
    description: 'Which job to run now.',
    fields: (t) => ({
      jobName: t.string({
        required: true,
        description: 'For example ExpiredInvitationCleanupJob.',
        validate: z.string().max(200, 'has at most 200 characters'),
      }),
      reason: t.reason(
        'Why, for the audit trail; at most 500 characters. While the schedule is paused, the run’s reason says so too.',
      ),
      wait: t.boolean({
        defaultValue: false,
        description:
          'Answer only when the run has ended, or after 30 s; also for an idempotency key that was used before.',
      }),
      idempotencyKey: t.idempotencyKey(
        '1 to 200 characters. The same key again within 24 h returns the first run instead of starting another.',
      ),
    }),
  },
  resolve: (ctx, input) => runJobNow(ctx, { ...input, reason: input.reason?.trim() || null }),
  payload: {
    description: 'The job was started.',
    fields: (t) => ({
      run: t.changed(JobRun, 'jobRun', ({ runId }) => ({ id: runId }), 'The run as it is now.'),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing was started again.'),
    }),
  },
});

const RunChange = changeType({
  topic: 'run',
  name: 'JobRunChange',
  description: 'A run began or changed.',
  key: { field: 'runId', description: 'The run that changed.' },
  object: {
    field: 'jobRun',
    type: JobRun,
    model: 'jobRun',
    description: 'The run as it is when the event is sent; null when it was removed.',
  },
});
builder.subscriptionFields((t) => ({
  jobRunChanged: t.field({
    type: RunChange,
    nullable: true,
    description: 'Each change of a run, once and in order, including its counts, progress and log lines while it runs.',
    args: {
      jobName: t.arg.string({ description: 'Only this job’s; left out: all.' }),
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
  description: 'A request to interrupt a run.',
  fields: (t) => ({
    by: t.textOrNull('by', 'Who requested it.'),
    reason: t.textOrNull('reason', 'The reason; null if none was given.'),
    interruptedAt: t.at('interruptedAt', 'When it was requested.'),
  }),
});
builder.prismaObjectFields(JobRun, (t) => ({
  interruption: t.field({
    type: Interruption,
    nullable: true,
    description:
      'Set once someone requested to interrupt the run, even if it then succeeded before it noticed. Null if no one did.',
    select: { interruptedAt: true, interruptedBy: true, interruptReason: true },
    resolve: ({ interruptedAt, interruptedBy, interruptReason }) =>
      interruptedAt === null ? null : { by: interruptedBy, reason: interruptReason, interruptedAt },
  }),
}));
mutation('interruptRun', {
  description:
    'Asks a run to stop, on any node, within 2 s. If its job has not stopped after 10 s, the run ends as INTERRUPTED although the job may still work. The run’s fire does not run again.',
  refusals: [NotFoundError, InvalidStateError],
  input: {
    description: 'Which run to interrupt.',
    fields: (t) => ({ runId: t.uuid('The run’s plain key.'), reason: t.reason() }),
  },
  resolve: (ctx, { runId, reason }) => interruptRun(ctx, { runId, reason: reason?.trim() || null }),
  payload: {
    description: 'The run is asked to stop.',
    fields: (t) => ({
      run: t.changed(
        JobRun,
        'jobRun',
        ({ runId }) => ({ id: runId }),
        'The run as it is now: RUNNING until its job has stopped. `jobRunChanged` shows when.',
      ),
      isChanged: t.flag('isChanged', 'False if this was already requested.'),
    }),
  },
});
