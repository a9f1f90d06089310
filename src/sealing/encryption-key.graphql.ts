/** Keys in the API: the type `EncryptionKey` and the list of all of them. Never the keys themselves. */
import type { Queryable } from '../database/database.ts';
import type { ResealingStatus } from '../database/generated/prisma/enums.ts';
import type { RequestContext } from '../graphql/builder.ts';
import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';
import { type KeyState, keyState } from './key.rules.ts';
import { countSealed, countSealedSecrets } from './key-usage.ts';
import type { KeyPurpose } from './wrapped-keys.ts';

/** By the id of the key; undefined for what is not sealed by us. */
type SealedCounts = ReadonlyMap<string | undefined, number>;

/** Counting reads every entry that has a password. */
const DEAR = 2_000;

const Purpose = enumOf<KeyPurpose>('EncryptionKeyPurpose', 'What a key of the key ring is for.', {
  seal: 'Passwords are sealed under it.',
  digest: 'Inputs of repeated requests are compared by it.',
  audit: 'The rows of the audit trail are proved by it.',
});
const State = enumOf<KeyState>('EncryptionKeyState', 'Where a key stands.', {
  pending: 'Made a moment ago; every node knows it before it becomes active.',
  active: 'In use.',
  superseded: 'Another has taken its place; what is under it can still be opened.',
  retired: 'Destroyed: what was under it can be opened by nobody.',
  lost: 'Given up because its master key was lost.',
});

export const EncryptionKey = builder.prismaNode('DataProtectionKey', {
  name: 'EncryptionKey',
  id: { field: 'id' },
  nullable: true,
  description:
    'A key of the key ring. In the database it is wrapped under the master key, which is not there; no key is ever shown.',
  fields: (t) => ({
    keyId: t.field({
      type: 'UUID',
      description: 'The plain key: it stands in what is sealed.',
      resolve: ({ id }) => id,
    }),
    purpose: t.field({
      type: Purpose,
      description: 'What it is for.',
      // The column holds nothing else: data_protection_keys_purpose_check.
      resolve: ({ purpose }) => purpose as KeyPurpose,
    }),
    state: t.field({
      type: State,
      description: 'Where it stands now.',
      resolve: (key, _args, { clock }) => keyState(key, clock.now()),
    }),
    masterKeyId: t.text(
      'masterKeyId',
      'The id of the master key that it is wrapped under; tells master keys apart, and nothing of them.',
    ),
    sealedEntryCount: t.int({
      complexity: DEAR,
      description:
        'How many entries have a password that is sealed under it. Reads every entry that has one: not for a page that is loaded often.',
      resolve: async ({ id }, _args, context) => (await entriesFor(context)).get(id) ?? 0,
    }),
    sealedSecretCount: t.int({
      description:
        'How many secrets of webhooks are sealed under it, former ones too while they sign. It cannot be retired while there is one.',
      resolve: async ({ id }, _args, context) => (await secretsFor(context)).get(id) ?? 0,
    }),
    lastUsedAt: t.atOrNull(
      'lastUsedAt',
      'When something was last sealed under it, to a minute or so; null if nothing was, or for another purpose.',
    ),
    createdAt: t.at('createdAt', 'When it was made.'),
    activatedAt: t.at('activatedAt', 'From when it is used: a moment after it was made, so that every node knows it.'),
    supersededAt: t.atOrNull('supersededAt', 'From when the next one is used in its place; null while there is none.'),
    retiredAt: t.atOrNull('retiredAt', 'When it was destroyed; null while it can open something.'),
    lostAt: t.atOrNull('lostAt', 'When it was given up with its master key; null if it was not.'),
  }),
});
builder.queryField('encryptionKeys', (t) =>
  t.prismaField({
    type: [EncryptionKey],
    nullable: { list: true, items: false },
    description: 'The keys of the key ring, the youngest first; retired ones too.',
    resolve: (query, _root, _args, { prisma }) =>
      prisma.dataProtectionKey.findMany({ ...query, orderBy: [{ activatedAt: 'desc' }, { id: 'desc' }] }),
  }),
);

/** Counted once for all keys of a request. */
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

const Status = enumOf<ResealingStatus>('ResealingStatus', 'Where a re-sealing stands.', {
  running: 'Under way, in batches, on one node at a time.',
  finished: 'Nothing is left but what was skipped.',
  replaced: 'A later one took its place before it was finished.',
});
builder.prismaObject('ResealingSkip', {
  description: 'An entry whose password could not be opened; it was left as it is.',
  fields: (t) => ({
    entry: t.relation('entry', { description: 'The entry; retry it with a new password.' }),
    problem: t.text('problem', 'Why its password could not be opened.'),
  }),
});
export const Resealing = builder.prismaNode('Resealing', {
  id: { field: 'id' },
  nullable: true,
  description: 'Passwords being sealed anew under the active key, in the background.',
  fields: (t) => ({
    resealingId: t.field({ type: 'UUID', description: 'The plain key.', resolve: ({ id }) => id }),
    keyId: t.expose('keyId', {
      type: 'UUID',
      nullable: true,
      description: 'Only what is sealed under this key; null: under any but the active one.',
    }),
    status: t.expose('status', { type: Status, description: 'Where it stands.' }),
    perSecond: t.count('perSecond', 'How many passwords a second it seals at the most.'),
    totalCount: t.count(
      'totalCount',
      'How many were to be sealed anew when it was started, the secrets of webhooks among them. Entries that complete meanwhile need it no more, so that the other counts may end below.',
    ),
    resealedCount: t.count('resealedCount', 'How many were sealed anew so far.'),
    skippedCount: t.count('skippedCount', 'How many could not be opened, and are as they were.'),
    skips: t.relation('skips', {
      complexity: 100,
      description: 'The first hundred entries of those, by their ids; secrets of webhooks are not listed.',
      query: { orderBy: { entryId: 'asc' }, take: 100 },
    }),
    reason: t.textOrNull('reason', 'Why, if whoever started it said.'),
    actor: t.text('actor', 'Who started it.'),
    createdAt: t.at('createdAt', 'When it was started.'),
    finishedAt: t.atOrNull('finishedAt', 'When it was finished, or replaced; null while it is under way.'),
  }),
});
builder.queryFields((t) => ({
  resealing: t.prismaField({
    type: Resealing,
    nullable: true,
    description: 'A re-sealing by its plain key: shows its progress. Null when there is none.',
    args: { resealingId: t.arg({ type: 'UUID', required: true, description: 'Its key.' }) },
    resolve: (query, _root, { resealingId }, { prisma }) =>
      prisma.resealing.findUnique({ ...query, where: { id: resealingId } }),
  }),
  latestResealing: t.prismaField({
    type: Resealing,
    nullable: true,
    description: 'The re-sealing that was started last; null if none ever was.',
    resolve: (query, _root, _args, { prisma }) =>
      prisma.resealing.findFirst({ ...query, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] }),
  }),
}));
