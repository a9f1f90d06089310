/** Entries in the API: the type `QueuedCreation` and its attempts. */

import { visibleTo } from '../access/scope.ts';
import type { AttemptOutcome, EntryStatus, PasswordDestruction } from '../database/generated/prisma/enums.ts';
import { UserRoleRef as UserRole } from '../families/family.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { keysetOf } from '../graphql/keyset.ts';
import { OutcomeUnknownError, PasswordDestroyedError, UsernameTakenError } from './entry.errors.ts';
import { cancelProblem, MAX_RETRIES, retryProblem } from './entry.rules.ts';

/** An attempt that has ended, or the one in progress (outcome null), which is derived from the lease. */
interface AttemptView {
  readonly number: number;
  readonly outcome: AttemptOutcome | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly providerRequestId: string | null;
  readonly nodeId: string | null;
}

export const Status = enumOf<EntryStatus>('EntryStatus', 'The status of an entry.', {
  pending: 'Waits until it is due.',
  processing: 'A node attempts it now.',
  completed: 'Its account exists.',
  failed: 'A permanent error, or all retries failed.',
  cancelled: 'Cancelled by a person.',
});
export const Outcome = enumOf<AttemptOutcome>('AttemptOutcome', 'How an attempt ended.', {
  succeeded: 'The account was created, or found to exist already.',
  transient_failure: 'A transient error: uses up a retry.',
  permanent_failure: 'A permanent error: the entry fails.',
  configuration_failure:
    'The server’s access to the identity provider is misconfigured, as a check confirmed: uses up no retry, and opens the circuit.',
  unknown: 'No answer: the account may exist, so the next attempt checks first.',
  interrupted:
    'The node stopped before it wrote an outcome, perhaps before it began the attempt. The next attempt first looks up the account. Uses up no retry, unless it is the third in a row.',
});

const Destruction = enumOf<PasswordDestruction>('PasswordDestruction', 'Why a password was destroyed.', {
  completed: 'The account was created.',
  cancelled: 'The entry was cancelled, and the undo window is over.',
  retention: 'The entry had failed, and FAILED_PASSWORD_RETENTION is over.',
  key_lost: 'The master key was lost, so the password can no longer be decrypted.',
});

const Attempt = builder.objectRef<AttemptView>('Attempt').implement({
  description: 'One try to create an entry’s account.',
  fields: (t) => ({
    number: t.count('number', 'Counts from 1 over all series of the entry.'),
    outcome: t.expose('outcome', {
      type: Outcome,
      nullable: true,
      description: 'Its outcome; null while it is in progress.',
    }),
    startedAt: t.at('startedAt', 'When it began.'),
    finishedAt: t.atOrNull('finishedAt', 'When it ended; null while it is in progress.'),
    duration: t.took('How long it took; null while it is in progress.'),
    errorCode: t.textOrNull('errorCode', 'The error code; null on success.'),
    errorMessage: t.textOrNull('errorMessage', 'The error, and what to do; null on success.'),
    providerRequestId: t.textOrNull('providerRequestId', 'The identity provider’s id of the request, if it gave one.'),
    node: t.found(
      'ServerNode',
      'serverNode',
      ({ nodeId }) => nodeId,
      'The node that made it; null once that node is deleted.',
    ),
  }),
});

