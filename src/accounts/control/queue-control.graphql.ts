/** Flow control in the API: pauses and limits. */
import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { mutation, type PayloadFields } from '../../graphql/mutation.ts';
import { NotFoundError } from '../../refusals.ts';
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
    family: t.found(
      'Family',
      'family',
      ({ familyId }) => familyId,
      'The family whose entries it covers; null when it covers the whole queue.',
    ),
    pausedBy: t.text('pausedBy', 'Who paused it.'),
    reason: t.text('reason', 'Why it is paused.'),
    pausedAt: t.at('pausedAt', 'Since when.'),
    endsAt: t.atOrNull('pausedUntil', 'When it ends automatically; null when an operator must resume the queue.'),
  }),
});
const LimitsRef = builder.objectRef<QueueLimits>('QueueLimits').implement({
  description: 'How fast all nodes together may start attempts.',
  fields: (t) => ({
    startsPerSecond: t.countOrNull(
      'startsPerSecond',
      'How many attempts may start in any second, within `burst`; null without a limit.',
    ),
    burst: t.int({
      nullable: true,
      description: 'By how many the starts in a sliding second may exceed `startsPerSecond`; null without that limit.',
      resolve: ({ startsPerSecond }) => (startsPerSecond === null ? null : burstOf(startsPerSecond)),
    }),
    concurrency: t.countOrNull('concurrency', 'How many attempts may run at the same time; null without a limit.'),
    updatedBy: t.textOrNull('updatedBy', 'Who set them; null if they were never set.'),
    updatedAt: t.at('updatedAt', 'When they were set.'),
  }),
});
const pausesNow = <Parent extends object>(t: PayloadFields<Parent>) =>
  t.field({
    type: [Pause],
    description: 'The current pauses, that of the whole queue first; at most 1000.',
    resolve: (_parent, _args, { reading, caller }) => loadPauses(reading, caller.familyId),
  });
const limitsNow = <Parent extends object>(t: PayloadFields<Parent>) =>
  t.field({
    type: LimitsRef,
    description: 'The limits now.',
    resolve: (_parent, _args, { reading }) => loadLimits(reading),
  });
const Control = builder.objectRef<object>('QueueControl').implement({
  description: 'The pauses and limits of the queue.',
  fields: (t) => ({
    pauses: pausesNow(t),
    limits: limitsNow(t),
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

mutation('pauseQueue', {
  description: 'Stops attempts of the whole queue or of one family. Entries can still be enqueued; they wait.',
  refusals: [NotFoundError],
  input: {
    description: 'What to pause, why, and for how long.',
    fields: (t) => ({
      reason: t.neededReason('Why, for other operators; 1 to 500 characters.'),
      until: t.instant('When it ends automatically; left out: when an operator resumes the queue.'),
      familyId: t.optionalUuid('Pauses only this family; left out: the whole queue.'),
    }),
  },
  resolve: (ctx, input) => pauseQueue(ctx, input),
  payload: {
    description: 'It is paused; running attempts continue.',
    fields: (t) => ({ queuePauses: pausesNow(t), isChanged: t.flag('isChanged', 'False if nothing changed.') }),
  },
});

mutation('resumeQueue', {
  description: 'Ends a pause. The pause of the whole queue and those of families are ended separately.',
  refusals: [NotFoundError],
  input: {
    description: 'What to resume.',
    fields: (t) => ({
      familyId: t.optionalUuid('Ends the pause of this family; left out: that of the whole queue.'),
      reason: t.reason(),
    }),
  },
  resolve: (ctx, input) => resumeQueue(ctx, input),
  payload: {
    description: 'It is not paused any more.',
    fields: (t) => ({ queuePauses: pausesNow(t), isChanged: t.flag('isChanged', 'False if nothing changed.') }),
  },
});

mutation('setQueueLimits', {
  description: 'Limits how fast all nodes together start attempts, from now on.',
  input: {
    description: 'The limits; one that is left out stays as it is.',
    fields: (t) => ({
      startsPerSecond: t.int({
        description: 'Attempts that all nodes together may start in a second: 1 to 100000; null removes the limit.',
        validate: limit,
      }),
      concurrency: t.int({
        description: 'Attempts that all nodes together may run at the same time: 1 to 100000; null removes the limit.',
        validate: limit,
      }),
      reason: t.reason(),
    }),
  },
  resolve: (ctx, input) => setQueueLimits(ctx, input),
  payload: {
    description: 'The limits are set.',
    fields: (t) => ({ queueLimits: limitsNow(t), isChanged: t.flag('isChanged', 'False if nothing changed.') }),
  },
});
