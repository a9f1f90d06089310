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
    pausedBy: t.text('pausedBy', 'Who paused it; “somebody” if that is not known.'),
    reason: t.text('reason', 'Why; says so if no reason was given.'),
    endsAt: t.atOrNull('endsAt', 'When the pause lifts itself; null when somebody must resume the job.'),
  }),
});
blocker('RunGoingOn').implement({
  interfaces,
  description:
    'A run of the job is going on, or its node has fallen silent and its lease not yet ended. A job never overlaps itself: a fire that comes meanwhile is skipped.',
  fields: (t) => ({
    run: t.prismaField({
      type: JobRun,
      nullable: true,
      description: 'The run; null once its record is gone.',
      resolve: (query, { runId }, _args, { prisma }) => prisma.jobRun.findUnique({ ...query, where: { id: runId } }),
    }),
    startedAt: t.at('startedAt', 'When it began.'),
    node: t.textOrNull('node', 'The node’s name; null if it is not known.'),
    closesAt: t.atOrNull(
      'closesAt',
      'When its lease ends, so that it is closed: only where its node has fallen silent, else null.',
    ),
  }),
});
blocker('UnknownJob').implement({
  interfaces,
  description: 'This server does not know the job: another version registered it.',
});
blocker('NeverFiresAgain').implement({ interfaces, description: 'The schedule comes to no instant any more.' });
blocker('ScheduleUnreadable').implement({
  interfaces,
  description: 'The schedule’s cron or zone cannot be read: somebody changed it with SQL.',
});

builder.prismaObjectFields(JobSchedule, (t) => ({
  explanation: t.field({
    type: Explanation,
    nullable: true,
    description:
      'What came of its last fire and why, what keeps it from firing next and what can be done about that, and when something next changes.',
    select: { name: true },
    resolve: ({ name }, _args, { scheduleExplanations }) => scheduleExplanations.add(name),
  }),
}));
