/** The actions on alerts. */

import { AHEAD, action } from '../actions/action.ts';
import { Refusal } from '../actions/refusal.ts';
import { graphql } from '../graphql/graphql.ts';

export const silenceAlert = action({
  mutation: 'silenceAlert',
  label: 'Silence',
  explains: 'No notifications until then. The alert stays on this page and clears when its cause is gone.',
  reason: 'required',
  hasKey: true,
  fields: [
    {
      name: 'until',
      label: 'Until',
      kind: 'instant',
      isRequired: true,
      ahead: AHEAD,
    },
  ],
  document: graphql(
    `
    mutation SilenceAlert($input: SilenceAlertInput!) {
      outcome: silenceAlert(input: $input) {
        ... on SilenceAlertPayload { silence { silenceId endsAt alert { id alertId isSilenced } } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The alert is silenced.',
});

export const endSilence = action({
  mutation: 'endSilence',
  label: 'End the silence',
  explains: 'Alerts that it covered are notified again if they are still active.',
  reason: 'optional',
  document: graphql(
    `
    mutation EndSilence($input: EndSilenceInput!) {
      outcome: endSilence(input: $input) {
        ... on EndSilencePayload { isChanged silence { silenceId endedAt alert { id alertId isSilenced } } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The silence is over.',
});
