/**
 * What people do to schedules and to runs that are going on: each change is one transaction,
 * logged with who made it, and told to all nodes, whose timers and runs follow at once.
 */
import type { Acted } from '../access/acts.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { Notices } from '../events/notices.ts';
import { InvalidInputError, InvalidStateError } from '../refusals.ts';
import type { Job } from './job.ts';
import { interruptRun } from './runs/interrupt-run.ts';
import { unknownJob } from './runs/runs.ts';
import type { Scheduler } from './scheduler.ts';
import type { ChangeInput, ScheduleChange } from './schedules/change-schedule.ts';
import { pauseSchedule, resumeSchedule } from './schedules/pause.ts';
import { readTimingRequest, type TimingRequest } from './schedules/reschedule.rules.ts';
import { reschedule } from './schedules/reschedule.ts';

export interface JobOperationTools {
  readonly db: Database;
  readonly notices: Notices;
  readonly scheduler: Pick<Scheduler, 'launch'>;
  readonly jobs: readonly Job[];
  readonly nodeId: string;
  readonly leaseMs: number;
  readonly toleranceMs: number;
  readonly windowMs: number;
}

export interface ChangedSchedule {
  readonly jobName: string;
  readonly isChanged: boolean;
}

export interface PauseRequest {
  readonly jobName: string;
  readonly reason: string;
  /** Null: until somebody resumes the job. */
  readonly until: Date | null;
}

export interface RescheduleRequest extends TimingRequest {
  readonly jobName: string;
  readonly reason: string | null;
}

export type JobOperations = ReturnType<typeof createJobOperations>;

/** The operations behind `pauseJob`, `resumeJob`, `rescheduleJob` and `interruptRun`. */
export function createJobOperations(tools: JobOperationTools, acted: Acted) {
  const { db, notices, scheduler, jobs, nodeId, leaseMs, toleranceMs, windowMs } = tools;
  const jobOf = (name: string) => jobs.find((job) => job.name === name) ?? null;

  const change = async (
    action: string,
    { jobName: name, actor, reason }: { jobName: string; actor: string; reason: string | null },
    target: object,
    make: (tx: Queryable, input: ChangeInput) => Promise<ScheduleChange | null>,
  ): Promise<ChangedSchedule> => {
    // What is due at this moment starts here, unless this node could not execute it.
    const starting = jobOf(name) === null ? null : { leaseMs, toleranceMs };
    const input = { name, nodeId, starting, windowMs, actor, reason };
    const changed = await db.transaction((tx) => make(tx, input));
    if (changed === null) throw unknownJob(name, await loadNames(db));
    if (changed.run !== null) scheduler.launch(changed.run);
    if (changed.isChanged) acted(actor, action, reason, { jobName: name, ...target });
    // Also when nothing changed: a node whose notice was lost hears it now.
    notices.schedulesChanged();
    return { jobName: name, isChanged: changed.isChanged };
  };

  return {
    /** Throws NotFoundError, or InvalidInputError for an end that has passed or an empty reason. */
    pause: (actor: string, { jobName, reason, until }: PauseRequest) =>
      change('pauseJob', { jobName, actor, reason }, { until }, (tx, input) =>
        pauseSchedule(tx, input, { by: actor, reason, until }),
      ),

    /** Throws NotFoundError. */
    resume: (actor: string, { jobName, reason }: { jobName: string; reason: string | null }) =>
      change('resumeJob', { jobName, actor, reason }, {}, resumeSchedule),

    /** Throws NotFoundError, InvalidInputError, or InvalidStateError when this node does not know the default. */
    async reschedule(actor: string, { jobName, reason, ...request }: RescheduleRequest): Promise<ChangedSchedule> {
      const reading = readTimingRequest(request);
      if (!reading.ok) throw new InvalidInputError(reading.issues);
      const defaults = jobOf(jobName);
      const { changes } = reading;
      return change('rescheduleJob', { jobName, actor, reason }, { changes }, async (tx, input) => {
        const changed = await reschedule(tx, input, changes, defaults);
        if (changed !== null && changes === 'default' && defaults === null) throw unknownDefault(jobName);
        return changed;
      });
    },

    /** Throws NotFoundError, or InvalidStateError when the run has ended. */
    async interrupt(actor: string, { runId, reason }: { runId: string; reason: string | null }) {
      const { jobName, isChanged } = await interruptRun(db, runId, { by: actor, reason });
      if (isChanged) {
        acted(actor, 'interruptRun', reason, { jobName, runId });
        notices.runChanged('UPDATED', runId);
      }
      notices.schedulesChanged();
      return { runId, isChanged };
    },
  };
}

const unknownDefault = (jobName: string) =>
  new InvalidStateError(
    `This server does not know ${jobName}, so neither its default schedule: another version registered it. Give cron, timeZone and misfirePolicy instead, or ask a node of that version.`,
  );

async function loadNames(db: Queryable): Promise<string[]> {
  const schedules = await db.query<{ name: string }>('SELECT name FROM auth.job_schedules ORDER BY name');
  return schedules.map(({ name }) => name);
}
