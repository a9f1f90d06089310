/** The actions on jobs, their schedules and their runs. */

import { AHEAD, action } from '../actions/action.ts';
import { Refusal } from '../actions/refusal.ts';
import { graphql } from '../graphql/graphql.ts';
import { MISFIRE_POLICY } from '../ui/words.ts';

export const runJobNow = action({
  mutation: 'runJobNow',
  label: 'Run now',
  explains: 'Starts a run now, outside the schedule. A job never runs twice at the same time.',
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
    'Skips its fires until you resume it or the end time passes; the ledger records them as skipped. A run in progress finishes.',
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
  explains: 'It runs at its next fire. Skipped fires stay skipped.',
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

/** For places without a preview; the page of a schedule has one. */
export const rescheduleJob = action({
  mutation: 'rescheduleJob',
  label: 'Reschedule',
  explains: 'Changes when it fires, on every node. Empty fields stay unchanged.',
  reason: 'required',
  fields: [
    { name: 'cron', label: 'Cron', kind: 'text', hint: '5 fields, or 6 with seconds first; also @daily, @hourly, ….' },
    { name: 'timeZone', label: 'Time zone', kind: 'text', hint: 'An IANA name, for example Europe/Berlin.' },
    { name: 'misfirePolicy', label: 'Misfire policy', kind: 'select', options: Object.entries(MISFIRE_POLICY) },
    { name: 'reset', label: 'Reset to the default in code', kind: 'checkbox' },
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
    isChanged ? `${schedule.name} has its new schedule.` : 'That was already its schedule.',
});

export const interruptRun = action({
  mutation: 'interruptRun',
  label: 'Interrupt',
  explains: 'Asks the run to stop at its next safe point. After a grace period it is closed anyway.',
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
