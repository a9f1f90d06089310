/** Schedules in the API: pausing, resuming, rescheduling. */
import { z } from 'zod';
import { builder } from '../../graphql/builder.ts';
import { reasonText } from '../../graphql/fields.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { ChangedSchedule } from './change-schedule.ts';
import { pauseJob, resumeJob } from './pause.ts';
import { rescheduleJob } from './reschedule.ts';
import { JobSchedule, Policy } from './schedule.graphql.ts';

const name = z.string().max(200, 'has at most 200 characters');
const reasonLine = reasonText.trim();

const PauseInput = builder.inputType('PauseJobInput', {
  description: 'Which job to pause, why, and for how long.',
  fields: (t) => ({
    jobName: t.string({ required: true, description: 'For example ExpiredInvitationCleanupJob.', validate: name }),
    reason: t.string({
      required: true,
      description: 'Why, for other operators; 1 to 500 characters. Each skipped fire shows it.',
      // pause.ts checks that there is one, together with `until`, so that all problems are reported at once.
      validate: reasonLine,
    }),
    until: t.field({
      type: 'DateTime',
      description: 'When the pause ends automatically; left out: when someone resumes the job.',
    }),
  }),
});
const ResumeInput = builder.inputType('ResumeJobInput', {
  description: 'Which job to resume.',
  fields: (t) => ({
    jobName: t.string({ required: true, description: 'For example ExpiredInvitationCleanupJob.', validate: name }),
    reason: t.reason(),
  }),
});
const RescheduleInput = builder.inputType('RescheduleJobInput', {
  description: 'The changes of a schedule; fields that are left out or null stay as they are.',
  fields: (t) => ({
    jobName: t.string({ required: true, description: 'For example ExpiredInvitationCleanupJob.', validate: name }),
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
});
const payload = (type: string, description: string) =>
  builder.objectRef<ChangedSchedule>(type).implement({
    description,
    fields: (t) => ({
      schedule: t.changed(
        JobSchedule,
        'jobSchedule',
        ({ jobName }) => ({ name: jobName }),
        'The schedule as it is now.',
      ),
      isChanged: t.flag('isChanged', 'False if nothing changed.'),
    }),
  });
const PausePayload = payload('PauseJobPayload', 'The job is paused; a run in progress continues.');
const ResumePayload = payload('ResumeJobPayload', 'The job is not paused.');
const ReschedulePayload = payload('RescheduleJobPayload', 'The schedule is changed, on all nodes.');

builder.mutationFields((t) => ({
  pauseJob: t.field({
    type: PausePayload,
    nullable: true,
    description:
      'Pauses a job: its fires are skipped, each with this actor and reason, until the job is resumed or the pause ends automatically. An existing pause gets the new reason and end. `runJobNow` still works.',
    args: { input: t.arg({ type: PauseInput, required: true, description: 'Which job, why, and for how long.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input: { jobName, reason, until = null } }, ctx) =>
      pauseJob(ctx, { jobName, reason: reason.trim(), until }),
  }),
  resumeJob: t.field({
    type: ResumePayload,
    nullable: true,
    description: 'Resumes a paused job. What was due during the pause stays skipped.',
    args: { input: t.arg({ type: ResumeInput, required: true, description: 'Which job.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input: { jobName, reason } }, ctx) =>
      resumeJob(ctx, { jobName, reason: reason?.trim() || null }),
  }),
  rescheduleJob: t.field({
    type: ReschedulePayload,
    nullable: true,
    description:
      'Changes a job’s schedule from this moment on; the old schedule decides about everything that was due before. All nodes follow within 2 s.',
    args: { input: t.arg({ type: RescheduleInput, required: true, description: 'Which job, and what to change.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError] },
    resolve: (_root, { input }, ctx) => rescheduleJob(ctx, input),
  }),
}));
