/** Plan, then apply: changing many entries at once, exactly those that were looked at. */

import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { visibleTo } from '../../access/scope.ts';
import { builder } from '../../graphql/builder.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import { QueuedCreation } from '../entry.graphql.ts';
import { type EntryFilter, entryCondition, Filter } from '../entry-queries.graphql.ts';
import { BulkAction, BulkExclusion as Excluded, entriesOf, Kind } from './bulk-action.graphql.ts';
import { MOST_ENTRY_IDS } from './bulk-action.rules.ts';
import { applyBulkAction, undoBulkAction } from './bulk-apply.ts';
import { MOST_OPEN_PLANS, type Plan, planBulkAction } from './bulk-plan.ts';

/** A plan reads and writes a row for each entry that matches. */
const DEAR = 3_000;

const PlanInput = builder.inputType('PlanBulkActionInput', {
  description: 'What is to be done, and to which entries: exactly one of `filter` and `entryIds`.',
  fields: (t) => ({
    action: t.field({ type: Kind, required: true, description: 'What is to be done to each.' }),
    filter: t.field({
      type: Filter,
      description: 'All entries that `queuedCreations` lists with this filter; {} means all.',
    }),
    entryIds: t.field({
      type: ['UUID'],
      description: `These entries, 1 to ${MOST_ENTRY_IDS}; an id that comes twice counts once.`,
    }),
    runAt: t.field({
      type: 'DateTime',
      description: 'For SET_RUN_AT, and only there: when they are to be due; an instant in the past means now.',
    }),
    reason: t.reason(),
  }),
});
const PlanPayload = builder.objectRef<Plan>('PlanBulkActionPayload').implement({
  description: 'What applying the plan will do; until then nothing is changed.',
  fields: (t) => ({
    planId: t.expose('planId', { type: 'UUID', description: 'Pass it to `applyBulkAction`.' }),
    count: t.count('count', 'How many entries will be changed.'),
    sample: t.prismaField({
      type: [QueuedCreation],
      description: 'The first ten of them.',
      resolve: (query, { sampleIds }, _args, ctx) => entriesOf(ctx, query, sampleIds),
    }),
    exclusions: t.field({
      type: [Excluded],
      description: 'Which entries that were asked for will not be changed, by reason.',
      resolve: ({ exclusions }) => [...exclusions],
    }),
    estimatedDuration: t.expose('estimatedMs', {
      type: 'Duration',
      nullable: true,
      description:
        'How long the attempts of a RETRY will take, at the speed of the last five minutes or the limit below it, as `queueForecast` reckons; null when no attempt ended in that time, and for actions that call nobody.',
    }),
    expiresAt: t.at('expiresAt', 'Until when it can be applied: 15 minutes.'),
  }),
});

const ApplyInput = builder.inputType('ApplyBulkActionInput', {
  description: 'A plan to be carried out.',
  fields: (t) => ({
    planId: t.uuid('The plan.'),
    idempotencyKey: t.idempotencyKey(
      '1 to 200 characters. The same key again within 24 h answers the same bulk action.',
    ),
  }),
});
const ApplyPayload = builder
  .objectRef<{ bulkActionId: string; isReplay: boolean }>('ApplyBulkActionPayload')
  .implement({
    description: 'The bulk action is under way.',
    fields: (t) => ({
      bulkAction: t.changed(
        BulkAction,
        'bulkAction',
        ({ bulkActionId }) => ({ id: bulkActionId }),
        'The bulk action, as it stands now.',
      ),
      isReplay: t.flag('isReplay', 'True if this idempotency key had been used: nothing was started again.'),
    }),
  });

const UndoInput = builder.inputType('UndoBulkActionInput', {
  description: 'A bulk action to be taken back.',
  fields: (t) => ({
    bulkActionId: t.uuid('The bulk action.'),
    reason: t.reason(),
  }),
});
const UndoPayload = builder.objectRef<{ bulkActionId: string; isChanged: boolean }>('UndoBulkActionPayload').implement({
  description: 'The bulk action is being taken back.',
  fields: (t) => ({
    bulkAction: t.changed(
      BulkAction,
      'bulkAction',
      ({ bulkActionId }) => ({ id: bulkActionId }),
      'The bulk action, as it stands now.',
    ),
    isChanged: t.flag('isChanged', 'False if it was being taken back, or was, already.'),
  }),
});

builder.mutationFields((t) => ({
  planBulkAction: t.field({
    type: PlanPayload,
    nullable: true,
    complexity: DEAR,
    description: `Says what a bulk action would do, entry by entry, and keeps that for 15 minutes. A request holds at most four; a caller has at most ${MOST_OPEN_PLANS} that were not applied.`,
    args: { input: t.arg({ type: PlanInput, required: true, description: 'What, and to which entries.' }) },
    errors: { types: [InvalidInputError, InvalidStateError] },
    resolve: (_root, { input: { filter, ...rest } }, ctx) =>
      planBulkAction(ctx, {
        ...rest,
        where: filter ? { AND: [visibleTo(ctx.caller), entryCondition(filter, ctx.now)] } : undefined,
        filter: filter ? asAsked(filter) : undefined,
      }),
  }),
  applyBulkAction: t.field({
    type: ApplyPayload,
    nullable: true,
    description:
      'Does exactly what was planned, in the background: an entry that changed meanwhile is skipped and named. Watch it with `bulkAction`.',
    args: { input: t.arg({ type: ApplyInput, required: true, description: 'Which plan.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => applyBulkAction(ctx, input),
  }),
  undoBulkAction: t.field({
    type: UndoPayload,
    nullable: true,
    description:
      'Takes a CANCEL (within the undo window) or a SET_RUN_AT back, in the background, for entries that nothing has touched since; the others are named in `kept`.',
    args: { input: t.arg({ type: UndoInput, required: true, description: 'Which bulk action.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError] },
    resolve: (_root, { input }, ctx) => undoBulkAction(ctx, input),
  }),
}));

/** The filter as it was asked in the API's words, without what was left out. */
const asAsked = ({ status, ...rest }: EntryFilter): object =>
  Object.fromEntries(
    Object.entries({ status: status?.map((one) => one.toUpperCase()), ...rest }).filter(([, given]) => given != null),
  );
