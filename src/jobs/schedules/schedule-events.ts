/** What others hear of a schedule that somebody changed. */
import { aggregateIdOf } from '../../events/outbox/aggregate-id.rules.ts';
import type { NewEvent } from '../../work/event-types.rules.ts';
import type { ScheduleState } from './change-schedule.ts';

/** Which change it was, by the operation that made it. */
export type ScheduleAction = 'pauseJob' | 'resumeJob' | 'rescheduleJob';

/** The event of a change; `state`: as the schedule is now. */
export function scheduleEvent(action: ScheduleAction, jobName: string, actor: string, state: ScheduleState): NewEvent {
  const of = { aggregateType: 'JobSchedule', aggregateId: aggregateIdOf('JobSchedule', jobName) } as const;
  const { cron, timeZone, misfirePolicy } = state;
  switch (action) {
    case 'pauseJob':
      return {
        eventType: 'JobPaused',
        ...of,
        payload: { jobName, until: state.pausedUntil?.toISOString() ?? null, actor },
      };
    case 'resumeJob':
      return { eventType: 'JobResumed', ...of, payload: { jobName, actor } };
    case 'rescheduleJob':
      return { eventType: 'JobRescheduled', ...of, payload: { jobName, cron, timeZone, misfirePolicy, actor } };
  }
}
