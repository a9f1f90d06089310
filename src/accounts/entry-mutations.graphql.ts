/** Mutations of an entry: retry and cancel. */
import { IdempotencyConflictError } from '../access/idempotency.ts';
import { mutation, type PayloadFields } from '../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../refusals.ts';
import { cancelEntry } from './cancel.ts';
import { OutcomeUnknownError, PasswordDestroyedError, UsernameTakenError } from './entry.errors.ts';
import { QueuedCreation } from './entry.graphql.ts';
import { retryEntry } from './retry.ts';

const changedEntry = <Payload extends { entryId: string }>(t: PayloadFields<Payload>) =>
  t.changed(QueuedCreation, 'queuedCreation', ({ entryId }) => ({ id: entryId }), 'The entry as it is now.');

mutation('retryEntry', {
  description: 'Starts a new series of attempts, due now, for a failed, cancelled or pending entry.',
  refusals: [NotFoundError, InvalidStateError, UsernameTakenError, PasswordDestroyedError, IdempotencyConflictError],
  input: {
    description: 'Which entry to retry.',
    fields: (t) => ({
      entryId: t.uuid('The entry.'),
      password: t.string({
        description: 'A new password, by the rules of `enqueueAccount`; required if the old one was destroyed.',
      }),
      reason: t.reason(),
      idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h retries only once.'),
    }),
  },
  resolve: (ctx, input) => retryEntry(ctx, input),
  payload: {
    description: 'The entry is due now, with a new series of retries.',
    fields: (t) => ({
      entry: changedEntry(t),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing was done again.'),
    }),
  },
});

mutation('cancelEntry', {
  description:
    'Cancels an entry. Its password is destroyed after the undo window; until then a retry undoes the cancel.',
  refusals: [NotFoundError, InvalidStateError, OutcomeUnknownError],
  input: {
    description: 'Which entry to cancel.',
    fields: (t) => ({ entryId: t.uuid('The entry.'), reason: t.reason() }),
  },
  resolve: (ctx, input) => cancelEntry(ctx, input),
  payload: {
    description: 'The entry is cancelled.',
    fields: (t) => ({
      entry: changedEntry(t),
      isChanged: t.flag('isChanged', 'False if it was already cancelled.'),
    }),
  },
});
