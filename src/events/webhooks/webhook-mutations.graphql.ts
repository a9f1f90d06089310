/** The mutations that create, change, pause, resume and delete webhooks. A secret is returned only once. */
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { builder } from '../../graphql/builder.ts';
import { reasonText } from '../../graphql/fields.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import {
  type Changed,
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
const needed = reasonText.refine((text) => text.trim() !== '', 'is required: others will want to know why');

const WHICH = 'The webhook.';
const REASON = 'Why, for the audit trail; at most 500 characters.';
const TYPES =
  'The event types that it receives, for example `ManagedAccountCreated`; `GET /events/schemas` lists them.';
const SECRET = '`whsec_` and 24 to 64 bytes in base64; left out: generated.';
const ONCE =
  'A repeat with the same key is refused as INVALID_STATE, since the secret cannot be shown again. 1 to 200 characters.';

const withSecret = (name: string, description: string) =>
  builder.objectRef<WithSecret>(name).implement({
    description,
    fields: (t) => ({
      webhook: t.changed(Webhook, 'webhook', ({ webhookId: id }) => ({ id }), 'The webhook as it is now.'),
      secret: t.text('secret', 'The secret that signs its deliveries. It is shown only once.'),
    }),
  });
const changed = (name: string, description: string, unchanged: string) =>
  builder.objectRef<Changed>(name).implement({
    description,
    fields: (t) => ({
      webhook: t.changed(Webhook, 'webhook', ({ webhookId: id }) => ({ id }), 'The webhook as it is now.'),
      isChanged: t.flag('isChanged', unchanged),
    }),
  });

const CreateInput = builder.inputType('CreateWebhookInput', {
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
});
const UpdateInput = builder.inputType('UpdateWebhookInput', {
  description: 'The changes of a webhook; fields that are left out stay as they are.',
  fields: (t) => ({
    webhookId: t.uuid(WHICH),
    url: t.string({ description: 'The new URL, also for waiting events.' }),
    eventTypes: t.stringList({ description: `${TYPES} Null: all. Events that already wait are sent in any case.` }),
    description: t.string({
      description: 'What the webhook is for; at most 500 characters. Null removes it.',
      validate: reason,
    }),
    reason: t.reason(REASON),
  }),
});
const PauseInput = builder.inputType('PauseWebhookInput', {
  description: 'Which webhook to pause, and why.',
  fields: (t) => ({
    webhookId: t.uuid(WHICH),
    reason: t.string({
      required: true,
      description: 'Why, for other operators; at most 500 characters.',
      validate: needed,
    }),
  }),
});
const named = (name: string, description: string) =>
  builder.inputType(name, {
    description,
    fields: (t) => ({
      webhookId: t.uuid(WHICH),
      reason: t.reason(REASON),
    }),
  });
const ResumeInput = named('ResumeWebhookInput', 'Which webhook to resume.');
const DeleteInput = named('DeleteWebhookInput', 'Which webhook to delete.');
const RotateInput = builder.inputType('RotateWebhookSecretInput', {
  description: 'Which webhook gets a new secret.',
  fields: (t) => ({
    webhookId: t.uuid(WHICH),
    secret: t.string({ description: SECRET }),
    isImmediate: t.boolean({
      description:
        'True: the former secret stops signing now, because someone may know it. Otherwise it signs for 24 hours more.',
    }),
    reason: t.reason(REASON),
    idempotencyKey: t.idempotencyKey(ONCE),
  }),
});

const CreatePayload = withSecret(
  'CreateWebhookPayload',
  'The webhook was created; it receives every event from now on.',
);
const RotatePayload = withSecret(
  'RotateWebhookSecretPayload',
  'Deliveries are signed with the new secret from now on.',
);
const UpdatePayload = changed(
  'UpdateWebhookPayload',
  'The webhook has the requested values.',
  'False if nothing changed.',
);
const PausePayload = changed(
  'PauseWebhookPayload',
  'The webhook is paused; its events wait.',
  'False if it was already paused, with this reason.',
);
const ResumePayload = changed(
  'ResumeWebhookPayload',
  'The webhook is active; waiting events are sent too.',
  'False if it was already active.',
);
const DeletePayload = builder.objectRef<{ webhookId: string }>('DeleteWebhookPayload').implement({
  description: 'The webhook is deleted, with its deliveries and their log.',
  fields: (t) => ({
    webhookId: t.field({
      type: 'UUID',
      description: 'The key of the deleted webhook.',
      resolve: ({ webhookId }) => webhookId,
    }),
  }),
});

builder.mutationFields((t) => ({
  createWebhook: t.field({
    type: CreatePayload,
    nullable: true,
    description: 'Creates a webhook. Only this answer shows its secret.',
    args: { input: t.arg({ type: CreateInput, required: true, description: 'The URL, and which events.' }) },
    errors: { types: [InvalidInputError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => createWebhook(ctx, input),
  }),
  updateWebhook: t.field({
    type: UpdatePayload,
    nullable: true,
    description: 'Changes a webhook’s URL, event types or description.',
    args: { input: t.arg({ type: UpdateInput, required: true, description: 'Which webhook, and what to change.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => updateWebhook(ctx, input),
  }),
  pauseWebhook: t.field({
    type: PausePayload,
    nullable: true,
    description: 'Pauses a webhook; its events wait until it is resumed.',
    args: { input: t.arg({ type: PauseInput, required: true, description: 'Which webhook, and why.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => pauseWebhook(ctx, input),
  }),
  resumeWebhook: t.field({
    type: ResumePayload,
    nullable: true,
    description: 'Resumes a paused or disabled webhook; it also gets the events that waited.',
    args: { input: t.arg({ type: ResumeInput, required: true, description: 'Which webhook.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => resumeWebhook(ctx, input),
  }),
  deleteWebhook: t.field({
    type: DeletePayload,
    nullable: true,
    description: 'Deletes a webhook permanently, with the events that still wait for it.',
    args: { input: t.arg({ type: DeleteInput, required: true, description: 'Which webhook.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => deleteWebhook(ctx, input),
  }),
  rotateWebhookSecret: t.field({
    type: RotatePayload,
    nullable: true,
    description: 'Gives a webhook a new secret; for a time the old one signs deliveries too.',
    args: { input: t.arg({ type: RotateInput, required: true, description: 'Which webhook.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => rotateWebhookSecret(ctx, input),
  }),
}));
