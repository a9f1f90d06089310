/**
 * RetentionJob: every hour, what has been kept for its time is deleted, in batches that are
 * transactions of their own and rest between, so that no one waits for it and a stop costs nothing.
 */
import type { Audit } from '../access/audit/audit.ts';
import { isMoreLikely, planAnew, restAfter } from '../database/by-place.ts';
import type { Transactional } from '../database/database.ts';
import type { Job, JobContext, LogFields, RunCounts } from '../jobs/job.ts';
import { asSystem } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { DELETIONS, type Deletion } from './retention.ts';

const BATCH = 1_000;

/** Its counts have a name for each kind that is not kept for ever. */
export const retentionJob: Job = {
  name: 'RetentionJob',
  description: 'Deletes finished entries, runs and other history beyond their retention.',
  // Half a minute off, when the other jobs are done starting.
  cron: '30 17 * * * *',
  timeZone: 'UTC',
  misfirePolicy: 'run_once',
  async run(ctx) {
    const counts = await deleteAll(ctx);
    await ctx.audit.anchorDaily();
    return counts;
  },
};

async function deleteAll(ctx: JobContext): Promise<RunCounts> {
  const { config, signal, report, progress, log } = ctx;
  const counts: Record<string, number> = {};
  const kinds = [...DELETIONS, auditDeletion(ctx.audit)];
  let total = 0;
  for (const [index, deletion] of kinds.entries()) {
    const keepMs = deletion.setting === null ? 0 : config[deletion.setting];
    if (keepMs === null) continue;
    let count = 0;
    counts[deletion.name] = 0;
    for (let last = BATCH; isMoreLikely(last, BATCH) && !signal.aborted; ) {
      const begun = performance.now();
      last = await deleteSome(ctx, deletion, keepMs);
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

const deleteSome = (ctx: JobContext, deletion: Deletion<Transactional>, keepMs: number): Promise<number> =>
  unit(
    asSystem(ctx, 'retention'),
    async (tx) => {
      await planAnew(tx);
      const count = await deletion.delete(tx, keepMs, BATCH);
      if (count > 0) tx.happened('expiredRowsDeleted', { after: { kind: deletion.name, count } });
      return count;
    },
    ctx.signal,
  );

function deletedLine({ name, setting }: Deletion<never>, count: number): [string, LogFields] {
  const beyond = setting === null ? 'whose time was over' : `older than ${setting}`;
  return [`Deleted ${inWords(name)} ${beyond}: ${count.toLocaleString('en-US')}.`, { kind: name, count, setting }];
}

/** `completedEntries` as people say it: completed entries. */
const inWords = (name: string): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Not a statement alone: what is deleted is verified, and the chain that follows is signed. */
const auditDeletion = (audit: Pick<Audit, 'prune'>): Deletion<Transactional> => ({
  name: 'auditEntries',
  setting: 'AUDIT_RETENTION',
  delete: (tx, keepMs, limit) => audit.prune(tx, keepMs, limit),
});
