/** Runs in the API: what was executed, when, where and with what result. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Prisma } from '../../database/generated/prisma/client.ts';
import type { FireOutcome, RunStatus, RunTrigger } from '../../database/generated/prisma/enums.ts';
import type { RequestContext } from '../../graphql/builder.ts';
import { builder } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { connectionSelection, keysetPage, type PageArgs } from '../../graphql/keyset.ts';

export interface RunFilter {
  readonly jobName?: string | null;
  readonly status?: readonly RunStatus[] | null;
  readonly trigger?: readonly RunTrigger[] | null;
}

const Trigger = enumOf<RunTrigger>('RunTrigger', 'Why a run was started.', {
  schedule: 'Its fire was due.',
  manual: 'Somebody asked for it.',
  catch_up: 'Its fire had been missed, or its first run was interrupted.',
});
const Status = enumOf<RunStatus>('RunStatus', 'Where a run stands.', {
  running: 'Under way.',
  succeeded: 'Ended well.',
  failed: 'Ended with an error.',
  interrupted: 'Stopped before its end: by a person, by the server’s stop, or by a crash.',
});
export const Outcome = enumOf<FireOutcome>('FireOutcome', 'What became of a fire.', {
  on_time: 'Run when it was due.',
  late: 'Run later than the tolerance allows, by a node that was up.',
  caught_up: 'Missed, and run afterwards.',
  skipped_overlap: 'Not run: the run before it was still going on.',
  skipped_paused: 'Not run: the schedule was paused.',
  skipped_policy: 'Missed, and not run afterwards by the schedule’s policy.',
  missed: 'Missed too long ago, or too many to be run afterwards.',
});
const RunCount = builder.objectRef<{ name: string; value: number }>('RunCount').implement({
  description: 'One figure of what a run did.',
  fields: (t) => ({
    name: t.text('name', 'Of what, for example deleted.'),
    value: t.count('value', 'How many.'),
  }),
});

export const JobRun = builder.prismaNode('JobRun', {
  id: { field: 'id' },
  nullable: true,
  description: 'One execution of a job.',
  fields: (t) => ({
    runId: t.field({ type: 'UUID', description: 'The plain key.', resolve: (run) => run.id }),
    job: t.relation('schedule', { description: 'The job.' }),
    trigger: t.expose('trigger', { type: Trigger, description: 'Why it was started.' }),
    status: t.expose('status', { type: Status, description: 'Where it stands.' }),
    outcome: t.field({
      type: Outcome,
      nullable: true,
      description: 'What became of its fire; null for a run by hand.',
      select: { fire: { select: { outcome: true } } },
      resolve: ({ fire }) => fire?.outcome ?? null,
    }),
    scheduledFor: t.atOrNull('scheduledFor', 'When its fire was due; null for a run by hand.'),
    startedAt: t.atOrNull('startedAt', 'When it began.'),
    finishedAt: t.atOrNull('finishedAt', 'When it ended; null while it is under way.'),
    duration: t.field({
      type: 'Duration',
      nullable: true,
      description: 'How long it took; null while it is under way.',
      resolve: ({ startedAt, finishedAt }) => finishedAt && finishedAt.getTime() - startedAt.getTime(),
    }),
    counts: t.field({
      type: [RunCount],
      description: 'What it did, in figures; also while it is under way.',
      resolve: ({ counts }) => countsOf(counts),
    }),
    errorMessage: t.textOrNull('errorMessage', 'Why it did not end well; null if it did.'),
    reason: t.textOrNull('reason', 'Why somebody asked for it, if they said.'),
    actor: t.textOrNull('actor', 'Who asked for it; null for a fire.'),
    node: t.relation('node', {
      nullable: true,
      description: 'The node that runs it; null once that node’s record is gone.',
    }),
  }),
});
export const Filter = builder.inputRef<RunFilter>('JobRunFilter').implement({
  description: 'Which runs; all conditions that are given must hold.',
  fields: (t) => ({
    jobName: t.string({ description: 'Of this job.' }),
    status: t.field({ type: [Status], description: 'One of these states.' }),
    trigger: t.field({ type: [Trigger], description: 'Started for one of these reasons.' }),
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
