/**
 * RetentionJob: every hour, what has been kept for its time is deleted, in batches that are
 * transactions of their own and rest between, so that nobody waits for it and a stop costs nothing.
 */
import type { Acts } from '../access/acts.ts';
import type { Audit } from '../access/audit/audit.ts';
import { isMoreLikely, planAnew } from '../database/by-place.ts';
import { restAfter } from '../database/pace.ts';
import type { Job, JobContext, LogFields, RunCounts } from '../jobs/job.ts';
import { systemCaller } from '../work/caller.ts';
import type { Notices } from '../work/notices.ts';
import { DELETIONS, type Deletion, type Retention } from './retention.ts';

const BATCH = 1_000;
const RETENTION = systemCaller('retention');

type Announcer = Pick<Notices, 'notify'>;
type AuditKeeper = Pick<Audit, 'cut' | 'anchorDaily'>;

/** The job, for the scheduler. Its counts have a name for each kind that is not kept for ever. */
export function retentionJob(retention: Retention, acts: Acts, notices: Announcer, audit: AuditKeeper): Job {
  return {
    name: 'RetentionJob',
    description: 'Deletes finished entries, runs and other history beyond their retention.',
    // Half a minute off, when the other jobs are done starting.
    cron: '30 17 * * * *',
    timeZone: 'UTC',
    misfirePolicy: 'run_once',
    async run(context) {
      const counts = await deleteAll(context, retention, acts, notices, audit);
      await audit.anchorDaily();
      return counts;
    },
  };
}

async function deleteAll(
  { signal, report, progress, log }: JobContext,
  retention: Retention,
  acts: Acts,
  notices: Announcer,
  audit: AuditKeeper,
): Promise<RunCounts> {
  const counts: Record<string, number> = {};
  const kinds = [...DELETIONS, auditDeletion(audit)];
  let total = 0;
  for (const [index, deletion] of kinds.entries()) {
    const keepMs = deletion.setting === null ? 0 : retention[deletion.setting];
    if (keepMs === null) continue;
    let count = 0;
    counts[deletion.name] = 0;
    for (let last = BATCH; isMoreLikely(last, BATCH) && !signal.aborted; ) {
      const begun = performance.now();
      const deleted = await acts.transaction(async (tx, acted) => {
        await planAnew(tx);
        const keys = await deletion.delete(tx, keepMs, BATCH);
        const after = { kind: deletion.name, count: keys.length };
        if (keys.length > 0) acted({ caller: RETENTION, action: 'expiredRowsDeleted', after });
        return keys;
      }, signal);
      if (deleted.length > 0) notices.notify('changes');
      last = deleted.length;
      count += last;
      total += last;
      counts[deletion.name] = count;
      report({ ...counts });
      // How many there are would take as long to find out as to delete them.
      const label = `Deleting ${inWords(deletion.name)} (kind ${index + 1} of ${kinds.length})`;
      if (last > 0) progress({ done: total, total: null, label });
      if (isMoreLikely(last, BATCH)) await restAfter(begun, signal);
    }
    if (count > 0) log.info(...deletedLine(deletion, count));
  }
  const deleted = Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
  if (total > 0) log.info('Rows beyond their retention deleted', { deleted });
  return counts;
}

function deletedLine({ name, setting }: Deletion, count: number): [string, LogFields] {
  const beyond = setting === null ? 'whose time was over' : `older than ${setting}`;
  return [`Deleted ${inWords(name)} ${beyond}: ${count.toLocaleString('en-US')}.`, { kind: name, count, setting }];
}

/** `completedEntries` as people say it: completed entries. */
const inWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Not a statement alone: what is deleted is verified, and the chain that follows is signed. */
const auditDeletion = (audit: AuditKeeper): Deletion => ({
  name: 'auditEntries',
  setting: 'AUDIT_RETENTION',
  delete: (tx, keepMs, limit) => audit.cut(tx, keepMs, limit),
});
