/**
 * Creates schedule rows from the defaults in the code. The default applies when a node first
 * registers a job; from then on the row is the source of truth, and a changed default reaches it only
 * while no operator has overridden the schedule.
 */
import { asSystem, type Services } from '../../work/context.ts';
import { unit } from '../../work/unit.ts';
import { changeSchedule, recordVersions } from './change-schedule.ts';
import { timingProblem } from './reschedule.rules.ts';
import { isSameTiming, timingOf } from './schedules.ts';

/**
 * Creates the missing rows, with everything up to now resolved, and applies changed defaults to schedules that
 * are not overridden, as a new version. Throws an Error that names the job when a default has an invalid cron
 * or time zone: that is a bug in the code.
 */
export async function registerSchedules(services: Services): Promise<void> {
  const { db, jobs } = services;
  for (const job of jobs) {
    const problem = timingProblem(job);
    if (problem !== null) throw new Error(`The default schedule of ${job.name} is wrong. ${problem}`);
  }
  const defaults = jobs.map((job) => ({ name: job.name, ...timingOf(job) }));
  await db.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO auth.job_schedules (name, cron, time_zone, misfire_policy, resolved_through)
       SELECT name, cron, "timeZone", "misfirePolicy", date_trunc('milliseconds', now())
         FROM jsonb_to_recordset($1::jsonb) AS job (
           name text, cron text, "timeZone" text, "misfirePolicy" auth.misfire_policy)
        ORDER BY name
       ON CONFLICT (name) DO NOTHING`,
      [JSON.stringify(defaults)],
    );
    const names = jobs.map(({ name }) => name);
    await recordVersions(tx, names, null, null);
  });
  const ctx = asSystem(services, 'start');
  for (const job of jobs) {
    // No run can be executed before the scheduler has started.
    const request = { jobName: job.name, reason: 'The default has changed.', startsRuns: false };
    await unit(ctx, async (tx) => {
      const change = await changeSchedule(tx, ctx, request, (schedule) =>
        schedule.isOverridden || isSameTiming(schedule, job) ? null : timingOf(job),
      );
      if (!change) return;
      tx.happened('scheduleDefaultChanged', { id: job.name, before: change.before, after: { ...timingOf(job) } });
    });
  }
}
