/**
 * The mutations of schedules: pausing, resuming, rescheduling. Fires that were due before are resolved under the
 * old state, so that each skipped fire carries the actor and reason of the pause that was in force at its
 * instant. A pause with an end is a span of time and ends automatically, without a write.
 */
import { z } from 'zod';
import { reasonText } from '../../graphql/fields.ts';
import { type InputFields, mutation, type PayloadFields } from '../../graphql/mutation.ts';
import { type InputIssue, InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { isPausedAt } from '../ledger/resolve.rules.ts';
import { type ChangedSchedule, type ChangeRequest, changeAsAsked } from './change-schedule.ts';
import { readTimingRequest, type TimingRequest, unreadableAfter } from './reschedule.rules.ts';
import { JobSchedule, Policy } from './schedule.graphql.ts';
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

const jobName = (t: InputFields) =>
  t.string({
    required: true,
    description: 'For example ExpiredInvitationCleanupJob.',
    validate: z.string().max(200, 'has at most 200 characters'),
  });
const changedSchedule = (t: PayloadFields<ChangedSchedule>) => ({
  schedule: t.changed(JobSchedule, 'jobSchedule', ({ jobName: name }) => ({ name }), 'The schedule as it is now.'),
  isChanged: t.flag('isChanged', 'False if nothing changed.'),
});

mutation('pauseJob', {
  description:
    'Pauses a job: its fires are skipped, each with this actor and reason, until the job is resumed or the pause ends automatically. An existing pause gets the new reason and end. `runJobNow` still works.',
  refusals: [NotFoundError],
  input: {
    description: 'Which job to pause, why, and for how long.',
    fields: (t) => ({
      jobName: jobName(t),
      reason: t.string({
        required: true,
        description: 'Why, for other operators; 1 to 500 characters. Each skipped fire shows it.',
        // `pauseJob` checks that there is one, together with `until`, so that all problems are reported at once.
        validate: reasonText.trim(),
      }),
      until: t.instant('When the pause ends automatically; left out: when someone resumes the job.'),
    }),
  },
  resolve: (ctx, { reason, until = null, ...which }) => pauseJob(ctx, { ...which, reason: reason.trim(), until }),
  payload: { description: 'The job is paused; a run in progress continues.', fields: changedSchedule },
});

mutation('resumeJob', {
  description: 'Resumes a paused job. What was due during the pause stays skipped.',
  refusals: [NotFoundError],
  input: { description: 'Which job to resume.', fields: (t) => ({ jobName: jobName(t), reason: t.reason() }) },
  resolve: (ctx, { reason, ...which }) => resumeJob(ctx, { ...which, reason: reason?.trim() || null }),
  payload: { description: 'The job is not paused.', fields: changedSchedule },
});

mutation('rescheduleJob', {
  description:
    'Changes a job’s schedule from this moment on; the old schedule decides about everything that was due before. All nodes follow within 2 s.',
  refusals: [NotFoundError, InvalidStateError],
  input: {
    description: 'The changes of a schedule; fields that are left out or null stay as they are.',
    fields: (t) => ({
      jobName: jobName(t),
      cron: t.field({ type: 'CronExpression', description: 'When it fires, in its time zone.' }),
      timeZone: t.field({ type: 'TimeZone', description: 'The time zone of the cron expression.' }),
      misfirePolicy: t.field({ type: Policy, description: 'What happens to missed fires.' }),
      reset: t.boolean({
        defaultValue: false,
        description: 'Resets cron, time zone and policy to the defaults; cannot be combined with them.',
      }),
      // Its length is checked with the other fields, so that a refusal lists every problem.
      reason: t.string({ description: 'Why, for the audit trail; at most 500 characters.' }),
    }),
  },
  resolve: (ctx, input) => rescheduleJob(ctx, input),
  payload: { description: 'The schedule is changed, on all nodes.', fields: changedSchedule },
});
