/** Explanations of schedules in the API: the field `explanation`, and the kinds of blocker that a schedule has. */

import { Blocker, Explanation } from '../../diagnosis/cure.graphql.ts';
import { builder } from '../../graphql/builder.ts';
import { JobRun } from '../runs/run.graphql.ts';
import { JobSchedule } from './schedule.graphql.ts';
import type { ScheduleBlocker } from './schedule-explanation.rules.ts';

type BlockerOf<K extends ScheduleBlocker['kind']> = Extract<ScheduleBlocker, { kind: K }>;

const blocker = <K extends ScheduleBlocker['kind']>(kind: K) => builder.objectRef<BlockerOf<K>>(kind);
const interfaces = [Blocker];

blocker('SchedulePaused').implement({
  interfaces,
  description: 'The schedule is paused: its fires are skipped.',
  fields: (t) => ({
    pausedBy: t.text('pausedBy', 'Who paused it; “an operator” if that is not known.'),
    reason: t.text('reason', 'Why; “No reason was given.” if there is none.'),
    endsAt: t.atOrNull('endsAt', 'When the pause ends automatically; null when an operator must resume the job.'),
  }),
});
blocker('RunGoingOn').implement({
  interfaces,
  description:
    'A run of the job is in progress, or it lost its node and its lease has not ended yet. A job never overlaps itself: a fire that is due meanwhile is skipped.',
  fields: (t) => ({
    run: t.prismaField({
      type: JobRun,
      nullable: true,
      description: 'The run; null once it was deleted.',
      resolve: (query, { runId }, _args, { prisma }) => prisma.jobRun.findUnique({ ...query, where: { id: runId } }),
    }),
    startedAt: t.at('startedAt', 'When it started.'),
    node: t.textOrNull('node', 'The node’s name; null if it is not known.'),
    closesAt: t.atOrNull('closesAt', 'When its lease ends and it is closed; null while its node sends heartbeats.'),
  }),
});
blocker('UnknownJob').implement({
  interfaces,
  description: 'This server does not know the job: another version registered it.',
});
blocker('NeverFiresAgain').implement({ interfaces, description: 'The schedule has no more fire times.' });
blocker('ScheduleUnreadable').implement({
  interfaces,
  description: 'The schedule’s cron expression or time zone is invalid: it was changed with SQL.',
});

builder.prismaObjectFields(JobSchedule, (t) => ({
  explanation: t.field({
    type: Explanation,
    nullable: true,
    description:
      'What became of its last fire and why, what blocks the next one and what to do about it, and when something next changes.',
    select: { name: true },
    resolve: ({ name }, _args, { scheduleExplanations }) => scheduleExplanations.add(name),
  }),
  lastFireSummary: t.string({
    nullable: true,
    description: 'What became of the fire at `previousFireAt`, in a sentence; part of the explanation’s summary.',
    select: { name: true },
    resolve: async ({ name }, _args, { scheduleExplanations }) => (await scheduleExplanations.add(name))?.lastFire,
  }),
}));
