/** The actions on one entry. */

import { action } from '../actions/action.ts';
import { Refusal } from '../actions/refusal.ts';
import { graphql } from '../graphql/graphql.ts';

export const retryEntry = action({
  mutation: 'retryEntry',
  label: 'Retry now',
  explains: 'Makes the entry due now and resets its retries. Earlier attempts stay in its history.',
  reason: 'optional',
  hasKey: true,
  fields: [
    {
      name: 'password',
      label: 'New password',
      kind: 'password',
      hint: 'Needed only if the old one was destroyed. At least 12 characters.',
    },
  ],
  document: graphql(
    `
    mutation RetryEntry($input: RetryEntryInput!) {
      outcome: retryEntry(input: $input) {
        ... on RetryEntryPayload { entry { id entryId status username } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ entry }) => `${entry.username} is due now.`,
});

export const cancelEntry = action({
  mutation: 'cancelEntry',
  label: 'Cancel',
  confirmLabel: 'Cancel the entry',
  explains:
    'The account will not be created. You can retry the entry until the undo period ends; then its password is destroyed.',
  reason: 'optional',
  isDangerous: true,
  document: graphql(
    `
    mutation CancelEntry($input: CancelEntryInput!) {
      outcome: cancelEntry(input: $input) {
        ... on CancelEntryPayload { isChanged entry { id entryId status username } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ entry, isChanged }) =>
    isChanged ? `${entry.username} is cancelled.` : `${entry.username} was already cancelled.`,
});
