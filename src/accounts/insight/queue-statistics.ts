/** How the queue stands: entries by status, what is due, and since when. */
import type { Queryable } from '../../database/database.ts';
import type { EntryStatus } from '../../database/generated/prisma/enums.ts';

export interface QueueStatistics {
  readonly byStatus: Readonly<Record<EntryStatus, number>>;
  readonly dueCount: number;
  readonly oldestDueAt: Date | null;
  readonly nextDueAt: Date | null;
  /** The database's clock when this was read. */
  readonly now: Date;
}

const STATISTICS = `
  SELECT coalesce(sum(count) FILTER (WHERE status = 'pending'), 0)::int AS pending,
         coalesce(sum(count) FILTER (WHERE status = 'processing'), 0)::int AS processing,
         coalesce(sum(count) FILTER (WHERE status = 'completed'), 0)::int AS completed,
         coalesce(sum(count) FILTER (WHERE status = 'failed'), 0)::int AS failed,
         coalesce(sum(count) FILTER (WHERE status = 'cancelled'), 0)::int AS cancelled,
         (SELECT count(*)::int FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= now()) AS "dueCount",
         (SELECT coalesce(next_retry_at, created_at) FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= now()
          ORDER BY coalesce(next_retry_at, '-infinity'::timestamptz) LIMIT 1) AS "oldestDueAt",
         (SELECT next_retry_at FROM auth.queued_managed_account_creations
          WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) > now()
          ORDER BY coalesce(next_retry_at, '-infinity'::timestamptz) LIMIT 1) AS "nextDueAt",
         now() AS now
  FROM (SELECT status, count(*) AS count FROM auth.queued_managed_account_creations GROUP BY status) AS counted`;

/** Reads the statistics in one statement. */
export async function loadQueueStatistics(db: Queryable): Promise<QueueStatistics> {
  const [row] = await db.query<Record<EntryStatus, number> & Omit<QueueStatistics, 'byStatus'>>(STATISTICS);
  if (row === undefined) throw new Error('The statistics had no row');
  const { pending, processing, completed, failed, cancelled, ...rest } = row;
  return { byStatus: { pending, processing, completed, failed, cancelled }, ...rest };
}
