/** Plan, apply and undo: changes many entries at once, exactly those that the plan showed. */

import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { visibleTo } from '../../access/scope.ts';
import { mutation, type PayloadFields } from '../../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import { QueuedCreation } from '../entry.graphql.ts';
import { type EntryFilter, entryCondition, Filter } from '../entry-queries.graphql.ts';
import { BulkAction, BulkExclusion as Excluded, entriesOf, Kind } from './bulk-action.graphql.ts';
import { MOST_ENTRY_IDS } from './bulk-action.rules.ts';
import { applyBulkAction, undoBulkAction } from './bulk-apply.ts';
import { MOST_OPEN_PLANS, planBulkAction } from './bulk-plan.ts';

/** The complexity of a plan, which reads and writes a row for each entry that matches. */
const DEAR = 5_000;

const actionNow = <Payload extends { bulkActionId: string }>(t: PayloadFields<Payload>) =>
  t.changed(BulkAction, 'bulkAction', ({ bulkActionId }) => ({ id: bulkActionId }), 'The bulk action as it is now.');

mutation('planBulkAction', {
  description: `Plans a bulk action, entry by entry, for 15 minutes. A request may have at most four plans, a caller at most ${MOST_OPEN_PLANS} that are not applied.`,
  complexity: DEAR,
  refusals: [InvalidStateError],
  input: {
    description: 'What to do, and to which entries: exactly one of `filter` and `entryIds`.',
    fields: (t) => ({
      action: t.field({ type: Kind, required: true, description: 'What to do to each entry.' }),
      filter: t.field({
        type: Filter,
        description: 'All entries that `queuedCreations` lists with this filter; {} means all.',
      }),
      entryIds: t.field({
        type: ['UUID'],
        description: `These entries, 1 to ${MOST_ENTRY_IDS}; an id that comes twice counts once.`,
      }),
      runAt: t.instant(
        'Only for SET_RUN_AT, and required there: when the entries are due; an instant in the past means now.',
      ),
      reason: t.reason(),
    }),
  },
  resolve: (ctx, { filter, ...rest }) =>
    planBulkAction(ctx, {
      ...rest,
      where: filter ? { AND: [visibleTo(ctx.caller), entryCondition(filter, ctx.now)] } : undefined,
      filter: filter ? asAsked(filter) : undefined,
    }),
  payload: {
    description: 'What the plan will do when it is applied; nothing has changed yet.',
    fields: (t) => ({
      planId: t.key('planId', 'Pass it to `applyBulkAction`.'),
      count: t.count('count', 'How many entries will change.'),
      sample: t.prismaField({
        type: [QueuedCreation],
        description: 'The first ten of these entries.',
        resolve: (query, { sampleIds }, _args, ctx) => entriesOf(ctx, query, sampleIds),
      }),
      exclusions: t.list('exclusions', Excluded, 'Which requested entries will not change, by reason.'),
      estimatedDuration: t.durationOrNull(
        'estimatedMs',
        'How long the attempts of a RETRY will take, at the speed of the last five minutes or the lower limit, as in `queueForecast`; null if no attempt ended in that time, and for other actions.',
      ),
      expiresAt: t.at('expiresAt', 'When the plan expires, after 15 minutes.'),
    }),
  },
});

mutation('applyBulkAction', {
  description:
    'Applies a plan in the background. An entry that changed since is skipped and listed. Watch it with `bulkAction`.',
  refusals: [NotFoundError, InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'Which plan to apply.',
    fields: (t) => ({
      planId: t.uuid('The plan.'),
      idempotencyKey: t.idempotencyKey(
        '1 to 200 characters. The same key again within 24 h returns the same bulk action.',
      ),
    }),
  },
  resolve: (ctx, input) => applyBulkAction(ctx, input),
  payload: {
    description: 'The bulk action is in progress.',
    fields: (t) => ({
      bulkAction: actionNow(t),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing was started again.'),
    }),
  },
});

mutation('undoBulkAction', {
  description:
    'Undoes a CANCEL (within the undo window) or a SET_RUN_AT in the background, for entries that have not changed since; `kept` lists the others.',
  refusals: [NotFoundError, InvalidStateError],
  input: {
    description: 'Which bulk action to undo.',
    fields: (t) => ({ bulkActionId: t.uuid('The bulk action.'), reason: t.reason() }),
  },
  resolve: (ctx, input) => undoBulkAction(ctx, input),
  payload: {
    description: 'The undo is in progress.',
    fields: (t) => ({
      bulkAction: actionNow(t),
      isChanged: t.flag('isChanged', 'False if it was already undone or being undone.'),
    }),
  },
});

/** The filter in the API's terms, without omitted fields. */
const asAsked = ({ status, ...rest }: EntryFilter): object =>
  Object.fromEntries(
    Object.entries({ status: status?.map((one) => one.toUpperCase()), ...rest }).filter(([, given]) => given != null),
  );
