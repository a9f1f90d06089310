/** Bulk actions in the API: the type `BulkAction`, the entries that it skipped, and the queries. */

import { visibleTo } from '../../access/scope.ts';
import type { BulkActionKind, BulkActionStatus, BulkEntryState } from '../../database/generated/prisma/enums.ts';
import { builder, LARGEST_PAGE } from '../../graphql/builder.ts';
import { enumOf } from '../../graphql/enums.ts';
import { connectionSelection, decodeNumber, keysetOf, keysetPage, type PageArgs } from '../../graphql/keyset.ts';
import type { Caller } from '../../work/caller.ts';
import type { Context } from '../../work/context.ts';
import { QueuedCreation } from '../entry.graphql.ts';
import { type Exclusion, exclusionMessage, skipMessage, undoProblem } from './bulk-action.rules.ts';
import { EntryBulkAction } from './entry-bulk-actions.graphql.ts';

/** A caller that is bound to a family sees only what callers bound to that family planned. */
const ofCaller = ({ familyId }: Caller) => (familyId === null ? {} : { familyId });

/** One page of a bulk action's entries in some states, in the plan's order. */
async function pageOfState(
  { prisma }: Context,
  id: string,
  states: BulkEntryState[],
  args: PageArgs,
  selection: object,
) {
  const where = { bulkActionId: id, state: { in: states } };
  const beyond = {
    ...(args.after ? { gt: decodeNumber(args.after) } : {}),
    ...(args.before ? { lt: decodeNumber(args.before) } : {}),
  };
  const rows = await prisma.bulkActionEntry.findMany({
    ...selection,
    where: { ...where, position: beyond },
    orderBy: { position: args.last ? 'desc' : 'asc' },
    take: LARGEST_PAGE + 1,
  });
  const inOrder = args.last ? rows.reverse() : rows;
  return {
    ...keysetOf(inOrder, ({ position }) => position, args),
    totalCount: () => prisma.bulkActionEntry.count({ where }),
  };
}

export const Kind = enumOf<BulkActionKind>('BulkActionKind', 'What a bulk action does to each entry.', {
  retry: 'Starts a new series of attempts, due now, as `retryEntry` does.',
  cancel: 'Cancels the entry, as `cancelEntry` does; an entry with an unknown outcome is left out.',
  set_run_at: 'Sets when a pending entry is due.',
});
const Status = enumOf<BulkActionStatus>('BulkActionStatus', 'The status of a bulk action.', {
  planned: 'A plan that is not applied; nothing has changed.',
  running: 'Being applied, in batches.',
  finished: 'Every planned entry was changed, or skipped and listed.',
  undoing: 'Being undone, in batches.',
  undone: 'Undone; `kept` lists what could not be.',
});
const Skipped = builder.prismaObject('BulkActionEntry', {
  name: 'BulkSkipped',
  description: 'A planned entry that was skipped, and why.',
  fields: (t) => ({
    entry: t.relation('entry', { description: 'The entry as it is now.' }),
    code: t.string({
      description: 'The reason code: one of the exclusions, or CHANGED if the entry changed in another way.',
      select: { skipCode: true },
      resolve: ({ skipCode }) => skipCode ?? 'CHANGED',
    }),
    message: t.string({
      description: 'The reason and what to do, for people.',
      select: { skipCode: true },
      resolve: ({ skipCode }) => skipMessage(skipCode ?? 'CHANGED'),
    }),
  }),
});
const SkippedConnection = builder.connectionObject(
  { type: Skipped, name: 'BulkSkippedConnection' },
  builder.edgeObject({ type: Skipped, name: 'BulkSkippedEdge' }),
);

