/** What can be done to one entry. */
import { graphql } from '../graphql/graphql.ts';
import { action } from './action.ts';
import { Refusal } from './refusal.ts';

export const retryEntry = action({
  mutation: 'retryEntry',
  label: 'Retry now',
  explains: 'Begins a new series of retries: the entry is due at once. Its attempts so far stay on record.',
  reason: 'optional',
  hasKey: true,
  fields: [
    {
      name: 'password',
      label: 'New password',
      kind: 'password',
      hint: 'Needed only where the old one is destroyed. 12 characters at least.',
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
  says: ({ entry }) => `${entry.username} was made due.`,
});

export const cancelEntry = action({
  mutation: 'cancelEntry',
  label: 'Cancel',
  confirmLabel: 'Cancel the entry',
  explains:
    'The account will not be created. Its password is destroyed once the time for undoing has passed; until then a retry takes the entry up again.',
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
    isChanged ? `${entry.username} is cancelled.` : `${entry.username} was cancelled already.`,
});
