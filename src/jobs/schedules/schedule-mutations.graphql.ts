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
      description: 'For those who wonder why it does not run; 1 to 500 characters. Each skipped fire carries it.',
      // That there is one is seen with the end (pause.ts), so that all problems are told at once.
      validate: reasonLine,
    }),
    until: t.field({
      type: 'DateTime',
      description: 'When the pause lifts itself; left out: when somebody resumes the job.',
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
  description: 'What to change of a schedule; what is left out or null stays as it is.',
  fields: (t) => ({
    jobName: t.string({ required: true, description: 'For example ExpiredInvitationCleanupJob.', validate: name }),
    cron: t.field({ type: 'CronExpression', description: 'When it fires, in the local time of its zone.' }),
    timeZone: t.field({ type: 'TimeZone', description: 'The zone whose local time the cron means.' }),
    misfirePolicy: t.field({ type: Policy, description: 'What becomes of missed fires.' }),
    reset: t.boolean({
      defaultValue: false,
      description: 'Takes cron, zone and policy back to the code’s default; goes with none of the others.',
    }),
    // Its length is checked with the rest, so that a refusal lists every problem.
    reason: t.string({ description: 'Why, for the record; at most 500 characters.' }),
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
        'The schedule, as it stands now.',
      ),
      isChanged: t.flag('isChanged', 'False if it was so already.'),
    }),
  });
const PausePayload = payload('PauseJobPayload', 'It is paused; a run that is going on goes on.');
const ResumePayload = payload('ResumeJobPayload', 'It is not paused.');
const ReschedulePayload = payload('RescheduleJobPayload', 'It has the timing that was asked for, on all nodes.');

builder.mutationFields((t) => ({
  pauseJob: t.field({
    type: PausePayload,
    nullable: true,
    description:
      'Pauses a job: its fires are skipped, each with this actor and reason, until it is resumed or the pause lifts itself. A pause in force takes the new reason and end. `runJobNow` works all the same.',
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
      'Gives a job another timing, from this moment on; what was due before is settled by the old one. Every node’s timers follow within 2 s.',
    args: { input: t.arg({ type: RescheduleInput, required: true, description: 'Which job, and what to change.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError] },
    resolve: (_root, { input }, ctx) => rescheduleJob(ctx, input),
  }),
}));
