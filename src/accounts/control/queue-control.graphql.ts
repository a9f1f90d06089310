/** Flow control in the API: pauses and limits, seen and set. */
import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { reasonText } from '../../graphql/fields.ts';
import { InvalidInputError, NotFoundError } from '../../refusals.ts';
import { burstOf } from './queue-control.rules.ts';
import {
  loadLimits,
  loadPauses,
  pauseQueue,
  type QueueLimits,
  type QueuePause,
  resumeQueue,
  setQueueLimits,
} from './queue-control.ts';

const limit = z.int().min(1, 'is at least 1').max(100_000, 'is at most 100000').nullish();

const Pause = builder.objectRef<QueuePause>('QueuePause').implement({
  description: 'A pause of the queue: nothing that it covers is attempted.',
  fields: (t) => ({
    family: t.prismaField({
      type: 'Family',
      nullable: true,
      description: 'The family whose entries it covers; null when it covers the whole queue.',
      resolve: (query, { familyId }, _args, { prisma }) =>
        familyId === null ? null : prisma.family.findUnique({ ...query, where: { id: familyId } }),
    }),
    pausedBy: t.text('pausedBy', 'Who paused it.'),
    reason: t.text('reason', 'Why.'),
    pausedAt: t.at('pausedAt', 'Since when.'),
    endsAt: t.atOrNull('pausedUntil', 'When it lifts itself; null when somebody must resume the queue.'),
  }),
});
const LimitsRef = builder.objectRef<QueueLimits>('QueueLimits').implement({
  description: 'How fast all nodes together may start attempts.',
  fields: (t) => ({
    startsPerSecond: t.countOrNull(
      'startsPerSecond',
      'Attempts that may start in any second, give or take the burst; null without a limit.',
    ),
    burst: t.int({
      nullable: true,
      description: 'By how many the starts in a sliding second may exceed `startsPerSecond`; null without that limit.',
      resolve: ({ startsPerSecond }) => (startsPerSecond === null ? null : burstOf(startsPerSecond)),
    }),
    concurrency: t.countOrNull('concurrency', 'Attempts that may be under way at the same time; null without a limit.'),
    updatedBy: t.textOrNull('updatedBy', 'Who set them; null if nobody has.'),
    updatedAt: t.at('updatedAt', 'When they were set.'),
  }),
});
const Control = builder.objectRef<object>('QueueControl').implement({
  description: 'What people set to hold the queue back.',
  fields: (t) => ({
    pauses: t.field({
      type: [Pause],
      description: 'The pauses in force, the whole queue’s first; at most 1000.',
      resolve: (_parent, _args, { reading, caller }) => loadPauses(reading, caller.familyId),
    }),
    limits: t.field({
      type: LimitsRef,
      description: 'The limits.',
      resolve: (_parent, _args, { reading }) => loadLimits(reading),
    }),
  }),
});
builder.queryField('queueControl', (t) =>
  t.field({
    type: Control,
    nullable: true,
    description: 'Pauses of the queue, and limits on its speed.',
    resolve: () => ({}),
  }),
);

const PauseInput = builder.inputType('PauseQueueInput', {
  description: 'What to pause, why, and for how long.',
  fields: (t) => ({
    reason: t.string({
      required: true,
      description: 'For those who wonder why nothing moves; 1 to 500 characters.',
      validate: reasonText.trim().min(1, 'is needed'),
    }),
    until: t.field({
      type: 'DateTime',
      description: 'When it lifts itself; left out: when somebody resumes the queue.',
    }),
    familyId: t.field({ type: 'UUID', description: 'Only this family’s entries; left out: the whole queue.' }),
  }),
});
const ResumeInput = builder.inputType('ResumeQueueInput', {
  description: 'What to resume.',
  fields: (t) => ({
    familyId: t.field({
      type: 'UUID',
      description: 'The pause of this family’s entries; left out: the pause of the whole queue.',
    }),
    reason: t.reason(),
  }),
});
const LimitsInput = builder.inputType('SetQueueLimitsInput', {
  description: 'The limits; one that is left out stays as it is.',
  fields: (t) => ({
    startsPerSecond: t.int({
      description: 'Attempts that all nodes together may start in a second: 1 to 100000; null lifts the limit.',
      validate: limit,
    }),
    concurrency: t.int({
      description: 'Attempts that all nodes together may have under way: 1 to 100000; null lifts the limit.',
      validate: limit,
    }),
    reason: t.reason(),
  }),
});
const pausesPayload = (name: string, description: string) =>
  builder.objectRef<{ isChanged: boolean }>(name).implement({
    description,
    fields: (t) => ({
      queuePauses: t.field({
        type: [Pause],
        description: 'The pauses in force now, the whole queue’s first; at most 1000.',
        resolve: (_parent, _args, { reading, caller }) => loadPauses(reading, caller.familyId),
      }),
      isChanged: t.flag('isChanged', 'False if it was so already.'),
    }),
  });
const PausePayload = pausesPayload('PauseQueuePayload', 'It is paused; attempts under way go on.');
const ResumePayload = pausesPayload('ResumeQueuePayload', 'It is not paused, and the workers were woken.');
const LimitsPayload = builder.objectRef<{ isChanged: boolean }>('SetQueueLimitsPayload').implement({
  description: 'The limits hold.',
  fields: (t) => ({
    queueLimits: t.field({
      type: LimitsRef,
      description: 'The limits, as they stand now.',
      resolve: (_parent, _args, { reading }) => loadLimits(reading),
    }),
    isChanged: t.flag('isChanged', 'False if they were so already.'),
  }),
});

builder.mutationFields((t) => ({
  pauseQueue: t.field({
    type: PausePayload,
    nullable: true,
    description: 'Stops attempts of the whole queue or of one family. Entries can still be enqueued; they wait.',
    args: { input: t.arg({ type: PauseInput, required: true, description: 'What, why, and for how long.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => pauseQueue(ctx, input),
  }),
  resumeQueue: t.field({
    type: ResumePayload,
    nullable: true,
    description: 'Takes a pause back. A pause of the whole queue and those of families are lifted each by itself.',
    args: { input: t.arg({ type: ResumeInput, required: true, description: 'What.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => resumeQueue(ctx, input),
  }),
  setQueueLimits: t.field({
    type: LimitsPayload,
    nullable: true,
    description: 'Limits how fast all nodes together start attempts, from now on.',
    args: { input: t.arg({ type: LimitsInput, required: true, description: 'The limits.' }) },
    errors: { types: [InvalidInputError] },
    resolve: (_root, { input }, ctx) => setQueueLimits(ctx, input),
  }),
}));
