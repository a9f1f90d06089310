/** Mutations of an entry: retry and cancel. */
import { IdempotencyConflictError } from '../access/idempotency.ts';
import { builder } from '../graphql/builder.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';
import { cancelEntry } from './cancel.ts';
import { OutcomeUnknownError, PasswordDestroyedError, UsernameTakenError } from './entry.errors.ts';
import { QueuedCreation } from './entry.graphql.ts';
import { retryEntry } from './retry.ts';

const RetryInput = builder.inputType('RetryEntryInput', {
  description: 'Which entry to retry.',
  fields: (t) => ({
    entryId: t.uuid('The entry.'),
    password: t.string({
      description: 'A new password, by the rules of `enqueueAccount`; required if the old one was destroyed.',
    }),
    reason: t.reason(),
    idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h retries only once.'),
  }),
});
const RetryPayload = builder.objectRef<{ entryId: string; isReplay: boolean }>('RetryEntryPayload').implement({
  description: 'The entry is due now, with a new series of retries.',
  fields: (t) => ({
    entry: t.changed(QueuedCreation, 'queuedCreation', ({ entryId }) => ({ id: entryId }), 'The entry as it is now.'),
    isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing was done again.'),
  }),
});

const CancelInput = builder.inputType('CancelEntryInput', {
  description: 'Which entry to cancel.',
  fields: (t) => ({
    entryId: t.uuid('The entry.'),
    reason: t.reason(),
  }),
});
const CancelPayload = builder.objectRef<{ entryId: string; isChanged: boolean }>('CancelEntryPayload').implement({
  description: 'The entry is cancelled.',
  fields: (t) => ({
    entry: t.changed(QueuedCreation, 'queuedCreation', ({ entryId }) => ({ id: entryId }), 'The entry as it is now.'),
    isChanged: t.flag('isChanged', 'False if it was already cancelled.'),
  }),
});

builder.mutationFields((t) => ({
  retryEntry: t.field({
    type: RetryPayload,
    nullable: true,
    description: 'Starts a new series of attempts, due now, for a failed, cancelled or pending entry.',
    args: { input: t.arg({ type: RetryInput, required: true, description: 'Which entry.' }) },
    errors: {
      types: [
        InvalidInputError,
        NotFoundError,
        InvalidStateError,
        UsernameTakenError,
        PasswordDestroyedError,
        IdempotencyConflictError,
      ],
    },
    resolve: (_root, { input }, ctx) => retryEntry(ctx, input),
  }),
  cancelEntry: t.field({
    type: CancelPayload,
    nullable: true,
    description:
      'Cancels an entry. Its password is destroyed after the undo window; until then a retry undoes the cancel.',
    args: { input: t.arg({ type: CancelInput, required: true, description: 'Which entry.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, OutcomeUnknownError] },
    resolve: (_root, { input }, ctx) => cancelEntry(ctx, input),
  }),
}));
