/** Keys in the API: the type `EncryptionKey` and the list of all keys. Never the key material itself. */
import type { Queryable } from '../database/database.ts';
import type { ResealingStatus } from '../database/generated/prisma/enums.ts';
import { builder, type RequestContext } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { type KeyState, keyState } from './key.rules.ts';
import { countSealed, countSealedSecrets } from './key-usage.ts';
import type { KeyPurpose } from './wrapped-keys.ts';

/** Counts by key id; undefined stands for what this server did not encrypt. */
type SealedCounts = ReadonlyMap<string | undefined, number>;

/** Counting reads every entry that has a password. */
const DEAR = 3_500;

const Purpose = enumOf<KeyPurpose>('EncryptionKeyPurpose', 'What a key of the key ring is for.', {
  seal: 'It encrypts passwords and the secrets of webhooks.',
  digest: 'It compares the inputs of repeated requests.',
  audit: 'It signs the audit trail.',
});
const State = enumOf<KeyState>('EncryptionKeyState', 'The state of a key.', {
  pending: 'Just created; it becomes active when every node knows it.',
  active: 'New passwords are encrypted with it.',
  superseded: 'Replaced by another key; it still decrypts.',
  retired: 'Destroyed: no one can decrypt what it encrypted.',
});

export const EncryptionKey = builder.prismaNode('DataProtectionKey', {
  name: 'EncryptionKey',
  id: { field: 'id' },
  nullable: true,
  description:
    'A key of the key ring. The database stores it encrypted under the master key, which is not in the database. The API never shows a key.',
  fields: (t) => ({
    keyId: t.key('id', 'The plain key; ciphertexts name it.'),
    purpose: t.field({
      type: Purpose,
      description: 'What it is for.',
      // The constraint data_protection_keys_purpose_check allows no other value.
      resolve: ({ purpose }) => purpose as KeyPurpose,
    }),
    state: t.field({
      type: State,
      description: 'Its state.',
      resolve: (key, _args, { clock }) => keyState(key, clock.now()),
    }),
    masterKeyId: t.text(
      'masterKeyId',
      'The id of the master key that encrypts it; the id reveals nothing about that key.',
    ),
    sealedEntryCount: t.int({
      complexity: DEAR,
      description:
        'How many entries have a password that it encrypts. Reads every entry with a password: do not use it on a page that is loaded often.',
      resolve: async ({ id }, _args, context) => (await entriesFor(context)).get(id) ?? 0,
    }),
    sealedSecretCount: t.int({
      description:
        'How many secrets of webhooks it encrypts, including old ones that still sign. While there is one, the key cannot be retired.',
      resolve: async ({ id }, _args, context) => (await secretsFor(context)).get(id) ?? 0,
    }),
    lastUsedAt: t.atOrNull(
      'lastUsedAt',
      'When it last encrypted something, to about a minute; null if it has not, and for other purposes.',
    ),
    createdAt: t.at('createdAt', 'When it was created.'),
    activatedAt: t.at('activatedAt', 'From when it is used: a moment after its creation, so that every node knows it.'),
    supersededAt: t.atOrNull('supersededAt', 'When the next key replaced it; null while none has.'),
    retiredAt: t.atOrNull('retiredAt', 'When it was destroyed; null if it was not.'),
  }),
});
builder.queryField('encryptionKeys', (t) =>
  t.prismaField({
    type: [EncryptionKey],
    nullable: { list: true, items: false },
    description: 'The keys of the key ring, newest first, including retired ones.',
    resolve: (query, _root, _args, { prisma }) =>
      prisma.dataProtectionKey.findMany({ ...query, orderBy: [{ activatedAt: 'desc' }, { id: 'desc' }] }),
  }),
);

/** Counts once per request, for all its keys. */
function oncePerRequest(
  count: (db: Queryable) => Promise<SealedCounts>,
): (context: RequestContext) => Promise<SealedCounts> {
  const counted = new WeakMap<RequestContext, Promise<SealedCounts>>();
  return (context) => {
    const counts = counted.get(context) ?? count(context.reading);
    counted.set(context, counts);
    return counts;
  };
}

const entriesFor = oncePerRequest(countSealed);
const secretsFor = oncePerRequest(countSealedSecrets);

const Status = enumOf<ResealingStatus>('ResealingStatus', 'The status of a re-encryption.', {
  running: 'In progress, in batches, on one node at a time.',
  finished: 'Done, except for what was skipped.',
  replaced: 'A later one replaced it before it was finished.',
});
builder.prismaObject('ResealingSkip', {
  description: 'An entry whose password could not be decrypted; it was left as it was.',
  fields: (t) => ({
    entry: t.relation('entry', { description: 'The entry; retry it with a new password.' }),
    problem: t.text('problem', 'Why its password could not be decrypted.'),
  }),
});
export const Resealing = builder.prismaNode('Resealing', {
  id: { field: 'id' },
  nullable: true,
  description: 'A background re-encryption of passwords and webhook secrets under the active key.',
  fields: (t) => ({
    resealingId: t.key('id', 'The plain key.'),
    keyId: t.keyOrNull('keyId', 'Only what this key encrypts; null: any key but the active one.'),
    status: t.expose('status', { type: Status, description: 'Its status.' }),
    perSecond: t.count('perSecond', 'How many passwords per second it encrypts at most.'),
    totalCount: t.count(
      'totalCount',
      'How many passwords and webhook secrets there were at its start. Entries that complete meanwhile drop out, so the other counts may end lower.',
    ),
    resealedCount: t.count('resealedCount', 'How many were re-encrypted so far.'),
    skippedCount: t.count('skippedCount', 'How many could not be decrypted, and were left as they were.'),
    skips: t.relation('skips', {
      complexity: 170,
      description: 'The first hundred of these entries, by id; secrets of webhooks are not listed.',
      query: { orderBy: { entryId: 'asc' }, take: 100 },
    }),
    reason: t.textOrNull('reason', 'The reason; null if none was given.'),
    actor: t.text('actor', 'Who started it.'),
    createdAt: t.at('createdAt', 'When it was started.'),
    finishedAt: t.atOrNull('finishedAt', 'When it was finished or replaced; null while it is in progress.'),
  }),
});
builder.queryFields((t) => ({
  resealing: t.prismaField({
    type: Resealing,
    nullable: true,
    description: 'A re-encryption by its plain key, with its progress; null when there is none.',
    args: { resealingId: t.arg({ type: 'UUID', required: true, description: 'The plain key of the re-encryption.' }) },
    resolve: (query, _root, { resealingId }, { prisma }) =>
      prisma.resealing.findUnique({ ...query, where: { id: resealingId } }),
  }),
  latestResealing: t.prismaField({
    type: Resealing,
    nullable: true,
    description: 'The latest re-encryption; null if there was none.',
    resolve: (query, _root, _args, { prisma }) =>
      prisma.resealing.findFirst({ ...query, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] }),
  }),
}));
