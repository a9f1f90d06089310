/** What can be done about alerts. */
import { graphql } from '../graphql/graphql.ts';
import { action } from './action.ts';
import { AHEAD } from './ahead.ts';
import { Refusal } from './refusal.ts';

export const silenceAlert = action({
  mutation: 'silenceAlert',
  label: 'Silence',
  explains: 'Nobody is told of it until then. It stays on this page, and goes off by itself when its cause is gone.',
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
  says: 'It is silenced.',
});

export const endSilence = action({
  mutation: 'endSilence',
  label: 'End the silence',
  explains: 'Others are told again of what it covered, if that is still on.',
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
