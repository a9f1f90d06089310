/**
 * The query `failureGroups`: entries that have failed or back off, by the group that was stored with each
 * failure. An entry that was set to failed with SQL has no group and is missing here (a filter by error code
 * finds it).
 */
import { queryFromInfo } from '@pothos/plugin-prisma';
import { z } from 'zod';
import type { Queryable } from '../../database/database.ts';
import type { QueuedCreation as Entry, Family } from '../../database/generated/prisma/client.ts';
import { shareReading } from '../../database/shared-reading.ts';
import { CureRef as Cure } from '../../diagnosis/cure.graphql.ts';
import { normaliseMessage } from '../../diagnosis/failure-group.ts';
import { groupAction, groupCure } from '../../diagnosis/failure-messages.ts';
import { builder, LARGEST_PAGE } from '../../graphql/builder.ts';
import { QueuedCreation } from '../entry.graphql.ts';

export interface FailureGroup {
  readonly key: string;
  readonly errorCode: string;
  /** The error message without ids, numbers and names. */
  readonly message: string;
  readonly count: number;
  /** How many of them failed permanently; the others back off. */
  readonly failedCount: number;
  readonly affectedFamilyCount: number;
  /** The families with the most of these entries, at most five. */
  readonly affectedFamilyIds: readonly string[];
  readonly firstSeenAt: Date;
  readonly lastSeenAt: Date;
  /** Failed attempts of the last hour in intervals of 5 minutes, oldest first. */
  readonly trend: readonly number[];
  /** The id of the most recently enqueued entry. */
  readonly sampleId: string;
}

/** `entries` and `attempts` are additional conditions that restrict the query to one family, or empty. */
const groupsWhere = (entries: string, attempts: string): string => `
  WITH of_family AS (
    SELECT failure_group, family_id, count(*) AS entries, count(*) FILTER (WHERE status = 'failed') AS failed
    FROM auth.queued_managed_account_creations
    WHERE failure_group IS NOT NULL AND status IN ('pending', 'failed') ${entries}
    GROUP BY failure_group, family_id
  ), of_group AS (
    SELECT failure_group AS key, sum(entries)::int AS count, sum(failed)::int AS failed, count(family_id)::int AS families,
           (array_agg(family_id::text ORDER BY entries DESC, family_id) FILTER (WHERE family_id IS NOT NULL))[1:5] AS largest
    FROM of_family GROUP BY failure_group
    ORDER BY sum(entries) DESC, failure_group
    LIMIT $1
  )
  SELECT g.key, g.count, g.failed AS "failedCount", g.families AS "affectedFamilyCount",
         coalesce(g.largest, '{}') AS "affectedFamilyIds", sample.id AS "sampleId", sample.last_error_code AS "errorCode",
         sample.last_error_message AS message, sample.username, sample.full_name AS "fullName",
         coalesce(seen.first_at, sample.updated_at) AS "firstSeenAt", coalesce(seen.last_at, sample.updated_at) AS "lastSeenAt",
         trend.counts AS trend
  FROM of_group g
  CROSS JOIN LATERAL (
    SELECT id, username, full_name, last_error_code, last_error_message, updated_at
    FROM auth.queued_managed_account_creations
    WHERE failure_group = g.key AND status IN ('pending', 'failed') ${entries}
    ORDER BY created_at DESC, id DESC LIMIT 1
  ) sample
  CROSS JOIN LATERAL (
    SELECT min(finished_at) AS first_at, max(finished_at) AS last_at
    FROM auth.account_creation_attempts WHERE failure_group = g.key ${attempts}
  ) seen
  CROSS JOIN LATERAL (
    SELECT array_agg(coalesce(attempts, 0) ORDER BY slot) AS counts
    FROM generate_series(0, 11) AS slot
    LEFT JOIN (
      SELECT least(11, floor(extract(epoch FROM finished_at - (now() - interval '1 hour')) / 300))::int AS slot, count(*)::int AS attempts
      FROM auth.account_creation_attempts
      WHERE failure_group = g.key AND finished_at > now() - interval '1 hour' ${attempts}
      GROUP BY 1
    ) AS failed USING (slot)
  ) trend
  ORDER BY g.count DESC, g.key`;

const GROUPS = groupsWhere('', '');
const GROUPS_OF_FAMILY = groupsWhere(
  'AND family_id = $2',
  'AND entry_id IN (SELECT id FROM auth.queued_managed_account_creations WHERE family_id = $2)',
);

interface GroupRow extends FailureGroup {
  readonly username: string;
  readonly fullName: string;
}

/** The most that a caller may request, so that all callers share one query. */
const MOST_GROUPS = 100;

const loadLargest = shareReading(async (db: Queryable): Promise<FailureGroup[]> => {
  return groupsOf(await db.query<GroupRow>(GROUPS, [MOST_GROUPS]));
});

const groupsOf = (rows: readonly GroupRow[]): FailureGroup[] =>
  rows.map(({ username, fullName, message, ...group }) => ({
    ...group,
    message: normaliseMessage(message, [username, fullName]),
  }));

