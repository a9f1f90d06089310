/**
 * What people do to schedules and to runs that are going on: each change is one transaction,
 * recorded with who made it, and told to all nodes, whose timers and runs follow at once.
 */

import type { Acts } from '../access/acts.ts';
import type { Database, Queryable } from '../database/database.ts';
import { InvalidInputError, InvalidStateError } from '../refusals.ts';
import type { Act } from '../work/audit-trail.ts';
import type { Caller } from '../work/caller.ts';
import type { Notices } from '../work/notices.ts';
import { recordEvents } from '../work/write-events.ts';
import type { Job } from './job.ts';
import { interruptRun } from './runs/interrupt-run.ts';
import { unknownJob } from './runs/runs.ts';
import type { Scheduler } from './scheduler.ts';
import type { ChangeInput, ScheduleChange } from './schedules/change-schedule.ts';
import { pauseSchedule, resumeSchedule } from './schedules/pause.ts';
import { readTimingRequest, type TimingRequest } from './schedules/reschedule.rules.ts';
import { reschedule } from './schedules/reschedule.ts';
import { type ScheduleAction, scheduleEvent } from './schedules/schedule-events.ts';

export interface JobOperationTools {
  readonly db: Database;
  readonly acts: Acts;
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
export function createJobOperations(tools: JobOperationTools) {
  const { db, acts, notices, scheduler, jobs, nodeId, leaseMs, toleranceMs, windowMs } = tools;
  const jobOf = (name: string) => jobs.find((job) => job.name === name) ?? null;

  const change = async (
    action: ScheduleAction,
    { jobName: name, caller, reason }: { jobName: string; caller: Caller; reason: string | null },
    after: Act['after'],
    make: (tx: Queryable, input: ChangeInput) => Promise<ScheduleChange | null>,
  ): Promise<ChangedSchedule> => {
    // What is due at this moment starts here, unless this node could not execute it.
    const starting = jobOf(name) === null ? null : { leaseMs, toleranceMs };
    const input = { name, nodeId, starting, windowMs, actor: caller.name, reason };
    const changed = await acts.transaction(async (tx, acted) => {
      const made = await make(tx, input);
      const target = { type: 'JobSchedule', id: name };
      if (made?.isChanged) acted({ caller, action, target, reason, before: made.before, after });
      if (made?.state !== undefined) await recordEvents(tx, [scheduleEvent(action, name, caller.name, made.state)]);
      return made;
    });
    if (changed === null) throw unknownJob(name, await loadNames(db));
    if (changed.run !== null) scheduler.launch(changed.run);
    // Also when nothing changed: a node whose notice was lost hears it now.
    notices.notify('schedules', 'changes');
    return { jobName: name, isChanged: changed.isChanged };
  };

  return {
    /** Throws NotFoundError, or InvalidInputError for an end that has passed or an empty reason. */
    pause: (caller: Caller, { jobName, reason, until }: PauseRequest) =>
      change(
        'pauseJob',
        { jobName, caller, reason },
        { isPaused: true, until: until?.toISOString() ?? null },
        (tx, input) => pauseSchedule(tx, input, { by: caller.name, reason, until }),
      ),

    /** Throws NotFoundError. */
    resume: (caller: Caller, { jobName, reason }: { jobName: string; reason: string | null }) =>
      change('resumeJob', { jobName, caller, reason }, { isPaused: false }, resumeSchedule),

    /** Throws NotFoundError, InvalidInputError, or InvalidStateError when this node does not know the default. */
    async reschedule(caller: Caller, { jobName, reason, ...request }: RescheduleRequest): Promise<ChangedSchedule> {
      const reading = readTimingRequest(request);
      if (!reading.ok) throw new InvalidInputError(reading.issues);
      const defaults = jobOf(jobName);
      const { changes } = reading;
      const after = changes === 'default' ? { isReset: true } : { ...changes };
      return change('rescheduleJob', { jobName, caller, reason }, after, async (tx, input) => {
        const changed = await reschedule(tx, input, changes, defaults);
        if (changed !== null && changes === 'default' && defaults === null) throw unknownDefault(jobName);
        return changed;
      });
    },

    /** Throws NotFoundError, or InvalidStateError when the run has ended. */
    async interrupt(caller: Caller, { runId, reason }: { runId: string; reason: string | null }) {
      const isChanged = await acts.transaction(async (tx, acted) => {
        const asked = await interruptRun(tx, runId, { by: caller.name, reason });
        const target = { type: 'JobRun', id: runId };
        if (asked.isChanged)
          acted({ caller, action: 'interruptRun', target, reason, after: { jobName: asked.jobName } });
        return asked.isChanged;
      });
      if (isChanged) notices.notify('changes');
      notices.notify('schedules', 'changes');
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
