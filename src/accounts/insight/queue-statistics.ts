/** The queue's statistics: entries by status, what is due, and since when. */
import type { Queryable } from '../../database/database.ts';
import type { EntryStatus } from '../../database/generated/prisma/enums.ts';
import { shareReading } from '../../database/shared-reading.ts';

export interface QueueStatistics {
  readonly byStatus: Readonly<Record<EntryStatus, number>>;
  readonly dueCount: number;
  readonly oldestDueAt: Date | null;
  readonly nextDueAt: Date | null;
  /** The database's clock when this was read. */
  readonly now: Date;
}

// Most entries are completed: their number is the total, counted in the smallest index, minus the others, which
// are range scans of an index. One statement, so that all counts come from one snapshot.
export const STATISTICS = `
  WITH counted AS MATERIALIZED (
    SELECT (SELECT count(*)::int FROM auth.queued_managed_account_creations) AS total,
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'pending') AS pending,
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'processing') AS processing,
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'failed') AS failed,
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'cancelled') AS cancelled
  )
  SELECT pending, processing, failed, cancelled, total - pending - processing - failed - cancelled AS completed,
         (SELECT count(*)::int FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND next_retry_at <= now()) AS "dueCount",
         (SELECT next_retry_at FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND next_retry_at <= now()
          ORDER BY next_retry_at LIMIT 1) AS "oldestDueAt",
         (SELECT next_retry_at FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND next_retry_at > now()
          ORDER BY next_retry_at LIMIT 1) AS "nextDueAt",
         now() AS now
  FROM counted`;

// Uses queued_managed_account_creations_family_id_idx: a family has few entries.
const OF_FAMILY = `
  SELECT count(*) FILTER (WHERE status = 'pending')::int AS pending,
         count(*) FILTER (WHERE status = 'processing')::int AS processing,
         count(*) FILTER (WHERE status = 'completed')::int AS completed,
         count(*) FILTER (WHERE status = 'failed')::int AS failed,
         count(*) FILTER (WHERE status = 'cancelled')::int AS cancelled,
         count(*) FILTER (WHERE status = 'pending' AND next_retry_at <= now())::int AS "dueCount",
         min(next_retry_at) FILTER (WHERE status = 'pending' AND next_retry_at <= now()) AS "oldestDueAt",
         min(next_retry_at) FILTER (WHERE status = 'pending' AND next_retry_at > now()) AS "nextDueAt",
         now() AS now
  FROM auth.queued_managed_account_creations WHERE family_id = $1`;

type StatisticsRow = Record<EntryStatus, number> & Omit<QueueStatistics, 'byStatus'>;

/** Returns the statistics, by one statement that concurrent callers share. */
export const loadQueueStatistics = shareReading(async (db: Queryable): Promise<QueueStatistics> => {
  return statisticsOf(await db.query<StatisticsRow>(STATISTICS));
});

/** Returns the statistics of one family's entries. */
export async function loadFamilyStatistics(db: Queryable, familyId: string): Promise<QueueStatistics> {
  return statisticsOf(await db.query<StatisticsRow>(OF_FAMILY, [familyId]));
}

function statisticsOf([row]: readonly StatisticsRow[]): QueueStatistics {
  if (row === undefined) throw new Error('The statistics had no row');
  const { pending, processing, completed, failed, cancelled, ...rest } = row;
  return { byStatus: { pending, processing, completed, failed, cancelled }, ...rest };
}