/** Returns the `first` largest groups (at most 100), by one statement that concurrent callers share. */
export async function loadFailureGroups(db: Queryable, first: number): Promise<FailureGroup[]> {
  return (await loadLargest(db)).slice(0, first);
}

/** Returns the largest groups of one family's entries, counted over that family alone. */
async function loadFailureGroupsOfFamily(db: Queryable, familyId: string, first: number): Promise<FailureGroup[]> {
  return groupsOf(await db.query<GroupRow>(GROUPS_OF_FAMILY, [first, familyId]));
}

interface FailureGroupView extends FailureGroup {
  /** Loads the samples of all groups of the list at the first call. */
  sample(): Promise<Entry | undefined>;
  /** Loads the families of all groups of the list at the first call. */
  affectedFamilies(): Promise<Family[]>;
}

const groupCount = z.int().min(1, 'is at least 1').max(LARGEST_PAGE, `is at most ${LARGEST_PAGE}`).nullish();

const Group = builder.objectRef<FailureGroupView>('FailureGroup').implement({
  description: 'Entries that failed or wait for a retry for the same cause.',
  fields: (t) => ({
    key: t.text('key', 'The key of the group; `QueuedCreationFilter.failureGroup` selects its entries.'),
    errorCode: t.text('errorCode', 'The error code.'),
    message: t.text(
      'message',
      'The error message, with <id>, <n>, <time>, <address> and <name> for what differs between entries.',
    ),
    count: t.count('count', 'How many entries failed or wait for a retry for this cause now.'),
    failedCount: t.count('failedCount', 'How many of them failed permanently; the others will be retried.'),
    affectedFamilyCount: t.count('affectedFamilyCount', 'How many families these entries belong to.'),
    affectedFamilies: t.prismaField({
      type: ['Family'],
      description: 'The families with the most of these entries, at most five.',
      resolve: (_query, group) => group.affectedFamilies(),
    }),
    firstSeenAt: t.at('firstSeenAt', 'When an attempt first failed this way, among the stored attempts.'),
    lastSeenAt: t.at('lastSeenAt', 'When an attempt last failed this way.'),
    trend: t.intList({
      description:
        'Attempts that failed this way in the last hour: twelve counts of 5 minutes each, oldest first, including entries that have recovered.',
      resolve: (group) => [...group.trend],
    }),
    sample: t.field({
      type: QueuedCreation,
      nullable: true,
      description: 'The newest entry of the group; null if it was just deleted.',
      resolve: (group) => group.sample(),
    }),
    suggestedCure: t.string({
      nullable: true,
      description: 'What to do about all of them; null when it passes without help.',
      resolve: (group) => groupCure(group.errorCode),
    }),
    cure: t.field({
      type: Cure,
      nullable: true,
      description:
        'The same as a mutation: the plan of a retry, or of a cancel where a retry would fail the same way; null when no bulk action helps.',
      resolve: ({ errorCode, key }) => {
        const action = groupAction(errorCode);
        if (action === null) return null;
        const label = action === 'RETRY' ? 'Plan a retry of exactly these' : 'Plan a cancel of exactly these';
        return { label, mutation: 'planBulkAction', input: { action, filter: { failureGroup: key } } };
      },
    }),
  }),
});
builder.queryFields((t) => ({
  failureGroups: t.field({
    type: [Group],
    nullable: true,
    description:
      'Why entries fail, the largest groups first. Entries that SQL set to failed belong to no group; filter them by `errorCode`.',
    args: {
      first: t.arg.int({
        defaultValue: 20,
        description: `How many groups, 1 to ${LARGEST_PAGE}.`,
        validate: groupCount,
      }),
    },
    resolve: async (_root, { first }, context, info) => {
      const { reading, prisma } = context;
      const { familyId } = context.caller;
      const groups =
        familyId === null
          ? await loadFailureGroups(reading, first ?? 20)
          : await loadFailureGroupsOfFamily(reading, familyId, first ?? 20);
      let samples: Promise<Map<string, Entry>> | undefined;
      const loadSamples = async () => {
        const rows = await prisma.queuedCreation.findMany({
          ...queryFromInfo({ context, info, path: ['sample'] }),
          where: { id: { in: groups.map((group) => group.sampleId) } },
        });
        return new Map(rows.map((row) => [row.id, row]));
      };
      let families: Promise<Map<string, Family>> | undefined;
      const loadFamilies = async () => {
        const rows = await prisma.family.findMany({
          ...queryFromInfo({ context, info, path: ['affectedFamilies'] }),
          where: { id: { in: groups.flatMap((group) => group.affectedFamilyIds) } },
        });
        return new Map(rows.map((row) => [row.id, row]));
      };
      return groups.map((group) => ({
        ...group,
        affectedFamilies: async () => {
          families ??= loadFamilies();
          const known = await families;
          // A family may have been deleted meanwhile.
          return group.affectedFamilyIds.flatMap((id) => known.get(id) ?? []);
        },
        sample: async () => {
          samples ??= loadSamples();
          return (await samples).get(group.sampleId);
        },
      }));
    },
  }),
}));
