/**
 * RetentionJob: every hour, what has been kept for its time is deleted, in batches that are
 * transactions of their own, so that nobody waits for it and a stop costs nothing.
 */
import type { Notices } from '../events/notices.ts';
import type { Job, JobContext, RunCounts } from '../jobs/job.ts';
import { DELETIONS, type Retention } from './retention.ts';

const BATCH = 1_000;

type Announcer = Pick<Notices, 'entriesChanged' | 'runChanged'>;

/** The job, for the scheduler. Its counts have a name for each kind that is not kept for ever. */
export function retentionJob(retention: Retention, notices: Announcer): Job {
  return {
    name: 'RetentionJob',
    description: 'Deletes finished entries, runs and other history beyond their retention.',
    // Half a minute off, when the other jobs are done starting.
    cron: '30 17 * * * *',
    timeZone: 'UTC',
    misfirePolicy: 'run_once',
    run: (context) => deleteAll(context, retention, notices),
  };
}

async function deleteAll(
  { db, signal, report, logger }: JobContext,
  retention: Retention,
  notices: Announcer,
): Promise<RunCounts> {
  const counts: Record<string, number> = {};
  for (const deletion of DELETIONS) {
    const keepMs = retention[deletion.setting];
    if (keepMs === null) continue;
    counts[deletion.name] = 0;
    for (let last = BATCH; last === BATCH && !signal.aborted; ) {
      const deleted = await deletion.delete(db, keepMs, BATCH);
      if (deletion.watched === 'entries') notices.entriesChanged('REMOVED', deleted);
      if (deletion.watched === 'runs') for (const id of deleted) notices.runChanged('REMOVED', id);
      last = deleted.length;
      counts[deletion.name] = (counts[deletion.name] ?? 0) + last;
      report({ ...counts });
    }
  }
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  if (total > 0) logger.info({ deleted: counts }, 'Rows beyond their retention deleted');
  return counts;
}
