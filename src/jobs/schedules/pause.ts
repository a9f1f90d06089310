/**
 * Pausing and resuming a schedule. What was due before is settled under the old state, so that
 * each skipped fire carries the actor and reason of the pause that was in force at its instant.
 * A pause with an end lifts itself: it is a span of time, and nothing has to be written then.
 */
import type { Queryable } from '../../database/database.ts';
import { type InputIssue, InvalidInputError } from '../../refusals.ts';
import { isPausedAt } from '../ledger/settle.rules.ts';
import { type ChangeInput, changeSchedule, type ScheduleChange } from './change-schedule.ts';

/** Pauses; one in force takes the new actor, reason and end, and nothing changes if it has them. */
export function pauseSchedule(
  tx: Queryable,
  input: ChangeInput,
  { by, reason, until }: { by: string; reason: string; until: Date | null },
): Promise<ScheduleChange | null> {
  return changeSchedule(tx, input, (schedule, { now, at }) => {
    const problems: InputIssue[] = [];
    if (reason === '') problems.push({ path: ['reason'], message: 'is needed', code: 'INVALID_VALUE' });
    if (until !== null && until <= now) {
      const message =
        'This instant has passed. Give a later one, or leave it out to pause until somebody resumes the job.';
      problems.push({ path: ['until'], message, code: 'IN_THE_PAST' });
    }
    if (problems.length > 0) throw new InvalidInputError(problems);
    const isPaused = isPausedAt(schedule, at);
    const isSame = schedule.pauseReason === reason && schedule.pausedUntil?.getTime() === until?.getTime();
    if (isPaused && isSame) return null;
    return {
      pausedAt: isPaused ? schedule.pausedAt : at,
      pausedUntil: until,
      pausedBy: by,
      pauseReason: reason,
    };
  });
}

/** Resumes; nothing changes when it is not paused. */
export function resumeSchedule(tx: Queryable, input: ChangeInput): Promise<ScheduleChange | null> {
  return changeSchedule(tx, input, (schedule, { at }) =>
    isPausedAt(schedule, at) ? { pausedAt: null, pausedUntil: null, pausedBy: null, pauseReason: null } : null,
  );
}