export const BulkAction = builder.prismaNode('BulkAction', {
  id: { field: 'id' },
  findUnique: (id, { caller }) => ({ id, ...ofCaller(caller) }),
  nullable: true,
  description: 'A bulk action: a plan by `planBulkAction`, and its result once it is applied.',
  fields: (t) => ({
    bulkActionId: t.key('id', 'The plain key: the `planId` of its plan.'),
    action: t.expose('action', { type: Kind, description: 'What it does to each entry.' }),
    status: t.expose('status', { type: Status, description: 'Its status.' }),
    runAt: t.atOrNull('runAt', 'The instant that SET_RUN_AT sets; null for other actions.'),
    totalCount: t.count('totalCount', 'How many entries were planned.'),
    doneCount: t.count('doneCount', 'How many were changed so far.'),
    skippedCount: t.count(
      'skippedCount',
      'How many were skipped, because they changed after the plan; deleted ones are counted at the end, and not listed.',
    ),
    undoneCount: t.count('undoneCount', 'How many the undo restored.'),
    keptCount: t.count('keptCount', 'How many the undo did not restore, because they had changed since.'),
    skipped: t.connection(
      {
        type: Skipped,
        nullable: true,
        description: 'The entries that were skipped, in the plan’s order.',
        resolve: ({ id }, args, context, info) =>
          pageOfState(context, id, ['skipped'], args, connectionSelection(context, info)),
      },
      SkippedConnection,
    ),
    kept: t.connection(
      {
        type: Skipped,
        nullable: true,
        description: 'The entries that the undo did not restore, in the plan’s order.',
        resolve: ({ id }, args, context, info) =>
          pageOfState(context, id, ['kept'], args, connectionSelection(context, info)),
      },
      SkippedConnection,
    ),
    canUndo: t.boolean({
      description: 'Whether `undoBulkAction` would restore anything now.',
      select: { action: true, status: true, finishedAt: true, doneCount: true },
      resolve: (action, _args, { clock, config }) =>
        action.status === 'finished' && undoProblem(action, clock.now(), config.UNDO_WINDOW) === undefined,
    }),
    filter: t.expose('filter', {
      type: 'JSON',
      nullable: true,
      description: 'The `filter` of `planBulkAction`; null if the plan named entries by `entryIds`.',
    }),
    exclusions: t.field({
      type: [BulkExclusion],
      nullable: true,
      description: 'Which requested entries the plan left out, by reason.',
      select: { exclusions: true },
      // Only bulk-plan.ts writes this column.
      resolve: ({ exclusions }) => exclusions as unknown as Exclusion[] | null,
    }),
    changed: t.connection(
      {
        type: EntryBulkAction,
        nullable: true,
        description: 'The entries that it changed, in the plan’s order, including those that an undo restored or kept.',
        resolve: ({ id }, args, context, info) =>
          pageOfState(context, id, ['done', 'undone', 'kept'], args, connectionSelection(context, info)),
      },
      { name: 'BulkChangedConnection' },
      { name: 'BulkChangedEdge' },
    ),
    reason: t.textOrNull('reason', 'The reason; null if none was given.'),
    actor: t.text('actor', 'Who applied it; for a plan, who planned it.'),
    createdAt: t.at('createdAt', 'When it was planned.'),
    expiresAt: t.at('expiresAt', 'When the plan expires or expired.'),
    appliedAt: t.atOrNull('appliedAt', 'When it was applied; null for a plan.'),
    finishedAt: t.atOrNull('finishedAt', 'When its last batch, or that of its undo, ended; null before that.'),
    undoneBy: t.textOrNull('undoneBy', 'Who undid it; null if no one did.'),
    undoReason: t.textOrNull('undoReason', 'Why it was undone; null if no reason was given.'),
    undoAskedAt: t.atOrNull('undoAskedAt', 'When its undo was requested; null if no one did.'),
  }),
});

builder.queryFields((t) => ({
  bulkAction: t.prismaField({
    type: BulkAction,
    nullable: true,
    description: 'A bulk action or plan by its plain key, with its progress; null when there is none.',
    args: { bulkActionId: t.arg({ type: 'UUID', required: true, description: 'Its key, or the `planId`.' }) },
    resolve: (query, _root, { bulkActionId }, { prisma, caller }) =>
      prisma.bulkAction.findUnique({ ...query, where: { id: bulkActionId, ...ofCaller(caller) } }),
  }),
  bulkActions: t.connection(
    {
      type: BulkAction,
      nullable: true,
      description: 'Bulk actions, and plans that can still be applied, newest first.',
      resolve: async (_root, args, context, info) => {
        const { prisma, caller, now } = context;
        const filter = { ...ofCaller(caller), NOT: { status: 'planned' as const, expiresAt: { lte: now } } };
        const page = await keysetPage(
          { list: 'bulkActions', field: 'createdAt', direction: 'desc' },
          args,
          ({ where, ...rest }) =>
            prisma.bulkAction.findMany({
              ...connectionSelection(context, info),
              ...rest,
              where: { AND: [filter, where] },
            }),
        );
        return { ...page, totalCount: () => prisma.bulkAction.count({ where: filter }) };
      },
    },
    { name: 'BulkActionConnection' },
    { name: 'BulkActionEdge' },
  ),
}));

/** Returns entries by their ids, in that order; leaves out those that the caller may not see. */
export async function entriesOf({ prisma, caller }: Context, query: object, ids: readonly string[]) {
  const rows = await prisma.queuedCreation.findMany({
    ...query,
    where: { id: { in: [...ids] }, ...visibleTo(caller) },
  });
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

export const BulkExclusion = builder.objectRef<Exclusion>('BulkExclusion').implement({
  description: 'Entries that the plan leaves out for one reason.',
  fields: (t) => ({
    code: t.text(
      'code',
      'The reason code: COMPLETED, PROCESSING, ALREADY_CANCELLED, NOT_PENDING, OUTCOME_UNKNOWN, PASSWORD_DESTROYED, PASSWORD_NOT_SEALED, USERNAME_TAKEN, FAMILY_DELETED or NOT_FOUND.',
    ),
    message: t.string({ description: 'The reason and what to do, for people.', resolve: exclusionMessage }),
    count: t.count('count', 'How many entries.'),
    sample: t.prismaField({
      type: [QueuedCreation],
      description: 'The first ten entries; none for NOT_FOUND.',
      resolve: (query, { entryIds }, _args, ctx) => entriesOf(ctx, query, entryIds),
    }),
  }),
});
