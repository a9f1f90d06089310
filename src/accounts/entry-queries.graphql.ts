/** Queries of the queue: one entry, pages of entries, statistics. */
import { z } from 'zod';
import { visibleTo } from '../access/scope.ts';
import type { Prisma } from '../database/generated/prisma/client.ts';
import type { EntryStatus } from '../database/generated/prisma/enums.ts';
import { builder, LARGEST_PAGE } from '../graphql/builder.ts';
import {
  type DateTimeRange,
  DateTimeRangeInput,
  OrderDirection,
  rangeCondition,
  StringFilterInput,
  stringCondition,
} from '../graphql/filters.ts';
import { connectionSelection, keysetPage } from '../graphql/keyset.ts';
import { QueuedCreation, Status } from './entry.graphql.ts';
import { loadEntries, relationsOf } from './entry-rows.ts';
import { loadFamilyStatistics, loadQueueStatistics, type QueueStatistics } from './insight/queue-statistics.ts';

export type EntryFilter = typeof Filter.$inferInput;

/** Converts a filter to a Prisma condition. */
export function entryCondition(filter: EntryFilter | null | undefined, now: Date): Prisma.QueuedCreationWhereInput {
  if (!filter) return {};
  const isDue: Prisma.QueuedCreationWhereInput = { status: 'pending', nextRetryAt: { lte: now } };
  return {
    AND: [
      ...(filter.entryIds ? [{ id: { in: [...new Set(filter.entryIds)] } }] : []),
      ...(filter.status ? [{ status: { in: [...new Set(filter.status)] } }] : []),
      ...(filter.familyId ? [{ familyId: filter.familyId }] : []),
      ...(filter.username ? [{ username: stringCondition(filter.username) }] : []),
      // "not null", here and below, is redundant, but lets PostgreSQL estimate how few entries have a value.
      ...(filter.errorCode ? [{ lastErrorCode: { ...stringCondition(filter.errorCode), not: null } }] : []),
      ...(filter.createdAt ? [{ createdAt: rangeCondition(filter.createdAt) }] : []),
      ...(filter.completedAt ? [completedWithin(filter.completedAt)] : []),
      ...(filter.nextRetryAt
        ? [{ nextRetryAt: rangeCondition(filter.nextRetryAt), status: { in: [...DUE_STATUSES] } }]
        : []),
      // An entry that is being attempted or was cancelled keeps its group, but does not count as part of it.
      ...(typeof filter.failureGroup === 'string'
        ? [
            {
              failureGroup: { equals: filter.failureGroup, not: null },
              status: { in: ['pending' as const, 'failed' as const] },
            },
          ]
        : []),
      ...(filter.dueNow === true ? [isDue] : filter.dueNow === false ? [{ NOT: isDue }] : []),
    ],
  };
}

/**
 * No entry is completed before it was enqueued: with the end of the span also applied to created_at, the scan
 * of the index on (status, created_at) starts at the span, not at its newest end.
 */
function completedWithin(range: DateTimeRange): Prisma.QueuedCreationWhereInput {
  return {
    status: 'completed',
    completedAt: { ...rangeCondition(range), not: null },
    ...(range.to && { createdAt: { lt: range.to } }),
  };
}

/** As many as the largest page has: the entries that a user sees on the screen. */
const MOST_IDS = LARGEST_PAGE;
/** The statuses of entries that have a due time. */
const DUE_STATUSES: readonly EntryStatus[] = ['pending', 'processing'];

/** More branches would keep too many connections busy. */
const MOST_BRANCHES = 5;

/** Each of several statuses or error codes is queried separately: the index holds each in the order of the list. */
function branchesOf(filter: EntryFilter | null | undefined): Prisma.QueuedCreationWhereInput[] | undefined {
  const statuses = [...new Set(filter?.status ?? (filter?.nextRetryAt ? DUE_STATUSES : []))];
  if (statuses.length > 1) return statuses.map((status) => ({ status }));
  const codes = [...new Set(filter?.errorCode?.in)];
  return codes.length > 1 && codes.length <= MOST_BRANCHES
    ? codes.map((lastErrorCode) => ({ lastErrorCode }))
    : undefined;
}

