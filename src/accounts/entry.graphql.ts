/** Entries in the API: the type `QueuedCreation` and its attempts. */

import { visibleTo } from '../access/scope.ts';
import type { AttemptOutcome, EntryStatus, PasswordDestruction } from '../database/generated/prisma/enums.ts';
import { UserRoleRef as UserRole } from '../families/family.graphql.ts';
import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { keysetOf } from '../graphql/keyset.ts';
import { looksSealed } from '../sealing/jwe.ts';
import { OutcomeUnknownError, PasswordDestroyedError, UsernameTakenError } from './entry.errors.ts';
import { cancelProblem, MAX_RETRIES, retryProblem } from './entry.rules.ts';

/** An attempt that was closed, or the one in flight (outcome null), which is known from the lease. */
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

export const Status = enumOf<EntryStatus>('EntryStatus', 'Where an entry stands.', {
  pending: 'Waits until it is due.',
  processing: 'Is being attempted by a node.',
  completed: 'Its account exists.',
  failed: 'Given up by the server: a permanent error, or the retries are used up.',
  cancelled: 'Given up by a person.',
});
export const Outcome = enumOf<AttemptOutcome>('AttemptOutcome', 'How an attempt ended.', {
  succeeded: 'The account was made, or found to be made already.',
  transient_failure: 'Failed for a reason that may pass: costs a retry.',
  permanent_failure: 'Failed for a reason that stays: the entry has failed.',
  configuration_failure:
    'The server’s access to the identity provider is wrong, as a check confirmed: costs no retry, opens the circuit.',
  unknown: 'Cut off: the account may exist, and the next attempt looks first.',
  interrupted: 'The node stopped before it wrote the outcome: costs no retry, and the next attempt looks first.',
});

const Destruction = enumOf<PasswordDestruction>(
  'PasswordDestruction',
  'Why a sealed password was destroyed. It is written by the statement that destroys it.',
  {
    completed: 'The account was made.',
    cancelled: 'The entry was cancelled, and the undo window is over.',
    retention: 'The entry had failed, and FAILED_PASSWORD_RETENTION is over.',
    key_lost: 'The master key was lost, so that nobody can open it any more.',
  },
);

const Attempt = builder.objectRef<AttemptView>('Attempt').implement({
  description: 'One try to create an entry’s account.',
  fields: (t) => ({
    number: t.count('number', 'Counts from 1 over all series of the entry.'),
    outcome: t.expose('outcome', {
      type: Outcome,
      nullable: true,
      description: 'How it ended; null while it is under way.',
    }),
    startedAt: t.at('startedAt', 'When it began.'),
    finishedAt: t.atOrNull('finishedAt', 'When it ended; null while it is under way.'),
    duration: t.field({
      type: 'Duration',
      nullable: true,
      description: 'How long it took; null while it is under way.',
      resolve: ({ startedAt, finishedAt }) => finishedAt && finishedAt.getTime() - startedAt.getTime(),
    }),
    errorCode: t.textOrNull('errorCode', 'Our stable code of the failure; null on success.'),
    errorMessage: t.textOrNull('errorMessage', 'What failed and what to do; null on success.'),
    providerRequestId: t.textOrNull('providerRequestId', 'The identity provider’s id of the request, if it gave one.'),
    node: t.prismaField({
      type: 'ServerNode',
      nullable: true,
      description: 'The node that made it; null once that node’s record is gone.',
      resolve: (query, { nodeId }, _args, { prisma }) =>
        nodeId === null ? null : prisma.serverNode.findUnique({ ...query, where: { id: nodeId } }),
    }),
  }),
});

