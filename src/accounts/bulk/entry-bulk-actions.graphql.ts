/** What bulk actions did to one entry, in the API: `QueuedCreation.bulkAction` and `bulkActions`. */
import { z } from 'zod';
import type { BulkEntryState } from '../../database/generated/prisma/enums.ts';
import { builder, DEFAULT_PAGE, LARGEST_PAGE } from '../../graphql/builder.ts';
import { skipMessage } from './bulk-action.rules.ts';

const howMany = z.int().min(1, 'is at least 1').max(LARGEST_PAGE, `is at most ${LARGEST_PAGE}`);

const Outcome = builder.enumType('EntryBulkOutcome', {
  description: 'What a bulk action did to one of its entries.',
  values: {
    CHANGED: { value: 'done', description: 'It was changed as planned.' },
    SKIPPED: { value: 'skipped', description: 'It was left as it was: it was no longer what had been planned.' },
    UNDONE: { value: 'undone', description: 'It was changed, and given back what it had been before.' },
    KEPT: {
      value: 'kept',
      description: 'It was changed, and left so by the undo, because something had touched it since.',
    },
  } satisfies Record<string, { value: Exclude<BulkEntryState, 'planned'>; description: string }>,
});
export const EntryBulkAction = builder.prismaObject('BulkActionEntry', {
  variant: 'EntryBulkAction',
  description: 'What a bulk action did to an entry.',
  fields: (t) => ({
    entry: t.relation('entry', { description: 'The entry, as it stands now.' }),
    bulkAction: t.relation('bulkAction', { description: 'The bulk action: what it does, who applied it, and why.' }),
    outcome: t.field({
      type: Outcome,
      description: 'What it did to this entry.',
      select: { state: true },
      // What is only planned is not listed.
      resolve: ({ state }) => state as Exclude<BulkEntryState, 'planned'>,
    }),
    message: t.string({
      nullable: true,
      description: 'For people: why it was left as it is, with what to do; null when it was not.',
      select: { skipCode: true },
      resolve: ({ skipCode }) => (skipCode === null ? null : skipMessage(skipCode)),
    }),
    changedAt: t.atOrNull('changedAt', 'When it changed this entry; null when it left it as it was.'),
    undoneAt: t.atOrNull('undoneAt', 'When this entry was given back what it had been; null when it was not.'),
    undoneBy: t.string({
      nullable: true,
      description: 'Who had the bulk action taken back; null when nobody did.',
      select: { bulkAction: { select: { undoneBy: true } } },
      resolve: ({ bulkAction }) => bulkAction.undoneBy,
    }),
    undoReason: t.string({
      nullable: true,
      description: 'Why the bulk action was taken back, if whoever did said.',
      select: { bulkAction: { select: { undoReason: true } } },
      resolve: ({ bulkAction }) => bulkAction.undoReason,
    }),
  }),
});
builder.prismaObjectFields('QueuedCreation', (t) => ({
  bulkAction: t.relation('bulkAction', {
    nullable: true,
    description: 'The bulk action that changed it last; null if none did.',
  }),
  bulkActions: t.relation('bulkActionEntries', {
    type: EntryBulkAction,
    description:
      'What bulk actions did to it, the one that was applied last first; those that are only planned left out.',
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
  description: 'Why entries were left as they are by a bulk action, and how many for this one reason.',
  fields: (t) => ({
    code: t.text('code', 'The reason, for scripts, as in `BulkSkipped`.'),
    message: t.string({
      description: 'The same for people, with what to do.',
      resolve: ({ code }) => skipMessage(code),
    }),
    count: t.count('count', 'How many.'),
  }),
});
builder.prismaObjectFields('BulkAction', (t) => ({
  skippedReasons: t.field({
    type: [Reason],
    nullable: true,
    description: 'Why its application left entries as they are: the most frequent reason first.',
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
      'When the node that works at it did its last batch, or took it over; null while none does. Batches take parts of a second: a node whose last one is long ago is gone.',
    select: { leaseExpiresAt: true },
    resolve: ({ leaseExpiresAt }, _args, { config }) =>
      leaseExpiresAt && new Date(leaseExpiresAt.getTime() - config.LEASE_DURATION),
  }),
  freeAt: t.atOrNull(
    'leaseExpiresAt',
    'From when on another node may go on with it, unless this one does a batch before; null while none works at it.',
  ),
}));
