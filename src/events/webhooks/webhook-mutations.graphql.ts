/** The mutations that create, change, pause, resume and delete webhooks. A secret is returned only once. */
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { reasonText } from '../../graphql/fields.ts';
import { mutation, type PayloadFields } from '../../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import {
  createWebhook,
  deleteWebhook,
  pauseWebhook,
  resumeWebhook,
  rotateWebhookSecret,
  updateWebhook,
  type WithSecret,
} from './manage-webhooks.ts';
import { Webhook } from './webhook.graphql.ts';

const reason = reasonText.nullish();

const WHICH = 'The webhook.';
const TYPES =
  'The event types that it receives, for example `ManagedAccountCreated`; `GET /events/schemas` lists them.';
const SECRET = '`whsec_` and 24 to 64 bytes in base64; left out: generated.';
const ONCE =
  'A repeat with the same key is refused as INVALID_STATE, since the secret cannot be shown again. 1 to 200 characters.';

const webhookNow = <Payload extends { webhookId: string }>(t: PayloadFields<Payload>) =>
  t.changed(Webhook, 'webhook', ({ webhookId: id }) => ({ id }), 'The webhook as it is now.');
const withSecret = (t: PayloadFields<WithSecret>) => ({
  webhook: webhookNow(t),
  secret: t.text('secret', 'The secret that signs its deliveries. It is shown only once.'),
});

mutation('createWebhook', {
  description: 'Creates a webhook. Only this answer shows its secret.',
  refusals: [InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'Where to send events, and which.',
    fields: (t) => ({
      url: t.string({
        required: true,
        description: 'https, without user name or password; to a public address, or within WEBHOOK_ALLOWED_NETWORKS.',
      }),
      eventTypes: t.stringList({ description: `${TYPES} Left out: all.` }),
      description: t.string({ description: 'What the webhook is for; at most 500 characters.', validate: reason }),
      secret: t.string({ description: SECRET }),
      idempotencyKey: t.idempotencyKey(ONCE),
    }),
  },
  resolve: (ctx, input) => createWebhook(ctx, input),
  payload: {
    description: 'The webhook was created; it receives every event from now on.',
    fields: withSecret,
  },
});

mutation('updateWebhook', {
  description: 'Changes a webhook’s URL, event types or description.',
  refusals: [NotFoundError],
  input: {
    description: 'The changes of a webhook; fields that are left out stay as they are.',
    fields: (t) => ({
      webhookId: t.uuid(WHICH),
      url: t.string({ description: 'The new URL, also for waiting events.' }),
      eventTypes: t.stringList({ description: `${TYPES} Null: all. Events that already wait are sent in any case.` }),
      description: t.string({
        description: 'What the webhook is for; at most 500 characters. Null removes it.',
        validate: reason,
      }),
      reason: t.reason(),
    }),
  },
  resolve: (ctx, input) => updateWebhook(ctx, input),
  payload: {
    description: 'The webhook has the requested values.',
    fields: (t) => ({ webhook: webhookNow(t), isChanged: t.flag('isChanged', 'False if nothing changed.') }),
  },
});

mutation('pauseWebhook', {
  description: 'Pauses a webhook; its events wait until it is resumed.',
  refusals: [NotFoundError],
  input: {
    description: 'Which webhook to pause, and why.',
    fields: (t) => ({
      webhookId: t.uuid(WHICH),
      reason: t.neededReason('Why, for other operators; at most 500 characters.'),
    }),
  },
  resolve: (ctx, input) => pauseWebhook(ctx, input),
  payload: {
    description: 'The webhook is paused; its events wait.',
    fields: (t) => ({
      webhook: webhookNow(t),
      isChanged: t.flag('isChanged', 'False if it was already paused, with this reason.'),
    }),
  },
});

mutation('resumeWebhook', {
  description: 'Resumes a paused or disabled webhook; it also gets the events that waited.',
  refusals: [NotFoundError],
  input: {
    description: 'Which webhook to resume.',
    fields: (t) => ({ webhookId: t.uuid(WHICH), reason: t.reason() }),
  },
  resolve: (ctx, input) => resumeWebhook(ctx, input),
  payload: {
    description: 'The webhook is active; waiting events are sent too.',
    fields: (t) => ({ webhook: webhookNow(t), isChanged: t.flag('isChanged', 'False if it was already active.') }),
  },
});

mutation('deleteWebhook', {
  description: 'Deletes a webhook permanently, with the events that still wait for it.',
  refusals: [NotFoundError],
  input: {
    description: 'Which webhook to delete.',
    fields: (t) => ({ webhookId: t.uuid(WHICH), reason: t.reason() }),
  },
  resolve: (ctx, input) => deleteWebhook(ctx, input),
  payload: {
    description: 'The webhook is deleted, with its deliveries and their log.',
    fields: (t) => ({
      webhookId: t.key('webhookId', 'The key of the deleted webhook.'),
    }),
  },
});

mutation('rotateWebhookSecret', {
  description: 'Gives a webhook a new secret; for a time the old one signs deliveries too.',
  refusals: [NotFoundError, InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'Which webhook gets a new secret.',
    fields: (t) => ({
      webhookId: t.uuid(WHICH),
      secret: t.string({ description: SECRET }),
      isImmediate: t.boolean({
        description:
          'True: the former secret stops signing now, because someone may know it. Otherwise it signs for 24 hours more.',
      }),
      reason: t.reason(),
      idempotencyKey: t.idempotencyKey(ONCE),
    }),
  },
  resolve: (ctx, input) => rotateWebhookSecret(ctx, input),
  payload: { description: 'Deliveries are signed with the new secret from now on.', fields: withSecret },
});
