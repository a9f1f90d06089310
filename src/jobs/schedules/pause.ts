/**
 * Pausing and resuming a schedule. Fires that were due before are resolved under the old state, so that each
 * skipped fire carries the actor and reason of the pause that was in force at its instant. A pause with an end is
 * a span of time and ends automatically, without a write.
 */
import { type InputIssue, InvalidInputError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { isPausedAt } from '../ledger/resolve.rules.ts';
import { type ChangedSchedule, type ChangeRequest, changeAsAsked } from './change-schedule.ts';

export interface PauseRequest {
  readonly jobName: string;
  readonly reason: string;
  /** Null: until an operator resumes the job. */
  readonly until: Date | null;
}

/**
 * Pauses a job. An existing pause gets the new actor, reason and end; nothing changes if reason and end are the
 * same. Throws NotFoundError, or InvalidInputError for an end in the past or an empty reason.
 */
export function pauseJob(ctx: Context, { jobName, reason, until }: PauseRequest): Promise<ChangedSchedule> {
  return changeAsAsked(
    ctx,
    { jobName, reason },
    (schedule, { now, at }) => {
      requireUsable(reason, until, now);
      const isPaused = isPausedAt(schedule, at);
      const isSame = schedule.pauseReason === reason && schedule.pausedUntil?.getTime() === until?.getTime();
      if (isPaused && isSame) return null;
      return {
        pausedAt: isPaused ? schedule.pausedAt : at,
        pausedUntil: until,
        pausedBy: ctx.caller.name,
        pauseReason: reason,
      };
    },
    (tx, _change, details) => {
      const end = until?.toISOString() ?? null;
      tx.happened('jobPaused', { ...details, after: { isPaused: true, until: end }, payload: { jobName, until: end } });
    },
  );
}

function requireUsable(reason: string, until: Date | null, now: Date): void {
  const problems: InputIssue[] = [];
  if (reason === '') problems.push({ path: ['reason'], message: 'is needed', code: 'INVALID_VALUE' });
  if (until !== null && until <= now) {
    const message = 'This instant has passed. Use a later one, or leave it out to pause until someone resumes the job.';
    problems.push({ path: ['until'], message, code: 'IN_THE_PAST' });
  }
  if (problems.length > 0) throw new InvalidInputError(problems);
}

/** Resumes a job; nothing changes when it is not paused. Throws NotFoundError. */
export function resumeJob(ctx: Context, request: ChangeRequest): Promise<ChangedSchedule> {
  const { jobName } = request;
  return changeAsAsked(
    ctx,
    request,
    (schedule, { at }) =>
      isPausedAt(schedule, at) ? { pausedAt: null, pausedUntil: null, pausedBy: null, pauseReason: null } : null,
    (tx, _change, details) =>
      tx.happened('jobResumed', { ...details, after: { isPaused: false }, payload: { jobName } }),
  );
}
