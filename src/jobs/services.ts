/** The services that this slice adds to a node. */
import type { Job } from './job.ts';
import type { Scheduler } from './scheduler.ts';
import type { createScheduleExplanations } from './schedules/schedule-explanation.ts';

declare module '../work/context.ts' {
  interface Services {
    readonly jobs: readonly Job[];
    readonly scheduler: Scheduler;
    readonly scheduleExplanations: ReturnType<typeof createScheduleExplanations>;
  }
}
