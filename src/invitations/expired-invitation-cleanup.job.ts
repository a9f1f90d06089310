/** ExpiredInvitationCleanupJob: deletes invitations that expired long ago, every night, in batches. */
import { isMoreLikely, planForValues } from '../database/by-place.ts';
import type { Queryable } from '../database/database.ts';
import { aggregateIdOf } from '../events/outbox/aggregate-id.rules.ts';
import type { Job, JobContext, RunCounts } from '../jobs/job.ts';
import { asSystem } from '../work/context.ts';
import { unit } from '../work/unit.ts';

const NAME = 'ExpiredInvitationCleanupJob';
const BATCH = 1_000;

export const expiredInvitationCleanupJob: Job = {
  name: NAME,
  description: 'Deletes invitations that expired more than 30 days ago.',
  cron: '0 3 * * *',
  timeZone: 'UTC',
  misfirePolicy: 'run_once',
  run: deleteAll,
};

async function deleteAll(ctx: JobContext): Promise<RunCounts> {
  const { signal, report, progress, log } = ctx;
  const total = await countExpiredInvitations(ctx.db, ctx.config.INVITATION_RETENTION);
  if (total > 0) log.info(`${inWords(total)} to be deleted.`, { total });
  let deleted = 0;
  for (let batch = 1, last = BATCH; isMoreLikely(last, BATCH) && !signal.aborted; batch++) {
    last = await deleteSome(ctx);
    deleted += last;
    report({ deleted });
    if (last === 0) continue;
    progress({ done: deleted, total: Math.max(total, deleted), label: 'Deleting expired invitations' });
    log.info(`Batch ${batch}: ${inWords(last)} deleted.`, { batch, count: last });
  }
  if (deleted > 0) log.info('Expired invitations deleted', { deleted });
  return { deleted };
}

const deleteSome = (ctx: JobContext): Promise<number> =>
  unit(
    asSystem(ctx, 'retention'),
    async (tx) => {
      await planForValues(tx);
      const count = await deleteExpiredInvitations(tx, ctx.config.INVITATION_RETENTION, BATCH);
      if (count > 0)
        tx.happened('invitationsDeleted', {
          aggregateId: aggregateIdOf('Job', NAME),
          after: { kind: 'invitations', count },
          payload: { jobName: NAME, count },
        });
      return count;
    },
    ctx.signal,
  );

const inWords = (count: number): string =>
  `${count.toLocaleString('en-US')} expired ${count === 1 ? 'invitation' : 'invitations'}`;

/** Served by family_member_invitations_expired_idx. */
async function countExpiredInvitations(db: Queryable, retentionMs: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM auth.family_member_invitations
     WHERE status = 'expired' AND expires_at < now() - $1 * interval '1 millisecond'`,
    [retentionMs],
  );
  return row?.count ?? 0;
}

/**
 * Deletes up to `limit` invitations with status expired that expired longer ago than
 * the retention; returns how many.
 */
async function deleteExpiredInvitations(db: Queryable, retentionMs: number, limit: number): Promise<number> {
  const rows = await db.query(
    `DELETE FROM auth.family_member_invitations WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM auth.family_member_invitations
       WHERE status = 'expired' AND expires_at < now() - $1 * interval '1 millisecond'
       ORDER BY expires_at LIMIT $2
       FOR UPDATE SKIP LOCKED
     )) RETURNING 1`,
    [retentionMs, limit],
  );
  return rows.length;
}
