/** Runs in the API: what was executed, when, on which node and with what result. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Prisma } from '../../database/generated/prisma/client.ts';
import type { FireOutcome, RunStatus, RunTrigger } from '../../database/generated/prisma/enums.ts';
import { builder, type RequestContext } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { connectionSelection, keysetPage, type PageArgs } from '../../graphql/keyset.ts';

export type RunFilter = typeof Filter.$inferInput;

const Trigger = enumOf<RunTrigger>('RunTrigger', 'Why a run was started.', {
  schedule: 'Its fire was due.',
  manual: 'A caller requested it with `runJobNow`.',
  catch_up: 'Its fire was missed, or its first run was interrupted.',
});
const Status = enumOf<RunStatus>('RunStatus', 'The status of a run.', {
  running: 'In progress.',
  succeeded: 'Succeeded.',
  failed: 'Ended with an error.',
  interrupted: 'Stopped before its end: by a person, by a server shutdown, or by a crash.',
});
export const Outcome = enumOf<FireOutcome>('FireOutcome', 'The outcome of a fire.', {
  on_time: 'It ran when it was due.',
  late: 'A node that was up ran it later than the tolerance allows.',
  caught_up: 'It was missed, and ran later.',
  skipped_overlap: 'It did not run: the previous run was still in progress.',
  skipped_paused: 'It did not run: the schedule was paused.',
  skipped_policy: 'It was missed, and by the schedule’s policy did not run later.',
  missed: 'It was missed too long ago, or with too many others, to run later.',
});
const RunCount = builder.objectRef<{ name: string; value: number }>('RunCount').implement({
  description: 'A count of what a run did.',
  fields: (t) => ({
    name: t.text('name', 'What is counted, for example deleted.'),
    value: t.count('value', 'The count.'),
  }),
});

export const JobRun = builder.prismaNode('JobRun', {
  id: { field: 'id' },
  nullable: true,
  description: 'One execution of a job.',
  fields: (t) => ({
    runId: t.key('id', 'The plain key.'),
    job: t.relation('schedule', { description: 'The job that it is a run of.' }),
    trigger: t.expose('trigger', { type: Trigger, description: 'Why it was started.' }),
    status: t.expose('status', { type: Status, description: 'Its status.' }),
    outcome: t.field({
      type: Outcome,
      nullable: true,
      description: 'The outcome of its fire; null for a manual run.',
      select: { fire: { select: { outcome: true } } },
      resolve: ({ fire }) => fire?.outcome ?? null,
    }),
    scheduledFor: t.atOrNull('scheduledFor', 'When its fire was due; null for a manual run.'),
    startedAt: t.atOrNull('startedAt', 'When it began.'),
    finishedAt: t.atOrNull('finishedAt', 'When it ended; null while it runs.'),
    duration: t.took('How long it took; null while it runs.'),
    counts: t.field({
      type: [RunCount],
      description: 'What it did, as counts; also while it runs.',
      resolve: ({ counts }) => countsOf(counts),
    }),
    errorMessage: t.textOrNull('errorMessage', 'Why it failed or was interrupted; null otherwise.'),
    reason: t.textOrNull('reason', 'The reason for a manual run; null if none was given.'),
    actor: t.textOrNull('actor', 'Who requested it; null for a fire.'),
    node: t.relation('node', {
      nullable: true,
      description: 'The node that runs it; null once that node is deleted.',
    }),
  }),
});
export const Filter = builder.inputType('JobRunFilter', {
  description: 'Filters runs; all given conditions must hold.',
  fields: (t) => ({
    jobName: t.string({ description: 'Only runs of this job.' }),
    status: t.field({ type: [Status], description: 'With one of these statuses.' }),
    trigger: t.field({ type: [Trigger], description: 'Started for one of these reasons.' }),
    isEmpty: t.boolean({
      description: 'True: scheduled runs that succeeded and had nothing to do; false: all others.',
    }),
  }),
});
// One connection type serves `jobRuns` and `JobSchedule.runs`.
export const Connection = builder.connectionObject(
  { type: JobRun, name: 'JobRunConnection' },
  builder.edgeObject({ type: JobRun, name: 'JobRunEdge' }),
);

function countsOf(counts: Prisma.JsonValue): { name: string; value: number }[] {
  if (typeof counts !== 'object' || counts === null || Array.isArray(counts)) return [];
  return Object.entries(counts).flatMap(([name, value]) => (typeof value === 'number' ? [{ name, value }] : []));
}

/** One page of runs, newest first. */
export async function runsOfJob(
  filter: RunFilter | null | undefined,
  args: PageArgs,
  context: RequestContext,
  info: GraphQLResolveInfo,
) {
  const condition: Prisma.JobRunWhereInput = {
    ...(filter?.jobName && { jobName: filter.jobName }),
    ...(filter?.status && { status: { in: [...new Set(filter.status)] } }),
    ...(filter?.trigger && { trigger: { in: [...new Set(filter.trigger)] } }),
    ...(typeof filter?.isEmpty === 'boolean' && { isEmpty: filter.isEmpty }),
  };
  const { prisma } = context;
  const page = await keysetPage(
    { list: 'jobRuns', field: 'startedAt', direction: 'desc' },
    args,
    ({ where, ...rest }) =>
      prisma.jobRun.findMany({ ...connectionSelection(context, info), ...rest, where: { AND: [condition, where] } }),
  );
  return { ...page, totalCount: () => prisma.jobRun.count({ where: condition }) };
}
