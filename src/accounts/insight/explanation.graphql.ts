/** Explanations in the API: the field `explanation` of an entry, and every kind of blocker. */

import { Blocker, Explanation } from '../../diagnosis/cure.graphql.ts';
import { builder } from '../../graphql/builder.ts';
import { looksSealed } from '../../sealing/jwe.ts';
import { QueuedCreation } from '../entry.graphql.ts';
import type { Blocker as BlockerOfEntry, Explanation as ExplanationOfEntry } from './explained.rules.ts';

type BlockerOf<K extends BlockerOfEntry['kind']> = Extract<BlockerOfEntry, { kind: K }>;

/** By the row, which the subscribers of one change share. */
const explained = new WeakMap<object, Promise<ExplanationOfEntry>>();

const blocker = <K extends BlockerOfEntry['kind']>(kind: K) => builder.objectRef<BlockerOf<K>>(kind);
const interfaces = [Blocker];

blocker('BackingOff').implement({
  interfaces,
  description: 'The last attempt failed, and the next one’s time has not come.',
  fields: (t) => ({ retryAt: t.at('retryAt', 'When it comes.') }),
});
blocker('ScheduledFor').implement({
  interfaces,
  description: 'It was enqueued for a later time.',
  fields: (t) => ({ scheduledAt: t.at('scheduledAt', 'For when.') }),
});
blocker('CircuitOpen').implement({
  interfaces,
  description: 'The identity provider’s circuit is not closed: nothing is attempted but probes.',
  fields: (t) => ({
    openedAt: t.atOrNull('openedAt', 'Since when; null if unknown.'),
    openedBy: t.textOrNull('openedBy', 'Who keeps it open by hand; null if failures opened it.'),
    cause: t.textOrNull('cause', 'The error code that opened it; null when a person opened it.'),
    nextProbeAt: t.atOrNull(
      'nextProbeAt',
      'When a due entry is next let through as a probe; null when that may be at any moment, or never (kept open by hand without an end).',
    ),
  }),
});
blocker('QueuePaused').implement({
  interfaces,
  description: 'The queue, or the family’s part of it, is paused.',
  fields: (t) => ({
    pausedBy: t.text('pausedBy', 'Who paused it.'),
    reason: t.text('reason', 'Why.'),
    endsAt: t.atOrNull('endsAt', 'When it lifts itself; null when somebody must resume the queue.'),
  }),
});
blocker('LeasedBy').implement({
  interfaces,
  description: 'A node holds it.',
  fields: (t) => ({
    node: t.textOrNull('node', 'The node’s name; null if it is not known.'),
    leaseEndsAt: t.atOrNull('leaseEndsAt', 'When another node may take it over; null when that may be at any moment.'),
  }),
});
blocker('RateLimited').implement({
  interfaces,
  description: 'The queue’s limits let no attempt start at this moment.',
  fields: (t) => ({
    nextStartAt: t.atOrNull(
      'nextStartAt',
      'When the next one may start; null when that depends on the end of those under way.',
    ),
  }),
});
blocker('WaitingForTurn').implement({ interfaces, description: 'Nothing: it is due, and is attempted next.' });
blocker('RetriesUsedUp').implement({ interfaces, description: 'All its retries failed.' });
blocker('PermanentError').implement({ interfaces, description: 'A permanent error: `code` names the failure.' });
blocker('PasswordDestroyed').implement({ interfaces, description: 'Its password is gone; a retry needs a new one.' });

builder.prismaObjectFields(QueuedCreation, (t) => ({
  explanation: t.field({
    type: Explanation,
    nullable: true,
    description: 'Why it is not moving, what can be done, and when something next changes.',
    select: {
      id: true,
      familyId: true,
      status: true,
      retryCount: true,
      nextRetryAt: true,
      isLookOnly: true,
      encryptedPassword: true,
      lastOutcome: true,
      lastErrorCode: true,
      lastErrorMessage: true,
      leaseNodeId: true,
      leaseExpiresAt: true,
    },
    resolve: (entry, _args, { explanations }) => {
      let explanation = explained.get(entry);
      if (explanation === undefined) {
        const { encryptedPassword, ...told } = entry;
        explanation = explanations.add({
          ...told,
          hasPassword: encryptedPassword !== null,
          isSealed: looksSealed(encryptedPassword),
        });
        explained.set(entry, explanation);
      }
      return explanation;
    },
  }),
}));
