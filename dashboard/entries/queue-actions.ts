/** The actions on the whole queue and on many entries at once. */

import { AHEAD, action } from '../actions/action.ts';
import { Refusal } from '../actions/refusal.ts';
import { graphql } from '../graphql/graphql.ts';
import { counted } from '../ui/words.ts';

export const pauseQueue = action({
  mutation: 'pauseQueue',
  label: 'Pause the queue',
  explains:
    'Stops all attempts until you resume the queue or the end time passes. Attempts in progress finish; nothing is lost.',
  reason: 'required',
  isDangerous: true,
  fields: [{ name: 'until', label: 'Until', kind: 'instant', ahead: AHEAD }],
  document: graphql(
    `
    mutation PauseQueue($input: PauseQueueInput!) {
      outcome: pauseQueue(input: $input) {
        ... on PauseQueuePayload { isChanged queuePauses { reason } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The queue is paused.',
});

export const resumeQueue = action({
  mutation: 'resumeQueue',
  label: 'Resume the queue',
  explains: 'Due entries are attempted now.',
  reason: 'optional',
  isInstant: true,
  document: graphql(
    `
    mutation ResumeQueue($input: ResumeQueueInput!) {
      outcome: resumeQueue(input: $input) {
        ... on ResumeQueuePayload { isChanged queuePauses { reason } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The queue is running again.',
});

export const setQueueLimits = action({
  mutation: 'setQueueLimits',
  label: 'Set limits',
  explains: 'Limits attempts over all nodes together. An empty field means no limit.',
  reason: 'optional',
  fields: [
    { name: 'startsPerSecond', label: 'Attempts per second', kind: 'number', isLiftedByNull: true },
    { name: 'concurrency', label: 'Concurrent attempts', kind: 'number', isLiftedByNull: true },
  ],
  document: graphql(
    `
    mutation SetQueueLimits($input: SetQueueLimitsInput!) {
      outcome: setQueueLimits(input: $input) {
        ... on SetQueueLimitsPayload { isChanged queueLimits { startsPerSecond concurrency } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ isChanged }) => (isChanged ? 'The limits are set.' : 'These limits were already set.'),
});

/** The plan is reviewed before it is applied: see pages/queue/plan. */
export const planBulkAction = action({
  mutation: 'planBulkAction',
  label: 'Plan',
  explains: 'Shows which entries would change and which not. Changes nothing.',
  reason: 'optional',
  document: graphql(
    `
    mutation PlanBulkAction($input: PlanBulkActionInput!) {
      outcome: planBulkAction(input: $input) {
        ... on PlanBulkActionPayload {
          planId count estimatedDuration expiresAt
          sample { entryId username fullName status }
          exclusions { code message count sample { entryId username status } }
        }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ count }) => `The plan touches ${counted(count, 'entry', 'entries')}.`,
});

export const applyBulkAction = action({
  mutation: 'applyBulkAction',
  label: 'Apply',
  explains: 'Does exactly what was planned, in the background. Entries that changed since are skipped and listed.',
  isInstant: true,
  hasKey: true,
  document: graphql(
    `
    mutation ApplyBulkAction($input: ApplyBulkActionInput!) {
      outcome: applyBulkAction(input: $input) {
        ... on ApplyBulkActionPayload { bulkAction { id bulkActionId status totalCount } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ bulkAction }) => `Begun with ${counted(bulkAction.totalCount, 'entry', 'entries')}.`,
});

export const undoBulkAction = action({
  mutation: 'undoBulkAction',
  label: 'Undo',
  explains: 'Reverts each entry that has not changed since; the others are listed.',
  reason: 'optional',
  document: graphql(
    `
    mutation UndoBulkAction($input: UndoBulkActionInput!) {
      outcome: undoBulkAction(input: $input) {
        ... on UndoBulkActionPayload { isChanged bulkAction { id bulkActionId status } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The undo has started.',
});
