/** Giving a schedule another timing, or the code's default back. */
import type { Queryable } from '../../database/database.ts';
import { InvalidInputError } from '../../refusals.ts';
import { type ChangeInput, changeSchedule, type ScheduleChange } from './change-schedule.ts';
import { unreadableAfter } from './reschedule.rules.ts';
import { isSameTiming, type Timing } from './schedules.ts';

/**
 * Changes the timing; nothing changes when the schedule has it already. A schedule that is as
 * the code's default has it is not overridden: a later release with another default changes it.
 * `defaults` is null on a node that does not know the job; a reset then changes nothing. Refuses
 * with InvalidInputError a change that would leave a timing that cannot be read.
 */
export function reschedule(
  tx: Queryable,
  input: ChangeInput,
  changes: Partial<Timing> | 'default',
  defaults: Timing | null,
): Promise<ScheduleChange | null> {
  return changeSchedule(tx, input, (schedule) => {
    const { cron, timeZone, misfirePolicy }: Timing = {
      ...schedule,
      ...(changes === 'default' ? defaults : changes),
    };
    const timing = { cron, timeZone, misfirePolicy };
    const issues = changes === 'default' ? [] : unreadableAfter(timing);
    if (issues.length > 0) throw new InvalidInputError(issues);
    const isOverridden = defaults === null || !isSameTiming(timing, defaults);
    return isSameTiming(timing, schedule) && isOverridden === schedule.isOverridden
      ? null
      : { ...timing, isOverridden };
  });
}
