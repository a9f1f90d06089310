/** ExpiredInvitationCleanupJob: every night, invitations that expired long ago are deleted, in batches. */
import type { Acts } from '../access/acts.ts';
import { isMoreLikely, planAnew } from '../database/by-place.ts';
import type { Queryable } from '../database/database.ts';
import { aggregateIdOf } from '../events/outbox/aggregate-id.rules.ts';
import type { Job, JobContext, RunCounts } from '../jobs/job.ts';
import { systemCaller } from '../work/caller.ts';
import { recordEvents } from '../work/write-events.ts';

const NAME = 'ExpiredInvitationCleanupJob';
const JOB = { aggregateType: 'Job', aggregateId: aggregateIdOf('Job', NAME) } as const;
const BATCH = 1_000;
const RETENTION = systemCaller('retention');

/** The job, for the scheduler. `retentionMs`: how long after its expiry an invitation is kept. */
export function expiredInvitationCleanupJob(retentionMs: number, acts: Acts): Job {
  return {
    name: NAME,
    description: 'Deletes invitations that expired more than 30 days ago.',
    cron: '0 3 * * *',
    timeZone: 'UTC',
    misfirePolicy: 'run_once',
    run: (context) => deleteAll(context, retentionMs, acts),
  };
}

async function deleteAll(context: JobContext, retentionMs: number, acts: Acts): Promise<RunCounts> {
  const { db, signal, report, progress, log } = context;
  const total = await countExpiredInvitations(db, retentionMs);
  if (total > 0) log.info(`${inWords(total)} to be deleted.`, { total });
  let deleted = 0;
  for (let batch = 1, last = BATCH; isMoreLikely(last, BATCH) && !signal.aborted; batch++) {
    last = await acts.transaction(async (tx, acted) => {
      await planAnew(tx);
      const count = await deleteExpiredInvitations(tx, retentionMs, BATCH);
      const after = { kind: 'invitations', count };
      if (count > 0) {
        acted({ caller: RETENTION, action: 'expiredRowsDeleted', after });
        await recordEvents(tx, [{ eventType: 'ExpiredInvitationsDeleted', ...JOB, payload: { jobName: NAME, count } }]);
      }
      return count;
    }, signal);
    deleted += last;
    report({ deleted });
    if (last === 0) continue;
    progress({ done: deleted, total: Math.max(total, deleted), label: 'Deleting expired invitations' });
    log.info(`Batch ${batch}: ${inWords(last)} deleted.`, { batch, count: last });
  }
  if (deleted > 0) log.info('Expired invitations deleted', { deleted });
  return { deleted };
}

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

/** Deletes up to `limit` invitations with status expired whose expiry lies longer ago; answers how many. */
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
