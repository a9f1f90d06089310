/** The mutations of the key ring: rotate, re-encrypt, retire, change the master key. */
import { z } from 'zod';
import { IdempotencyConflictError } from '../access/idempotency.ts';
import { builder } from '../graphql/builder.ts';
import { mutation } from '../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../refusals.ts';
import { EncryptionKey, Resealing } from './encryption-key.graphql.ts';
import { KeyInUseError } from './key.errors.ts';
import { DEFAULT_PER_SECOND, MOST_PER_SECOND, resealEntries } from './resealing.ts';
import { retireEncryptionKey } from './retire.ts';
import { wrapWithNewMasterKey } from './rewrap.ts';
import { rotateEncryptionKey } from './rotate.ts';

const perSecond = z
  .int({ error: 'is a whole number' })
  .min(1, 'is at least 1')
  .max(MOST_PER_SECOND, `is at most ${MOST_PER_SECOND}`)
  .nullish();

const ONCE = '1 to 200 characters. The same key again within 24 h does it only once.';

builder.objectType(KeyInUseError, {
  name: 'KeyInUseError',
  description: 'The key still encrypts passwords or secrets of webhooks, so it cannot be destroyed.',
  interfaces: ['MutationError'],
  fields: (t) => ({
    inUseCount: t.count('inUseCount', 'How many entries have a password that it encrypts.'),
    secretCount: t.count('secretCount', 'How many secrets of webhooks it encrypts.'),
  }),
});

mutation('rotateEncryptionKey', {
  description:
    'Creates a new key, which every node uses for encryption from two seconds later on. Existing ciphertexts stay readable; `resealEntries` re-encrypts them under the new key.',
  refusals: [InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'Why you create a new key.',
    fields: (t) => ({ reason: t.reason(), idempotencyKey: t.idempotencyKey(ONCE) }),
  },
  resolve: (ctx, input) => rotateEncryptionKey(ctx, input),
  payload: {
    description: 'The new key becomes active in two seconds.',
    fields: (t) => ({
      encryptionKey: t.changed(EncryptionKey, 'dataProtectionKey', ({ keyId }) => ({ id: keyId }), 'The new key.'),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; no other key was created.'),
    }),
  },
});

mutation('resealEntries', {
  description:
    'Re-encrypts passwords and the secrets of webhooks under the active key, in the background. Watch it with `latestResealing`. A new one replaces one in progress, so you can change its speed.',
  refusals: [NotFoundError, InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'What to re-encrypt, and how fast.',
    fields: (t) => ({
      keyId: t.optionalUuid('Only what this key encrypts; left out: everything that is not under the active key.'),
      perSecond: t.int({
        description: `How many per second at most: 1 to ${MOST_PER_SECOND}; left out: ${DEFAULT_PER_SECOND}.`,
        validate: perSecond,
      }),
      reason: t.reason(),
      idempotencyKey: t.idempotencyKey(ONCE),
    }),
  },
  resolve: (ctx, input) => resealEntries(ctx, input),
  payload: {
    description: 'The re-encryption is in progress.',
    fields: (t) => ({
      resealing: t.changed(
        Resealing,
        'resealing',
        ({ resealingId }) => ({ id: resealingId }),
        'The re-encryption as it is now.',
      ),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing was started again.'),
    }),
  },
});

mutation('retireEncryptionKey', {
  description:
    'Destroys a key that encrypts nothing any more. What it encrypted before, for example in an old dump, can then no longer be decrypted, even with the master key. Cannot be undone. Refused, with the count, while the key is in use.',
  refusals: [NotFoundError, InvalidStateError, KeyInUseError],
  input: {
    description: 'Which key to destroy.',
    fields: (t) => ({ keyId: t.uuid('The plain key of the encryption key to destroy.'), reason: t.reason() }),
  },
  resolve: (ctx, input) => retireEncryptionKey(ctx, input),
  payload: {
    description: 'The key is destroyed.',
    fields: (t) => ({
      encryptionKey: t.changed(
        EncryptionKey,
        'dataProtectionKey',
        ({ keyId }) => ({ id: keyId }),
        'The key as it is now.',
      ),
      isChanged: t.flag('isChanged', 'False if it was already retired.'),
    }),
  },
});

mutation('wrapWithNewMasterKey', {
  description:
    'Re-encrypts every key under the new master key that the nodes were started with (NEW_MASTER_KEY or NEW_MASTER_KEY_FILE), while everything continues. Refused while a node runs without it. If interrupted, it has changed nothing; try again.',
  refusals: [InvalidStateError],
  input: {
    description: 'Why the master key changes. You give the keys themselves to the nodes, never to the API.',
    fields: (t) => ({ reason: t.reason() }),
  },
  resolve: (ctx, input) => wrapWithNewMasterKey(ctx, input),
  payload: {
    description:
      'The new master key encrypts the whole key ring. At their next start, give it to the nodes as MASTER_KEY, without the old one.',
    fields: (t) => ({
      masterKeyId: t.text('masterKeyId', 'The id of the current master key.'),
      rewrappedCount: t.count('rewrappedCount', 'How many keys were re-encrypted by this request.'),
      keyCount: t.count('keyCount', 'How many keys the ring has, without destroyed ones.'),
      encryptionKeys: t.prismaField({
        type: [EncryptionKey],
        description: 'All keys, newest first.',
        resolve: (query, _payload, _args, { prisma }) =>
          prisma.dataProtectionKey.findMany({ ...query, orderBy: [{ activatedAt: 'desc' }, { id: 'desc' }] }),
      }),
      isChanged: t.flag('isChanged', 'False if the ring was already under it.'),
    }),
  },
});
