import { builder } from '../../graphql/builder.ts';
import { skipMessage } from './bulk-action.rules.ts';

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
