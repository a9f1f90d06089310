/** What bulk actions did to one entry, in the API: `QueuedCreation.bulkAction` and `bulkActions`. */
import { z } from 'zod';
import type { BulkEntryState } from '../../database/generated/prisma/enums.ts';
import { builder, DEFAULT_PAGE, LARGEST_PAGE } from '../../graphql/builder.ts';
import { skipMessage } from './bulk-action.rules.ts';

const howMany = z.int().min(1, 'is at least 1').max(LARGEST_PAGE, `is at most ${LARGEST_PAGE}`);

const Outcome = builder.enumType('EntryBulkOutcome', {
  description: 'What a bulk action did to an entry.',
  values: {
    CHANGED: { value: 'done', description: 'It was changed as planned.' },
    SKIPPED: { value: 'skipped', description: 'It was skipped, because it had changed after the plan.' },
    UNDONE: { value: 'undone', description: 'It was changed, and restored by the undo.' },
    KEPT: {
      value: 'kept',
      description: 'It was changed, and not restored by the undo, because it had changed since.',
    },
  } satisfies Record<string, { value: Exclude<BulkEntryState, 'planned'>; description: string }>,
});
export const EntryBulkAction = builder.prismaObject('BulkActionEntry', {
  variant: 'EntryBulkAction',
  description: 'What a bulk action did to an entry.',
  fields: (t) => ({
    entry: t.relation('entry', { description: 'The entry as it is now.' }),
    bulkAction: t.relation('bulkAction', { description: 'The bulk action: what it does, who applied it, and why.' }),
    outcome: t.field({
      type: Outcome,
      description: 'What it did to this entry.',
      select: { state: true },
      // The lists contain no entries that are only planned.
      resolve: ({ state }) => state as Exclude<BulkEntryState, 'planned'>,
    }),
    message: t.string({
      nullable: true,
      description: 'Why it was skipped or not restored, and what to do; null otherwise.',
      select: { skipCode: true },
      resolve: ({ skipCode }) => (skipCode === null ? null : skipMessage(skipCode)),
    }),
    changedAt: t.atOrNull('changedAt', 'When it changed this entry; null if it skipped it.'),
    undoneAt: t.atOrNull('undoneAt', 'When the undo restored this entry; null if it did not.'),
    undoneBy: t.string({
      nullable: true,
      description: 'Who undid the bulk action; null if no one did.',
      select: { bulkAction: { select: { undoneBy: true } } },
      resolve: ({ bulkAction }) => bulkAction.undoneBy,
    }),
    undoReason: t.string({
      nullable: true,
      description: 'Why the bulk action was undone; null if no reason was given.',
      select: { bulkAction: { select: { undoReason: true } } },
      resolve: ({ bulkAction }) => bulkAction.undoReason,
    }),
  }),
});
builder.prismaObjectFields('QueuedCreation', (t) => ({
  bulkAction: t.relation('bulkAction', {
    nullable: true,
    description: 'The last bulk action that changed it; null if none did.',
  }),
  bulkActions: t.relation('bulkActionEntries', {
    type: EntryBulkAction,
    description: 'What bulk actions did to it, latest first; without plans that are not applied.',
    args: {
      first: t.arg.int({
        required: true,
        defaultValue: DEFAULT_PAGE,
        description: `How many: 1 to ${LARGEST_PAGE}.`,
        validate: howMany,
      }),
    },
    query: ({ first }) => ({
      where: { state: { not: 'planned' as const } },
      orderBy: [{ bulkAction: { appliedAt: 'desc' as const } }, { bulkActionId: 'desc' as const }],
      take: first,
    }),
  }),
}));

const Reason = builder.objectRef<{ readonly code: string; readonly count: number }>('BulkSkippedReason').implement({
  description: 'Why a bulk action skipped entries, and how many.',
  fields: (t) => ({
    code: t.text('code', 'The reason code, as in `BulkSkipped`.'),
    message: t.string({
      description: 'The reason and what to do, for people.',
      resolve: ({ code }) => skipMessage(code),
    }),
    count: t.count('count', 'How many entries.'),
  }),
});
builder.prismaObjectFields('BulkAction', (t) => ({
  skippedReasons: t.field({
    type: [Reason],
    nullable: true,
    description: 'Why entries were skipped, the most frequent reason first.',
    select: { id: true },
    resolve: async ({ id }, _args, { prisma }) => {
      const groups = await prisma.bulkActionEntry.groupBy({
        by: ['skipCode'],
        where: { bulkActionId: id, state: 'skipped' },
        _count: true,
        orderBy: [{ _count: { skipCode: 'desc' } }, { skipCode: 'asc' }],
      });
      return groups.map(({ skipCode, _count: count }) => ({ code: skipCode ?? 'CHANGED', count }));
    },
  }),
  lastBatchAt: t.field({
    type: 'DateTime',
    nullable: true,
    description:
      'When the node that works on it finished its last batch, or took it over; null if no node works on it. A batch takes less than a second, so a node whose last batch is long ago is gone.',
    select: { leaseExpiresAt: true },
    resolve: ({ leaseExpiresAt }, _args, { config }) =>
      leaseExpiresAt && new Date(leaseExpiresAt.getTime() - config.LEASE_DURATION),
  }),
  freeAt: t.atOrNull(
    'leaseExpiresAt',
    'When another node may take it over, unless this node finishes a batch before; null if no node works on it.',
  ),
}));
