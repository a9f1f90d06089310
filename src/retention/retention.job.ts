/**
 * RetentionJob: deletes expired rows every hour. Each batch is a separate transaction, followed by a pause:
 * other work does not wait long for the job, and stopping it loses nothing.
 */
import { isMoreLikely, planForValues, restAfter } from '../database/by-place.ts';
import type { Job, JobContext, RunCounts } from '../jobs/job.ts';
import { asSystem } from '../work/context.ts';
import { unit } from '../work/unit.ts';
import { type Deletion, deletions } from './retention.ts';

const BATCH = 1_000;

/** Its counts have one name for each kind of row, except kinds that are kept forever. */
export const retentionJob: Job = {
  name: 'RetentionJob',
  description: 'Deletes finished entries, runs and other history beyond their retention.',
  // Half a minute past, after the other jobs have started.
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
  const kinds = deletions(ctx.audit);
  let total = 0;
  for (const [index, kind] of kinds.entries()) {
    const keepMs = typeof kind.after === 'number' ? kind.after : config[kind.after];
    if (keepMs === null) continue;
    let count = 0;
    counts[kind.name] = 0;
    for (let last = BATCH; isMoreLikely(last, BATCH) && !signal.aborted; ) {
      const begun = performance.now();
      last = await deleteSome(ctx, kind, keepMs);
      count += last;
      total += last;
      counts[kind.name] = count;
      report({ ...counts });
      // No total: counting the rows would take as long as deleting them.
      const label = `Deleting ${inWords(kind)} (kind ${index + 1} of ${kinds.length})`;
      if (last > 0) progress({ done: total, total: null, label });
      if (isMoreLikely(last, BATCH)) await restAfter(begun, signal);
    }
    if (count > 0) log.info(`Deleted ${inWords(kind)}: ${count.toLocaleString('en-US')}.`, { kind: kind.name, count });
  }
  return counts;
}

const deleteSome = (ctx: JobContext, kind: Deletion, keepMs: number): Promise<number> =>
  unit(
    asSystem(ctx, 'retention'),
    async (tx) => {
      await planForValues(tx);
      const count = await kind.delete(tx, keepMs, BATCH);
      if (count > 0) tx.happened('expiredRowsDeleted', { after: { kind: kind.name, count } });
      return count;
    },
    ctx.signal,
  );

/** Converts a name to words: `completedEntries` to `completed entries`. */
const inWords = ({ name }: Deletion): string => name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
