/** Interrupting a run in the API, and who did it. */
import { builder } from '../../graphql/builder.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import { interruptRun } from './interrupt-run.ts';
import { JobRun } from './run.graphql.ts';

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
