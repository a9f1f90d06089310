/** Explanations in the API: the field `explanation` of an entry, and every kind of blocker. */

import { type AnyBlocker, Blocker, Explanation } from '../../diagnosis/cure.graphql.ts';
import { builder } from '../../graphql/builder.ts';
import { QueuedCreation } from '../entry.graphql.ts';
import type { Blocker as BlockerOfEntry, Explanation as ExplanationOfEntry } from './explained.rules.ts';

/** Explanations by row: the subscribers of one change share the row. */
const explained = new WeakMap<object, Promise<ExplanationOfEntry>>();

const blocker = <K extends BlockerOfEntry['kind']>(kind: K) =>
  builder.objectRef<Extract<BlockerOfEntry, { kind: K }>>(kind);
const interfaces = [Blocker];

blocker('CircuitOpen').implement({
  interfaces,
  description:
    'The circuit of the identity provider is not closed: only probes are attempted. `at` is the next probe; null when that may be at any moment, or never (opened by hand without an end).',
  fields: (t) => ({
    openedAt: t.atOrNull('openedAt', 'When it opened; null if unknown.'),
    openedBy: t.textOrNull('openedBy', 'Who opened it by hand; null if failures opened it.'),
    cause: t.textOrNull('cause', 'The error code that opened it; null when a person opened it.'),
  }),
});
blocker('QueuePaused').implement({
  interfaces,
  description:
    'The queue, or the family’s part of it, is paused. `at` is when the pause ends; null until someone resumes it. `subject` is the family’s id; null for the whole queue.',
  fields: (t) => ({
    pausedAt: t.at('pausedAt', 'When it was paused.'),
    pausedBy: t.text('pausedBy', 'Who paused it.'),
    reason: t.text('reason', 'Why it was paused.'),
  }),
});
/** Kinds without fields of their own. */
const DESCRIPTIONS: Readonly<
  Record<Exclude<BlockerOfEntry['kind'], 'CircuitOpen' | 'QueuePaused' | 'NoLiveNode'>, string>
> = {
  BackingOff: 'The last attempt failed. `at` is when the next one is due.',
  ScheduledFor: 'It was enqueued for a later time: `at`.',
  LeasedBy:
    'A node is attempting it: `subject` is its name. `at` is when another node may take over; null when that may be at any moment.',
  RateLimited:
    'The queue’s limits let no attempt start now. `at` is when the next one may start; null when an attempt in progress must end first.',
  WaitingForTurn: 'Nothing: it is due, and is attempted next.',
  RetriesUsedUp: 'All its retries failed: `code` is the last failure’s.',
  PermanentError: 'A permanent error: `code` names the failure.',
  PasswordDestroyed: 'Its password was destroyed; a retry needs a new one.',
};
for (const [kind, description] of Object.entries(DESCRIPTIONS))
  builder.objectRef<AnyBlocker>(kind).implement({ interfaces, description });

builder.prismaObjectFields(QueuedCreation, (t) => ({
  explanation: t.field({
    type: Explanation,
    nullable: true,
    description: 'Why it is not moving, what an operator can do, and when something next changes.',
    select: {
      id: true,
      familyId: true,
      status: true,
      retryCount: true,
      nextRetryAt: true,
      isLookupOnly: true,
      encryptedPassword: true,
      lastOutcome: true,
      lastErrorCode: true,
      lastErrorMessage: true,
      leaseNodeId: true,
      leaseExpiresAt: true,
    },
    resolve: (entry, _args, { explanations, keyRing }) => {
      let explanation = explained.get(entry);
      if (explanation === undefined) {
        const { encryptedPassword, ...row } = entry;
        explanation = explanations.add({
          ...row,
          hasPassword: encryptedPassword !== null,
          isSealed: keyRing.knowsKeyOf(encryptedPassword),
        });
        explained.set(entry, explanation);
      }
      return explanation;
    },
  }),
}));
