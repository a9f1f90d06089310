/**
 * Failures by cause: entries that have failed or back off, by the group that was stored with each failure. An
 * entry that was set to failed with SQL has no group and is missing here (a filter by error code finds it).
 */
import type { Queryable } from '../../database/database.ts';
import { shareReading } from '../../database/shared-reading.ts';
import { normaliseMessage } from '../../diagnosis/failure-group.ts';

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
export async function loadFailureGroupsOfFamily(
  db: Queryable,
  familyId: string,
  first: number,
): Promise<FailureGroup[]> {
  return groupsOf(await db.query<GroupRow>(GROUPS_OF_FAMILY, [first, familyId]));
}
