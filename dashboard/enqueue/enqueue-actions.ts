/** The enqueue mutations, for one account and for many. They have their own page instead of a dialog. */

import { action } from '../actions/action.ts';
import { graphql, type VariablesOf } from '../graphql/graphql.ts';

const EnqueueOne = graphql(`
  mutation EnqueueOne($input: EnqueueAccountInput!) {
    outcome: enqueueAccount(input: $input) {
      ... on EnqueueAccountPayload { generatedPassword isReplay entry { id entryId username fullName } }
      ... on MutationError { code message }
      ... on InvalidInputError { issues { path code message } }
    }
  }
`);

const EnqueueMany = graphql(`
  mutation EnqueueMany($input: EnqueueAccountsInput!) {
    outcome: enqueueAccounts(input: $input) {
      ... on EnqueueAccountsPayload {
        acceptedCount refusedCount isReplay
        results {
          clientRef index
          result {
            ... on EnqueueAccountPayload { entry { id entryId } }
            ... on MutationError { code message }
            ... on InvalidInputError { issues { path code message } }
          }
        }
      }
      ... on MutationError { code message }
      ... on InvalidInputError { issues { path code message } }
    }
  }
`);

export type Item = VariablesOf<typeof EnqueueMany>['input']['items'][number];

export const enqueueAccount = action({
  mutation: 'enqueueAccount',
  label: 'Enqueue',
  explains: 'The account is created now or at the given time. Failures are retried automatically.',
  hasKey: true,
  document: EnqueueOne,
  says: ({ entry }) => `${entry.username} is queued.`,
});

export const enqueueAccounts = action({
  mutation: 'enqueueAccounts',
  label: 'Enqueue',
  explains: 'Each row is queued or refused on its own.',
  hasKey: true,
  document: EnqueueMany,
  says: ({ acceptedCount }) => `${acceptedCount} are queued.`,
});
