/** Changes the timing of a schedule, or restores the code's default. */
import { InvalidInputError, InvalidStateError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { type ChangedSchedule, changeAsAsked } from './change-schedule.ts';
import { readTimingRequest, type TimingRequest, unreadableAfter } from './reschedule.rules.ts';
import { isSameTiming, timingOf } from './schedules.ts';

/**
 * Changes the timing; nothing changes when the schedule already has it. A schedule that equals the code's
 * default is not overridden: a later release with another default changes it. Throws NotFoundError,
 * InvalidInputError (also for a change that would leave the timing invalid), or InvalidStateError for a reset
 * on a node that does not know the default.
 */
export async function rescheduleJob(
  ctx: Context,
  request: TimingRequest & { readonly jobName: string },
): Promise<ChangedSchedule> {
  const { jobName, reason } = request;
  const reading = readTimingRequest(request);
  if (!reading.ok) throw new InvalidInputError(reading.issues);
  const { changes } = reading;
  const defaults = ctx.jobs.find(({ name }) => name === jobName);
  return changeAsAsked(
    ctx,
    { jobName, reason: reason?.trim() || null },
    (schedule) => {
      const wanted = changes === 'default' ? defaults : changes;
      if (wanted === undefined) throw unknownDefault(jobName);
      const timing = timingOf({ ...schedule, ...wanted });
      const issues = changes === 'default' ? [] : unreadableAfter(timing);
      if (issues.length > 0) throw new InvalidInputError(issues);
      const isOverridden = defaults === undefined || !isSameTiming(timing, defaults);
      return isSameTiming(timing, schedule) && isOverridden === schedule.isOverridden
        ? null
        : { ...timing, isOverridden };
    },
    (tx, { state }, details) =>
      tx.happened('jobRescheduled', {
        ...details,
        after: changes === 'default' ? { isReset: true } : { ...changes },
        payload: { jobName, ...timingOf(state) },
      }),
  );
}

const unknownDefault = (jobName: string) =>
  new InvalidStateError(
    `This server does not know ${jobName}, so neither its default schedule: another version registered it. Give cron, timeZone and misfirePolicy instead, or ask a node of that version.`,
  );
