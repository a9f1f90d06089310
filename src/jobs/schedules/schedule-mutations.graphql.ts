/** Schedules in the API: pausing, resuming, rescheduling. */
import { z } from 'zod';
import { reasonText } from '../../graphql/fields.ts';
import { type InputFields, mutation, type PayloadFields } from '../../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { ChangedSchedule } from './change-schedule.ts';
import { pauseJob, resumeJob } from './pause.ts';
import { rescheduleJob } from './reschedule.ts';
import { JobSchedule, Policy } from './schedule.graphql.ts';

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
        // pause.ts checks that there is one, together with `until`, so that all problems are reported at once.
        validate: reasonText.trim(),
      }),
      until: t.field({
        type: 'DateTime',
        description: 'When the pause ends automatically; left out: when someone resumes the job.',
      }),
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
