/** Subscription to bulk actions: the progress of one, batch by batch. */

import { type ChangeEvent, isAbout, type LoadRows } from '../../events/changes/change-events.ts';
import type { Interest } from '../../events/changes/change-stream.ts';
import { registerInterest } from '../../events/changes/change-stream.ts';
import { builder } from '../../graphql/builder.ts';
import { AFTER, Change } from '../../graphql/change-types.ts';
import type { Caller } from '../../work/caller.ts';
import { BulkAction } from './bulk-action.graphql.ts';

type WatchedAction = { readonly familyId: string | null };

const load: LoadRows<WatchedAction> = async (keys, reading) => {
  const rows = await reading.query<WatchedAction & { id: string }>(
    'SELECT id, family_id AS "familyId" FROM auth.bulk_actions WHERE id = ANY($1::uuid[])',
    [keys],
  );
  return new Map(rows.map((row) => [row.id, row]));
};

const interestOf = (
  { familyId }: Caller,
  isAsked: (change: ChangeEvent) => boolean = () => true,
): Interest<WatchedAction> => ({
  topic: 'bulk_action',
  ...(familyId === null
    ? { keep: isAsked }
    : { load, keep: (change, action) => isAsked(change) && action?.familyId === familyId }),
});

const BulkChange = builder.objectRef<ChangeEvent>('BulkActionChange').implement({
  description: 'A bulk action was planned, or made progress.',
  interfaces: [Change],
  isTypeOf: isAbout('bulk_action'),
  fields: (t) => ({
    bulkActionId: t.field({ type: 'UUID', description: 'Which bulk action.', resolve: ({ key }) => key }),
    bulkAction: t.prismaField({
      type: BulkAction,
      nullable: true,
      description: 'The bulk action as it is when the event is sent; null when it was removed.',
      resolve: (query, { key, together }, _args, { prisma }) =>
        together.objectOf('bulk_action', JSON.stringify(query), key, async (keys) => {
          const rows = await prisma.bulkAction.findMany({ ...query, where: { id: { in: [...keys] } } });
          return new Map(rows.map((row) => [row.id, row]));
        }),
    }),
  }),
});
builder.subscriptionFields((t) => ({
  bulkActionChanged: t.field({
    type: BulkChange,
    nullable: true,
    description: 'Each change of a bulk action, including its progress, once and in order.',
    args: {
      bulkActionId: t.arg({ type: 'UUID', description: 'Only this bulk action; left out: all that you may see.' }),
      after: t.arg.string({ description: AFTER }),
    },
    subscribe: (_root, { bulkActionId, after }, { caller, feed }) =>
      feed.subscribe(
        interestOf(caller, ({ key }) => !bulkActionId || key === bulkActionId),
        after,
      ),
    resolve: (change) => change,
  }),
}));
registerInterest('bulk_action', (caller) => interestOf(caller));
