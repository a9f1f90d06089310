/** What can be done with the key ring on a working day: rotate, seal anew, retire, change the master key. */
import { z } from 'zod';
import { IdempotencyConflictError } from '../access/idempotency.ts';
import { builder } from '../graphql/builder.ts';
import { reasonText } from '../graphql/fields.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../refusals.ts';
import { EncryptionKey, Resealing } from './encryption-key.graphql.ts';
import { KeyInUseError } from './key.errors.ts';
import { DEFAULT_PER_SECOND, MOST_PER_SECOND, resealEntries } from './reseal.ts';
import { retireEncryptionKey } from './retire.ts';
import { type Rewrapped, wrapWithNewMasterKey } from './rewrap.ts';
import { rotateEncryptionKey } from './rotate.ts';

const _reason = reasonText.nullish();
const perSecond = z
  .int({ error: 'is a whole number' })
  .min(1, 'is at least 1')
  .max(MOST_PER_SECOND, `is at most ${MOST_PER_SECOND}`)
  .nullish();

const REASON = 'Why, for the record; at most 500 characters.';
const ONCE = '1 to 200 characters. The same key again within 24 h does it only once.';

builder.objectType(KeyInUseError, {
  name: 'KeyInUseError',
  description: 'Passwords, or secrets of webhooks, are sealed under the key: it cannot be destroyed.',
  interfaces: ['MutationError'],
  fields: (t) => ({
    inUseCount: t.count('inUseCount', 'How many entries have a password that is sealed under it.'),
    secretCount: t.count('secretCount', 'How many secrets of webhooks are sealed under it.'),
  }),
});

const RotateInput = builder.inputType('RotateEncryptionKeyInput', {
  description: 'Why there is to be a new key.',
  fields: (t) => ({
    reason: t.reason(REASON),
    idempotencyKey: t.idempotencyKey(ONCE),
  }),
});
const RotatePayload = builder.objectRef<{ keyId: string; isReplay: boolean }>('RotateEncryptionKeyPayload').implement({
  description: 'There is a new key; it becomes active in two seconds.',
  fields: (t) => ({
    encryptionKey: t.changed(EncryptionKey, 'dataProtectionKey', ({ keyId }) => ({ id: keyId }), 'The new key.'),
    isReplay: t.flag('isReplay', 'True if this idempotency key had been used: no other key was made.'),
  }),
});

const ResealInput = builder.inputType('ResealEntriesInput', {
  description: 'Which passwords are to be sealed anew, and how fast.',
  fields: (t) => ({
    keyId: t.field({
      type: 'UUID',
      description: 'Only those sealed under this key. Left out: all that are not under the active one.',
    }),
    perSecond: t.int({
      description: `How many a second at the most: 1 to ${MOST_PER_SECOND}, ${DEFAULT_PER_SECOND} if left out.`,
      validate: perSecond,
    }),
    reason: t.reason(REASON),
    idempotencyKey: t.idempotencyKey(ONCE),
  }),
});
const ResealPayload = builder.objectRef<{ resealingId: string; isReplay: boolean }>('ResealEntriesPayload').implement({
  description: 'The re-sealing is under way.',
  fields: (t) => ({
    resealing: t.changed(
      Resealing,
      'resealing',
      ({ resealingId }) => ({ id: resealingId }),
      'The re-sealing, as it stands now.',
    ),
    isReplay: t.flag('isReplay', 'True if this idempotency key had been used: nothing was started again.'),
  }),
});

const RetireInput = builder.inputType('RetireEncryptionKeyInput', {
  description: 'A key to be destroyed.',
  fields: (t) => ({
    keyId: t.uuid('The key.'),
    reason: t.reason(REASON),
  }),
});
const RetirePayload = builder.objectRef<{ keyId: string; isChanged: boolean }>('RetireEncryptionKeyPayload').implement({
  description: 'The key is destroyed.',
  fields: (t) => ({
    encryptionKey: t.changed(
      EncryptionKey,
      'dataProtectionKey',
      ({ keyId }) => ({ id: keyId }),
      'The key, as it stands now.',
    ),
    isChanged: t.flag('isChanged', 'False if it was retired already.'),
  }),
});

const WrapInput = builder.inputType('WrapWithNewMasterKeyInput', {
  description: 'Why the master key is changed. The keys themselves are given to the nodes, never to the API.',
  fields: (t) => ({ reason: t.reason(REASON) }),
});
const WrapPayload = builder.objectRef<Rewrapped>('WrapWithNewMasterKeyPayload').implement({
  description:
    'The key ring is wholly under the new master key. Give it to the nodes as their MASTER_KEY at their next start, and leave out the old one.',
  fields: (t) => ({
    masterKeyId: t.text('masterKeyId', 'The id of the master key that the ring is under now.'),
    rewrappedCount: t.count('rewrappedCount', 'How many keys were wrapped anew just now.'),
    keyCount: t.count('keyCount', 'How many keys the ring has that are not destroyed.'),
    encryptionKeys: t.prismaField({
      type: [EncryptionKey],
      description: 'All keys, the youngest first.',
      resolve: (query, _payload, _args, { prisma }) =>
        prisma.dataProtectionKey.findMany({ ...query, orderBy: [{ activatedAt: 'desc' }, { id: 'desc' }] }),
    }),
    isChanged: t.flag('isChanged', 'False if the ring was under it already.'),
  }),
});

builder.mutationFields((t) => ({
  rotateEncryptionKey: t.field({
    type: RotatePayload,
    nullable: true,
    description:
      'Makes a new key, which passwords are sealed under from two seconds later on, on every node. What is sealed already stays readable; `resealEntries` brings it under the new key.',
    args: { input: t.arg({ type: RotateInput, required: true, description: 'Why.' }) },
    errors: { types: [InvalidInputError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => rotateEncryptionKey(ctx, input),
  }),
  resealEntries: t.field({
    type: ResealPayload,
    nullable: true,
    description:
      'Seals passwords, and the secrets of webhooks, anew under the active key, in the background, while everything goes on. Watch it with `latestResealing`. One that is started while another is under way takes its place, so that its pace can be changed.',
    args: { input: t.arg({ type: ResealInput, required: true, description: 'Which, and how fast.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => resealEntries(ctx, input),
  }),
  retireEncryptionKey: t.field({
    type: RetirePayload,
    nullable: true,
    description:
      'Destroys a key that nothing is sealed under any more: what was, in an old dump for instance, can be opened by nobody then, even with the master key. Cannot be undone. Refused, with the count, while it is in use.',
    args: { input: t.arg({ type: RetireInput, required: true, description: 'Which key.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, KeyInUseError] },
    resolve: (_root, { input }, ctx) => retireEncryptionKey(ctx, input),
  }),
  wrapWithNewMasterKey: t.field({
    type: WrapPayload,
    nullable: true,
    description:
      'Wraps every key under the new master key that the nodes were started with (NEW_MASTER_KEY or NEW_MASTER_KEY_FILE), while everything goes on. Refused while a node runs that does not hold it. Interrupted, it has changed nothing: ask again.',
    args: { input: t.arg({ type: WrapInput, required: true, description: 'Why.' }) },
    errors: { types: [InvalidInputError, InvalidStateError] },
    resolve: (_root, { input }, ctx) => wrapWithNewMasterKey(ctx, input),
  }),
}));
