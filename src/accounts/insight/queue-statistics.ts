/** How the queue stands: entries by status, what is due, and since when. */
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

// Most entries are completed: these are what is left of the total, which is counted in whichever
// index is smallest, while the others are ranges of an index. All of one snapshot.
const STATISTICS = `
  WITH counted AS MATERIALIZED (
    SELECT (SELECT count(*)::int FROM auth.queued_managed_account_creations) AS total,
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'pending') AS pending,
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'processing') AS processing,
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'failed') AS failed,
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'cancelled') AS cancelled
  )
  SELECT pending, processing, failed, cancelled, total - pending - processing - failed - cancelled AS completed,
         (SELECT count(*)::int FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND next_retry_at IS NOT NULL AND next_retry_at <= now())
           + (SELECT count(*)::int FROM auth.queued_managed_account_creations
              WHERE status = 'pending' AND next_retry_at IS NULL
                AND coalesce(next_retry_at, '-infinity'::timestamptz) = '-infinity') AS "dueCount",
         (SELECT coalesce(next_retry_at, created_at) FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= now()
          ORDER BY coalesce(next_retry_at, '-infinity'::timestamptz) LIMIT 1) AS "oldestDueAt",
         (SELECT next_retry_at FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) > now()
          ORDER BY coalesce(next_retry_at, '-infinity'::timestamptz) LIMIT 1) AS "nextDueAt",
         now() AS now
  FROM counted`;

/** The statistics, read in one statement that all who ask meanwhile share. */
export const loadQueueStatistics = shareReading(async (db: Queryable): Promise<QueueStatistics> => {
  const [row] = await db.query<Record<EntryStatus, number> & Omit<QueueStatistics, 'byStatus'>>(STATISTICS);
  if (row === undefined) throw new Error('The statistics had no row');
  const { pending, processing, completed, failed, cancelled, ...rest } = row;
  return { byStatus: { pending, processing, completed, failed, cancelled }, ...rest };
});
