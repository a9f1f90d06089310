/** What can be done to jobs, their schedules and their runs. */
import { graphql } from '../graphql/graphql.ts';
import { MISFIRE_POLICY } from '../ui/words.ts';
import { action } from './action.ts';
import { AHEAD } from './ahead.ts';
import { Refusal } from './refusal.ts';

export const runJobNow = action({
  mutation: 'runJobNow',
  label: 'Run now',
  explains: 'Begins a run at once, beside its schedule. A job never runs twice at a time.',
  isInstant: true,
  hasKey: true,
  document: graphql(
    `
    mutation RunJobNow($input: RunJobNowInput!) {
      outcome: runJobNow(input: $input) {
        ... on RunJobNowPayload { run { id runId status job { id name } } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ run }) => `${run.job.name} runs.`,
});

export const pauseJob = action({
  mutation: 'pauseJob',
  label: 'Pause',
  explains:
    'Its fires are skipped, and the ledger says so, until it is resumed or until the instant given. A run that goes on is finished.',
  reason: 'required',
  fields: [{ name: 'until', label: 'Until', kind: 'instant', ahead: AHEAD }],
  document: graphql(
    `
    mutation PauseJob($input: PauseJobInput!) {
      outcome: pauseJob(input: $input) {
        ... on PauseJobPayload { isChanged schedule { id name isPaused } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ schedule }) => `${schedule.name} is paused.`,
});

export const resumeJob = action({
  mutation: 'resumeJob',
  label: 'Resume',
  explains: 'Its next fire runs again. What was skipped while it was paused stays skipped.',
  reason: 'optional',
  isInstant: true,
  document: graphql(
    `
    mutation ResumeJob($input: ResumeJobInput!) {
      outcome: resumeJob(input: $input) {
        ... on ResumeJobPayload { isChanged schedule { id name isPaused } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ schedule }) => `${schedule.name} fires again.`,
});

/** Where no preview is at hand; the page of a schedule has one. */
export const rescheduleJob = action({
  mutation: 'rescheduleJob',
  label: 'Reschedule',
  explains: 'Changes when it fires, from now on and on every node. What is left empty stays as it is.',
  reason: 'required',
  fields: [
    { name: 'cron', label: 'Cron', kind: 'text', hint: '5 fields, or 6 with seconds first; @daily and its like.' },
    { name: 'timeZone', label: 'Time zone', kind: 'text', hint: 'An IANA name, for example Europe/Berlin.' },
    { name: 'misfirePolicy', label: 'Misfire policy', kind: 'select', options: Object.entries(MISFIRE_POLICY) },
    { name: 'reset', label: 'Back to what the code says', kind: 'checkbox' },
  ],
  document: graphql(
    `
    mutation RescheduleJob($input: RescheduleJobInput!) {
      outcome: rescheduleJob(input: $input) {
        ... on RescheduleJobPayload { isChanged schedule { id name cron timeZone misfirePolicy version } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ schedule, isChanged }) =>
    isChanged ? `${schedule.name} fires by its new schedule.` : 'That was its schedule already.',
});

export const interruptRun = action({
  mutation: 'interruptRun',
  label: 'Interrupt',
  explains: 'Asks the run to stop at the next safe place; after a grace time it is closed all the same.',
  reason: 'optional',
  isDangerous: true,
  document: graphql(
    `
    mutation InterruptRun($input: InterruptRunInput!) {
      outcome: interruptRun(input: $input) {
        ... on InterruptRunPayload { isChanged run { id runId status } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The run was asked to stop.',
});
