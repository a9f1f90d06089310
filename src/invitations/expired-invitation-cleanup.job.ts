/** ExpiredInvitationCleanupJob: every night, invitations that expired long ago are deleted, in batches. */
import type { Queryable } from '../database/database.ts';
import type { Job, JobContext, RunCounts } from '../jobs/job.ts';

const BATCH = 1_000;

/** The job, for the scheduler. `retentionMs`: how long after its expiry an invitation is kept. */
export function expiredInvitationCleanupJob(retentionMs: number): Job {
  return {
    name: 'ExpiredInvitationCleanupJob',
    description: 'Deletes invitations that expired more than 30 days ago.',
    cron: '0 3 * * *',
    timeZone: 'UTC',
    misfirePolicy: 'run_once',
    run: (context) => deleteAll(context, retentionMs),
  };
}

async function deleteAll({ db, signal, report, logger }: JobContext, retentionMs: number): Promise<RunCounts> {
  let deleted = 0;
  for (let last = BATCH; last === BATCH && !signal.aborted; ) {
    last = await deleteExpiredInvitations(db, retentionMs, BATCH);
    deleted += last;
    report({ deleted });
  }
  if (deleted > 0) logger.info({ deleted }, 'Expired invitations deleted');
  return { deleted };
}

/** Deletes up to `limit` invitations with status expired whose expiry lies longer ago; answers how many. */
export async function deleteExpiredInvitations(db: Queryable, retentionMs: number, limit: number): Promise<number> {
  const rows = await db.query(
    `DELETE FROM auth.family_member_invitations WHERE id IN (
       SELECT id FROM auth.family_member_invitations
       WHERE status = 'expired' AND expires_at < now() - $1 * interval '1 millisecond'
       ORDER BY expires_at LIMIT $2
       FOR UPDATE SKIP LOCKED
     ) RETURNING 1`,
    [retentionMs, limit],
  );
  return rows.length;
}
