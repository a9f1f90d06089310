/** Watching the queue: changes made on any node, by the API, the workers or SQL. */
import type { Caller } from '../access/caller.ts';
import { isUnbound } from '../access/scope.ts';
import type { PrismaClient } from '../database/generated/prisma/client.ts';
import { changeStream } from '../events/change-stream.ts';
import type { Change, Notices } from '../events/notices.ts';
import type { Builder } from '../graphql/builder.ts';
import type { ChangeKindRef } from '../graphql/change-kind.ts';
import type { EntryRefs } from './entry.graphql.ts';
import { type addEntryQueries, type EntryFilter, entryCondition } from './entry-queries.graphql.ts';
import { visibleTo } from './entry-scope.ts';

/** Adds `queuedCreationChanged`. */
export function addEntrySubscription(
  builder: Builder,
  prisma: PrismaClient,
  notices: Notices,
  { QueuedCreation }: EntryRefs,
  { Filter }: ReturnType<typeof addEntryQueries>,
  Kind: ChangeKindRef,
): void {
  const ChangeRef = builder.objectRef<Change>('QueuedCreationChange').implement({
    description: 'An entry changed.',
    fields: (t) => ({
      kind: t.field({ type: Kind, description: 'What happened to it.', resolve: (change) => change.kind }),
      at: t.field({ type: 'DateTime', description: 'When the change was told.', resolve: (change) => change.at }),
      entryId: t.field({ type: 'UUID', description: 'Which entry.', resolve: (change) => change.id }),
      queuedCreation: t.prismaField({
        type: QueuedCreation,
        nullable: true,
        description: 'The entry as it stands when this is sent; null when it was removed.',
        resolve: (query, { id }, _args, { caller }) =>
          prisma.queuedCreation.findUnique({ ...query, where: { id, ...visibleTo(caller) } }),
      }),
    }),
  });
  builder.subscriptionFields((t) => ({
    queuedCreationChanged: t.field({
      type: ChangeRef,
      nullable: true,
      description:
        'Each change of an entry, from now on, whichever node made it. Several changes in quick succession may come as one.',
      args: {
        filter: t.arg({
          type: Filter,
          description: 'Only entries that match after the change, and whatever was removed; left out: all.',
        }),
      },
      subscribe: (_root, { filter }, { caller }) => matchingChanges(prisma, notices, filter, caller),
      resolve: (change) => change,
    }),
  }));
}

function matchingChanges(
  prisma: PrismaClient,
  notices: Notices,
  filter: EntryFilter | null | undefined,
  caller: Caller,
): AsyncIterable<Change> {
  const seesAll = isUnbound(caller);
  if (!filter && seesAll) return changeStream(notices, 'entries');
  return changeStream(notices, 'entries', async (changes) => {
    const matching = await prisma.queuedCreation.findMany({
      where: {
        AND: [
          { id: { in: changes.map((change) => change.id) } },
          visibleTo(caller),
          entryCondition(filter, new Date()),
        ],
      },
      select: { id: true },
    });
    const ids = new Set(matching.map((row) => row.id));
    // What is gone matches nothing any more; whoever shows it must hear of it all the same. Whose it
    // was cannot be told then, so that those who do not see everything hear nothing of it.
    return changes.filter((change) => (change.kind === 'REMOVED' && seesAll) || ids.has(change.id));
  });
}