export const QueuedCreation = builder.prismaNode('QueuedCreation', {
  id: { field: 'id' },
  findUnique: (id, { caller }) => ({ id, ...visibleTo(caller) }),
  nullable: true,
  description: 'An entry of the queue: a managed account to be created at the identity provider.',
  fields: (t) => ({
    entryId: t.key('id', 'The plain key, which is also the account’s id at the identity provider.'),
    family: t.relation('family', {
      nullable: true,
      description: 'The family that the account is for; null once it is deleted.',
    }),
    username: t.text('username', 'The account’s sign-in name.'),
    fullName: t.text('fullName', 'The full name.'),
    role: t.expose('role', { type: UserRole, description: 'The role in the family.' }),
    createdBy: t.relation('createdBy', {
      nullable: true,
      description: 'Who requested it; null once that user is deleted.',
    }),
    status: t.expose('status', { type: Status, description: 'Its status.' }),
    retryCount: t.count(
      'retryCount',
      'Retries in the current series, 0 to `maxRetries`. The first attempt is not a retry.',
    ),
    maxRetries: t.int({ description: 'The most retries of a series.', resolve: () => MAX_RETRIES }),
    nextRetryAt: t.atOrNull(
      'nextRetryAt',
      'When it is due, or was due if it is in progress; null when no attempt will follow.',
    ),
    lastErrorCode: t.textOrNull('lastErrorCode', 'The last error code; null if there was no error.'),
    lastErrorMessage: t.textOrNull('lastErrorMessage', 'The last error, and what to do; null if there was none.'),
    attempts: t.connection(
      {
        type: Attempt,
        nullable: true,
        description: 'Every attempt, oldest first; the one in progress has no outcome yet.',
        select: {
          id: true,
          status: true,
          attemptCount: true,
          leaseNodeId: true,
          leasedAt: true,
          attempts: { orderBy: { number: 'asc' } },
        },
        resolve: (entry, args) => {
          const all: AttemptView[] = [...entry.attempts];
          if (entry.status === 'processing' && entry.leasedAt !== null) {
            const { attemptCount: number, leasedAt: startedAt, leaseNodeId: nodeId } = entry;
            all.push({
              number,
              startedAt,
              nodeId,
              outcome: null,
              finishedAt: null,
              errorCode: null,
              errorMessage: null,
              providerRequestId: null,
            });
          }
          return { ...keysetOf(all, (attempt) => attempt.number, args), totalCount: () => all.length };
        },
      },
      { name: 'AttemptConnection' },
      { name: 'AttemptEdge' },
    ),
    user: t.relation('user', {
      nullable: true,
      description: 'The created user; null until the entry is completed.',
    }),
    canRetry: t.boolean({
      description:
        'Whether `retryEntry` would be accepted now. (Only `retryEntry` itself finds out that the username was taken.)',
      select: { status: true, encryptedPassword: true, familyId: true },
      resolve: ({ status, encryptedPassword, familyId }, _args, { keyRing }) =>
        retryProblem(
          {
            status,
            hasPassword: encryptedPassword !== null,
            isSealed: keyRing.knowsKeyOf(encryptedPassword),
            hasFamily: familyId !== null,
          },
          false,
        ) === undefined,
    }),
    canCancel: t.boolean({
      description: 'Whether `cancelEntry` would be accepted now.',
      resolve: ({ status }) => status !== 'cancelled' && cancelProblem(status) === undefined,
    }),
    passwordDestroyedAt: t.atOrNull('passwordDestroyedAt', 'When the password was destroyed; null if it was not.'),
    passwordDestroyedBecause: t.expose('passwordDestroyedBecause', {
      type: Destruction,
      nullable: true,
      description: 'Why the password was destroyed; null if it was not.',
    }),
    createdAt: t.at('createdAt', 'When it was enqueued.'),
    updatedAt: t.at('updatedAt', 'When it last changed.'),
    completedAt: t.atOrNull('completedAt', 'When its account was created; null until then.'),
    failedAt: t.atOrNull(
      'failedAt',
      'When it failed; null if it has not, and again after a retry. Cancelling a failed entry keeps it.',
    ),
    cancelledAt: t.atOrNull('cancelledAt', 'When it was cancelled; null if it is not cancelled.'),
  }),
});

builder.objectType(UsernameTakenError, {
  name: 'UsernameTakenError',
  description: 'Another user or active entry has the username.',
  interfaces: ['MutationError'],
  fields: (t) => ({ username: t.text('username', 'The username that is taken.') }),
});
builder.objectType(PasswordDestroyedError, {
  name: 'PasswordDestroyedError',
  description: 'The entry’s password is gone; retry it with a new one.',
  interfaces: ['MutationError'],
});
builder.objectType(OutcomeUnknownError, {
  name: 'OutcomeUnknownError',
  description: 'An earlier attempt may have created the account, and the identity provider cannot be checked now.',
  interfaces: ['MutationError'],
});
