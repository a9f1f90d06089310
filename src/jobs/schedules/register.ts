/**
 * From the code's defaults to rows. A default makes the row when a node first knows a job;
 * afterwards the row is the truth, and a changed default reaches it only while nobody has
 * overridden it.
 */
import type { Acts } from '../../access/acts.ts';
import { systemCaller } from '../../work/caller.ts';
import type { Job } from '../job.ts';
import { MISFIRE_WINDOW_MS } from '../ledger/settle.rules.ts';
import { changeSchedule, recordVersions } from './change-schedule.ts';
import { isSameTiming } from './schedules.ts';
import { timingProblem } from './timing.rules.ts';

const START = systemCaller('start');

/**
 * Makes the row of every job that has none, settled through now, and brings changed defaults to
 * schedules that are not overridden, as a new version. Throws an Error that names the job whose
 * default is not a cron or not a zone: that is a fault of the code.
 */
export async function registerSchedules(
  acts: Acts,
  jobs: readonly Job[],
  nodeId: string,
  windowMs: number = MISFIRE_WINDOW_MS,
): Promise<void> {
  for (const job of jobs) {
    const problem = timingProblem(job);
    if (problem !== null) throw new Error(`The default schedule of ${job.name} is wrong. ${problem}`);
  }
  const defaults = jobs.map(({ name, cron, timeZone, misfirePolicy }) => ({ name, cron, timeZone, misfirePolicy }));
  await acts.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, settled_through)
       SELECT name, cron, "timeZone", "misfirePolicy", date_trunc('milliseconds', now())
         FROM jsonb_to_recordset($1::jsonb) AS job (
           name text, cron text, "timeZone" text, "misfirePolicy" auth.misfire_policy)
        ORDER BY name
       ON CONFLICT (name) DO NOTHING`,
      [JSON.stringify(defaults)],
    );
    await recordVersions(
      tx,
      jobs.map(({ name }) => name),
      null,
      null,
    );
  });
  for (const job of jobs) {
    const { name, cron, timeZone, misfirePolicy } = job;
    const input = { name, nodeId, starting: null, windowMs, actor: null, reason: 'The default has changed.' };
    await acts.transaction(async (tx, acted) => {
      const changed = await changeSchedule(tx, input, (schedule) =>
        schedule.isOverridden || isSameTiming(schedule, job) ? null : { cron, timeZone, misfirePolicy },
      );
      if (!changed?.isChanged) return;
      const target = { type: 'JobSchedule', id: name };
      const after = { cron, timeZone, misfirePolicy };
      acted({ caller: START, action: 'scheduleDefaultChanged', target, before: changed.before, after });
    });
  }
}