export const Filter = builder.inputType('QueuedCreationFilter', {
  description: 'Filters entries; all given conditions must hold.',
  fields: (t) => ({
    entryIds: t.field({
      type: ['UUID'],
      description: `With one of these ids, at most ${MOST_IDS}; an empty list matches none.`,
      validate: z.array(z.string()).max(MOST_IDS, `has at most ${MOST_IDS} ids`).nullish(),
    }),
    status: t.field({ type: [Status], description: 'With one of these statuses.' }),
    familyId: t.optionalUuid('Of this family.'),
    username: t.field({ type: StringFilterInput, description: 'By username; usernames are lower case.' }),
    errorCode: t.field({ type: StringFilterInput, description: 'By the code of the last failure.' }),
    createdAt: t.field({ type: DateTimeRangeInput, description: 'Enqueued in this span.' }),
    completedAt: t.field({
      type: DateTimeRangeInput,
      description: 'Completed in this span.',
    }),
    nextRetryAt: t.field({
      type: DateTimeRangeInput,
      description: 'Pending or in progress, and due in this span.',
    }),
    dueNow: t.boolean({ description: 'True: pending and due now. False: all others.' }),
    failureGroup: t.string({ description: 'The entries of this group: the `key` of a `FailureGroup`.' }),
  }),
});
const OrderField = builder.enumType('QueuedCreationOrderField', {
  description: 'The field to order entries by.',
  values: {
    CREATED_AT: { value: 'createdAt', description: 'When it was enqueued.' },
    NEXT_RETRY_AT: {
      value: 'nextRetryAt',
      description: 'When it is due; entries without a due time come last.',
    },
  } as const,
});
const Order = builder.inputType('QueuedCreationOrder', {
  description: 'How entries are ordered.',
  fields: (t) => ({
    field: t.field({ type: OrderField, required: true, description: 'The field to order by.' }),
    direction: t.field({ type: OrderDirection, required: true, description: 'Ascending or descending.' }),
  }),
});

builder.queryFields((t) => ({
  queuedCreation: t.prismaField({
    type: QueuedCreation,
    nullable: true,
    description: 'One entry by its plain key; null when there is none.',
    args: { entryId: t.arg({ type: 'UUID', required: true, description: 'The entry’s key.' }) },
    resolve: (query, _root, { entryId }, { prisma, caller }) =>
      prisma.queuedCreation.findUnique({ ...query, where: { id: entryId, ...visibleTo(caller) } }),
  }),
  queuedCreations: t.connection(
    {
      type: QueuedCreation,
      nullable: true,
      description: 'The queue: entries of every status, newest first by default.',
      args: {
        filter: t.arg({ type: Filter, description: 'Which entries; left out: all.' }),
        orderBy: t.arg({ type: Order, description: 'Left out: by CREATED_AT, DESC.' }),
      },
      resolve: async (_root, args, context, info) => {
        const { prisma, db, caller, now } = context;
        const filter = { AND: [visibleTo(caller), entryCondition(args.filter, now)] };
        const { field, direction } = args.orderBy ?? { field: 'createdAt' as const, direction: 'desc' as const };
        const selection = connectionSelection(context, info);
        const relations = relationsOf(selection);
        const page = await keysetPage(
          { list: 'queuedCreations', field, direction, isNullable: field === 'nextRetryAt' },
          args,
          ({ where, ...rest }) =>
            relations === undefined
              ? prisma.queuedCreation.findMany({ ...selection, ...rest, where: { AND: [filter, where] } })
              : loadEntries(db, relations, { ...rest, filter, where }),
          branchesOf(args.filter),
        );
        return { ...page, totalCount: () => prisma.queuedCreation.count({ where: filter }) };
      },
    },
    { name: 'QueuedCreationConnection' },
    { name: 'QueuedCreationEdge' },
  ),
  queueStatistics: t.field({
    type: QueueStatisticsRef,
    nullable: true,
    description: 'Counts of the queue, read in one statement.',
    resolve: (_root, _args, { reading, caller: { familyId } }) =>
      familyId === null ? loadQueueStatistics(reading) : loadFamilyStatistics(reading, familyId),
  }),
}));

const QueueStatisticsRef = builder.objectRef<QueueStatistics>('QueueStatistics').implement({
  description: 'Counts of entries by status, and what is due.',
  fields: (t) => ({
    pendingCount: t.int({ description: 'Pending entries.', resolve: (statistics) => statistics.byStatus.pending }),
    processingCount: t.int({
      description: 'Entries in progress.',
      resolve: (statistics) => statistics.byStatus.processing,
    }),
    completedCount: t.int({
      description: 'Entries whose account exists.',
      resolve: (statistics) => statistics.byStatus.completed,
    }),
    failedCount: t.int({
      description: 'Failed entries.',
      resolve: (statistics) => statistics.byStatus.failed,
    }),
    cancelledCount: t.int({
      description: 'Cancelled entries.',
      resolve: (statistics) => statistics.byStatus.cancelled,
    }),
    dueCount: t.count('dueCount', 'Pending entries that are due now.'),
    oldestDueAt: t.atOrNull('oldestDueAt', 'Since when the oldest due entry has been due; null when none is.'),
    nextDueAt: t.atOrNull('nextDueAt', 'When the next entry becomes due; null when there is none.'),
  }),
});