export const QueuedCreation = builder.prismaNode('QueuedCreation', {
  id: { field: 'id' },
  findUnique: (id, { caller }) => ({ id, ...visibleTo(caller) }),
  nullable: true,
  description: 'An entry of the queue: a managed account to be created at the identity provider.',
  fields: (t) => ({
    entryId: t.field({
      type: 'UUID',
      description: 'The plain key, which is also the account’s id at the identity provider.',
      resolve: (entry) => entry.id,
    }),
    family: t.relation('family', {
      nullable: true,
      description: 'The family the account is for; null once it was deleted.',
    }),
    username: t.text('username', 'The account’s sign-in name.'),
    fullName: t.text('fullName', 'The name as people write it.'),
    role: t.expose('role', { type: UserRole, description: 'What the account is to become in the family.' }),
    createdBy: t.relation('createdBy', {
      nullable: true,
      description: 'Who asked for it; null once that user was deleted.',
    }),
    status: t.expose('status', { type: Status, description: 'Where it stands.' }),
    retryCount: t.count(
      'retryCount',
      'Retries of the present series, 0 to `maxRetries`. The first attempt is not a retry.',
    ),
    maxRetries: t.int({ description: 'How many retries a series has.', resolve: () => MAX_RETRIES }),
    nextRetryAt: t.atOrNull(
      'nextRetryAt',
      'When it is due (or was, while being attempted); null when nothing more will be tried.',
    ),
    lastErrorCode: t.textOrNull('lastErrorCode', 'Our stable code of the last failure; null if there was none.'),
    lastErrorMessage: t.textOrNull('lastErrorMessage', 'What failed last and what to do; null if nothing did.'),
    attempts: t.connection(
      {
        type: Attempt,
        nullable: true,
        description: 'Every attempt, the first one first; the one under way has no outcome yet.',
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
      description: 'The user that was made; null until the entry is completed.',
    }),
    canRetry: t.boolean({
      description: 'Whether `retryEntry` would be accepted now (a username taken meanwhile is seen only then).',
      select: { status: true, encryptedPassword: true, familyId: true },
      resolve: ({ status, encryptedPassword, familyId }) =>
        retryProblem(
          {
            status,
            hasPassword: encryptedPassword !== null,
            isSealed: looksSealed(encryptedPassword),
            hasFamily: familyId !== null,
          },
          false,
        ) === undefined,
    }),
    canCancel: t.boolean({
      description: 'Whether `cancelEntry` would be accepted now.',
      resolve: ({ status }) => status !== 'cancelled' && cancelProblem(status) === undefined,
    }),
    passwordDestroyedAt: t.atOrNull(
      'passwordDestroyedAt',
      'When the sealed password was destroyed; null while the entry may need it.',
    ),
    passwordDestroyedBecause: t.expose('passwordDestroyedBecause', {
      type: Destruction,
      nullable: true,
      description: 'Why the sealed password was destroyed; null while it was not.',
    }),
    createdAt: t.at('createdAt', 'When it was enqueued.'),
    updatedAt: t.at('updatedAt', 'When it last changed.'),
    completedAt: t.atOrNull('completedAt', 'When its account was made; null until then.'),
    failedAt: t.atOrNull(
      'failedAt',
      'When it failed for good or had used up its retries; null if it has not, and again after a retry. It stays when a failed entry is cancelled.',
    ),
    cancelledAt: t.atOrNull('cancelledAt', 'When it was cancelled; null if it is not.'),
  }),
});

builder.objectType(UsernameTakenError, {
  name: 'UsernameTakenError',
  description: 'Another user or active entry has the username.',
  interfaces: ['MutationError'],
  fields: (t) => ({ username: t.text('username', 'The name that is taken.') }),
});
builder.objectType(PasswordDestroyedError, {
  name: 'PasswordDestroyedError',
  description: 'The entry’s password is gone; retry it with a new one.',
  interfaces: ['MutationError'],
});
builder.objectType(OutcomeUnknownError, {
  name: 'OutcomeUnknownError',
  description: 'An earlier attempt may have made the account, and the identity provider cannot be asked now.',
  interfaces: ['MutationError'],
});
