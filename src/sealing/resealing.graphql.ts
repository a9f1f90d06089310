/** Re-sealings in the API: what was started, how far it is, and which passwords it could not open. */
import type { ResealingStatus } from '../database/generated/prisma/enums.ts';
import { builder } from '../graphql/builder.ts';
import { enumOf } from '../graphql/enums.ts';

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
