/** What can be done to events and webhooks. */

import { eventCatalog } from '../events/event-catalog.ts';
import { graphql } from '../graphql/graphql.ts';
import { counted } from '../ui/words.ts';
import { action, type Option } from './action.ts';
import { Refusal } from './refusal.ts';

export const redeliverOutboxEvent = action({
  mutation: 'redeliverOutboxEvent',
  label: 'Publish again',
  explains: 'Sends the event once more to all who hear events. Receivers know it by its id.',
  reason: 'optional',
  hasKey: true,
  document: graphql(
    `
    mutation RedeliverOutboxEvent($input: RedeliverOutboxEventInput!) {
      outcome: redeliverOutboxEvent(input: $input) {
        ... on RedeliverOutboxEventPayload { isChanged outboxEvent { id eventId state } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The event is published again.',
});

const SETTINGS = [
  {
    name: 'url',
    label: 'Address',
    kind: 'text',
    isRequired: true,
    hint: 'Where events are sent by POST: a public https address. One on this machine or in a network of your own (plain http too) only where WEBHOOK_ALLOWED_NETWORKS lists it, for example 127.0.0.0/8.',
  },
  { name: 'description', label: 'Description', kind: 'text', hint: 'What it is for.' },
  {
    name: 'eventTypes',
    label: 'Events',
    kind: 'many',
    options: eventTypeOptions,
    allText: 'All types, those to come too',
  },
] as const;

async function eventTypeOptions(): Promise<readonly Option[]> {
  return (await eventCatalog()).map(({ type, description }) => [type, type, description]);
}

export const createWebhook = action({
  mutation: 'createWebhook',
  label: 'Add a webhook',
  explains: 'Events are sent to the address as they happen, signed with a secret that is shown once.',
  hasKey: true,
  fields: [
    ...SETTINGS,
    { name: 'secret', label: 'Secret', kind: 'password', hint: 'whsec_… of your own; left empty, one is made.' },
  ],
  document: graphql(
    `
    mutation CreateWebhook($input: CreateWebhookInput!) {
      outcome: createWebhook(input: $input) {
        ... on CreateWebhookPayload { secret webhook { id webhookId url } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ webhook }) => `Events go to ${webhook.url}.`,
  reveals: ({ secret }) => ({ label: 'The webhook’s secret', value: secret }),
});

export const updateWebhook = action({
  mutation: 'updateWebhook',
  label: 'Change',
  explains: 'Holds for events from now on; what waits already is sent to the new address too.',
  reason: 'optional',
  fields: [...SETTINGS],
  document: graphql(
    `
    mutation UpdateWebhook($input: UpdateWebhookInput!) {
      outcome: updateWebhook(input: $input) {
        ... on UpdateWebhookPayload { isChanged webhook { id webhookId url } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The webhook is changed.',
});

export const pauseWebhook = action({
  mutation: 'pauseWebhook',
  label: 'Pause',
  explains: 'Nothing is sent to it; its events wait, and are sent in order once it is resumed.',
  reason: 'required',
  document: graphql(
    `
    mutation PauseWebhook($input: PauseWebhookInput!) {
      outcome: pauseWebhook(input: $input) {
        ... on PauseWebhookPayload { isChanged webhook { id webhookId state } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The webhook is paused.',
});

export const resumeWebhook = action({
  mutation: 'resumeWebhook',
  label: 'Resume',
  explains: 'What has waited is sent, in order.',
  reason: 'optional',
  isInstant: true,
  document: graphql(
    `
    mutation ResumeWebhook($input: ResumeWebhookInput!) {
      outcome: resumeWebhook(input: $input) {
        ... on ResumeWebhookPayload { isChanged webhook { id webhookId state } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The webhook gets events again.',
});

export const deleteWebhook = action({
  mutation: 'deleteWebhook',
  label: 'Delete',
  explains: 'It gets no more events, and its deliveries are forgotten. This cannot be undone.',
  reason: 'required',
  isDangerous: true,
  document: graphql(
    `
    mutation DeleteWebhook($input: DeleteWebhookInput!) {
      outcome: deleteWebhook(input: $input) {
        ... on DeleteWebhookPayload { webhookId }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'The webhook is deleted.',
});

export const testWebhook = action({
  mutation: 'testWebhook',
  label: 'Send a test',
  explains: 'Sends an event of the type Test to this address alone.',
  isInstant: true,
  hasKey: true,
  document: graphql(
    `
    mutation TestWebhook($input: TestWebhookInput!) {
      outcome: testWebhook(input: $input) {
        ... on TestWebhookPayload { delivery { id deliveryId status webhook { id } } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'A test event is on its way.',
});

export const rotateWebhookSecret = action({
  mutation: 'rotateWebhookSecret',
  label: 'New secret',
  explains: 'Signs with a new secret. The old one signs beside it for a day, unless it ends at once.',
  reason: 'optional',
  hasKey: true,
  fields: [
    { name: 'secret', label: 'Secret', kind: 'password', hint: 'whsec_… of your own; left empty, one is made.' },
    { name: 'isImmediate', label: 'End the old one at once: it was leaked', kind: 'checkbox' },
  ],
  document: graphql(
    `
    mutation RotateWebhookSecret($input: RotateWebhookSecretInput!) {
      outcome: rotateWebhookSecret(input: $input) {
        ... on RotateWebhookSecretPayload { secret webhook { id webhookId } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: 'It signs with the new secret.',
  reveals: ({ secret }) => ({ label: 'The webhook’s secret', value: secret }),
});

export const redeliverWebhook = action({
  mutation: 'redeliverWebhook',
  label: 'Send again',
  explains: 'Sends it once more. The receiver knows the event by its id.',
  reason: 'optional',
  hasKey: true,
  fields: [
    { name: 'from', label: 'Published from', kind: 'instant', isRequired: true, onlyWith: 'webhookId' },
    {
      name: 'to',
      label: 'Published before',
      kind: 'instant',
      isRequired: true,
      laterThan: 'from',
      onlyWith: 'webhookId',
    },
    { name: 'isAll', label: 'What was delivered too', kind: 'checkbox', onlyWith: 'webhookId' },
  ],
  document: graphql(
    `
    mutation RedeliverWebhook($input: RedeliverWebhookInput!) {
      outcome: redeliverWebhook(input: $input) {
        ... on RedeliverWebhookPayload { redeliveredCount webhook { id webhookId } }
        ...Refusal
      }
    }
  `,
    [Refusal],
  ),
  says: ({ redeliveredCount }) =>
    redeliveredCount === 0
      ? 'It is under way already.'
      : `${counted(redeliveredCount, 'event is', 'events are')} sent again.`,
});
