/** The actions on events and webhooks. */

import { action, type Option } from '../actions/action.ts';
import { Refusal } from '../actions/refusal.ts';
import { graphql } from '../graphql/graphql.ts';
import { counted } from '../ui/words.ts';
import { eventCatalog } from './event-catalog.ts';

export const redeliverOutboxEvent = action({
  mutation: 'redeliverOutboxEvent',
  label: 'Publish again',
  explains: 'Publishes the event again to all receivers. They recognise it by its id.',
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
    hint: 'The address that events are POSTed to: public https. Private networks and plain http only if WEBHOOK_ALLOWED_NETWORKS lists them, for example 127.0.0.0/8.',
  },
  { name: 'description', label: 'Description', kind: 'text', hint: 'What it is for.' },
  {
    name: 'eventTypes',
    label: 'Events',
    kind: 'many',
    options: eventTypeOptions,
    allText: 'All types, including future ones',
  },
] as const;

async function eventTypeOptions(): Promise<readonly Option[]> {
  return (await eventCatalog()).map(({ type, description }) => [type, type, description]);
}

export const createWebhook = action({
  mutation: 'createWebhook',
  label: 'Add a webhook',
  explains: 'Events are POSTed to the address as they happen, signed with a secret that is shown once.',
  hasKey: true,
  fields: [
    ...SETTINGS,
    { name: 'secret', label: 'Secret', kind: 'password', hint: 'Your own whsec_…; empty: generated.' },
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
  explains: 'Applies to new events and to those already waiting.',
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
  says: 'The webhook was updated.',
});

export const pauseWebhook = action({
  mutation: 'pauseWebhook',
  label: 'Pause',
  explains: 'Events wait and are sent in order after it is resumed.',
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
  explains: 'Waiting events are sent in order.',
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
  says: 'The webhook receives events again.',
});

export const deleteWebhook = action({
  mutation: 'deleteWebhook',
  label: 'Delete',
  explains: 'It receives no more events, and its delivery history is deleted. This cannot be undone.',
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
  explains: 'Sends a test event to this address only.',
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
  says: 'The test event is being sent.',
});

export const rotateWebhookSecret = action({
  mutation: 'rotateWebhookSecret',
  label: 'New secret',
  explains: 'Signs with a new secret. For a day the old secret signs too, unless you end it now.',
  reason: 'optional',
  hasKey: true,
  fields: [
    { name: 'secret', label: 'Secret', kind: 'password', hint: 'Your own whsec_…; empty: generated.' },
    { name: 'isImmediate', label: 'End the old secret now: it leaked', kind: 'checkbox' },
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
  says: 'The new secret is in use.',
  reveals: ({ secret }) => ({ label: 'The webhook’s secret', value: secret }),
});

export const redeliverWebhook = action({
  mutation: 'redeliverWebhook',
  label: 'Send again',
  explains: 'Sends the event again. The receiver recognises it by its id.',
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
    { name: 'isAll', label: 'Delivered events too', kind: 'checkbox', onlyWith: 'webhookId' },
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
      ? 'It is already being sent.'
      : `${counted(redeliveredCount, 'event is', 'events are')} sent again.`,
});
