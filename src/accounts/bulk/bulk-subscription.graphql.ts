/** Subscription to bulk actions: the progress of one, batch by batch. */

import type { ChangeEvent, LoadRows } from '../../events/changes/change-events.ts';
import { type Interest, registerInterest } from '../../events/changes/change-stream.ts';
import { changeType } from '../../events/changes/change-type.graphql.ts';
import { builder } from '../../graphql/builder.ts';
import { AFTER } from '../../graphql/change-types.ts';
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

const BulkChange = changeType({
  topic: 'bulk_action',
  name: 'BulkActionChange',
  description: 'A bulk action was planned, or made progress.',
  key: { field: 'bulkActionId', description: 'Which bulk action.' },
  object: {
    field: 'bulkAction',
    type: BulkAction,
    model: 'bulkAction',
    description: 'The bulk action as it is when the event is sent; null when it was removed.',
  },
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
