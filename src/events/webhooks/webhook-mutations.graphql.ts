/** Making, changing, stopping and removing webhooks. A secret is seen in one answer only. */
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
const needed = reasonText.refine((text) => text.trim() !== '', 'is needed: others will want to know why');

const WHICH = 'The webhook.';
const REASON = 'Why, for the record; at most 500 characters.';
const TYPES =
  'The types of events that it gets, for example `ManagedAccountCreated`; `GET /events/schemas` lists them.';
const SECRET = '`whsec_` and 24 to 64 bytes in base64. Left out: one is made.';
const ONCE =
  'A repeat with the same key does nothing: it is refused as INVALID_STATE, since the secret cannot be shown again. 1 to 200 characters.';

const withSecret = (name: string, description: string) =>
  builder.objectRef<WithSecret>(name).implement({
    description,
    fields: (t) => ({
      webhook: t.changed(Webhook, 'webhook', ({ webhookId: id }) => ({ id }), 'The webhook, as it stands now.'),
      secret: t.text('secret', 'What its deliveries are signed with. It is shown this once.'),
    }),
  });
const changed = (name: string, description: string, unchanged: string) =>
  builder.objectRef<Changed>(name).implement({
    description,
    fields: (t) => ({
      webhook: t.changed(Webhook, 'webhook', ({ webhookId: id }) => ({ id }), 'The webhook, as it stands now.'),
      isChanged: t.flag('isChanged', unchanged),
    }),
  });

const CreateInput = builder.inputType('CreateWebhookInput', {
  description: 'Where events are to be sent, and which.',
  fields: (t) => ({
    url: t.string({
      required: true,
      description: 'https, without user name or password; to a public address, or within WEBHOOK_ALLOWED_NETWORKS.',
    }),
    eventTypes: t.stringList({ description: `${TYPES} Left out: all.` }),
    description: t.string({ description: 'What it is for; at most 500 characters.', validate: reason }),
    secret: t.string({ description: SECRET }),
    idempotencyKey: t.idempotencyKey(ONCE),
  }),
});
const UpdateInput = builder.inputType('UpdateWebhookInput', {
  description: 'What is to be changed of a webhook; what is left out stays.',
  fields: (t) => ({
    webhookId: t.uuid(WHICH),
    url: t.string({ description: 'Where events are to be sent from now on, those that wait too.' }),
    eventTypes: t.stringList({ description: `${TYPES} Null: all. What waits already is sent in any case.` }),
    description: t.string({
      description: 'What it is for; at most 500 characters. Null: nothing.',
      validate: reason,
    }),
    reason: t.reason(REASON),
  }),
});
const PauseInput = builder.inputType('PauseWebhookInput', {
  description: 'A webhook to be paused, and why.',
  fields: (t) => ({
    webhookId: t.uuid(WHICH),
    reason: t.string({
      required: true,
      description: 'Why, for others to read; at most 500 characters.',
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
const ResumeInput = named('ResumeWebhookInput', 'A webhook to be sent to again.');
const DeleteInput = named('DeleteWebhookInput', 'A webhook to be taken away.');
const RotateInput = builder.inputType('RotateWebhookSecretInput', {
  description: 'A webhook to be given another secret.',
  fields: (t) => ({
    webhookId: t.uuid(WHICH),
    secret: t.string({ description: SECRET }),
    isImmediate: t.boolean({
      description:
        'True: the former secret signs no more, because somebody may know it. Else it does for WEBHOOK_SECRET_OVERLAP.',
    }),
    reason: t.reason(REASON),
    idempotencyKey: t.idempotencyKey(ONCE),
  }),
});

const CreatePayload = withSecret('CreateWebhookPayload', 'The webhook was made, and gets what happens from now on.');
const RotatePayload = withSecret(
  'RotateWebhookSecretPayload',
  'Deliveries are signed with another secret from now on.',
);
const UpdatePayload = changed(
  'UpdateWebhookPayload',
  'The webhook is as it was wished.',
  'False if it was so already.',
);
const PausePayload = changed(
  'PauseWebhookPayload',
  'Nothing more is sent; it waits.',
  'False if it was paused already, for this reason.',
);
const ResumePayload = changed(
  'ResumeWebhookPayload',
  'It is sent to, what waited too.',
  'False if it was active already.',
);
const DeletePayload = builder.objectRef<{ webhookId: string }>('DeleteWebhookPayload').implement({
  description: 'The webhook is gone, with its deliveries and their log.',
  fields: (t) => ({
    webhookId: t.field({ type: 'UUID', description: 'The key that it had.', resolve: ({ webhookId }) => webhookId }),
  }),
});

builder.mutationFields((t) => ({
  createWebhook: t.field({
    type: CreatePayload,
    nullable: true,
    description: 'Makes a webhook. Its secret is in this answer and nowhere else.',
    args: { input: t.arg({ type: CreateInput, required: true, description: 'Where to, and what.' }) },
    errors: { types: [InvalidInputError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => createWebhook(ctx, input),
  }),
  updateWebhook: t.field({
    type: UpdatePayload,
    nullable: true,
    description: 'Changes where a webhook’s events are sent, which it gets, or what it is said to be for.',
    args: { input: t.arg({ type: UpdateInput, required: true, description: 'Which webhook, and what of it.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => updateWebhook(ctx, input),
  }),
  pauseWebhook: t.field({
    type: PausePayload,
    nullable: true,
    description: 'Sends nothing more to a webhook; what there is to send waits until it is resumed.',
    args: { input: t.arg({ type: PauseInput, required: true, description: 'Which webhook, and why.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => pauseWebhook(ctx, input),
  }),
  resumeWebhook: t.field({
    type: ResumePayload,
    nullable: true,
    description: 'Sends to a webhook again that was paused or disabled, with all that waited.',
    args: { input: t.arg({ type: ResumeInput, required: true, description: 'Which webhook.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => resumeWebhook(ctx, input),
  }),
  deleteWebhook: t.field({
    type: DeletePayload,
    nullable: true,
    description: 'Takes a webhook away for good, with what it was still to get.',
    args: { input: t.arg({ type: DeleteInput, required: true, description: 'Which webhook.' }) },
    errors: { types: [InvalidInputError, NotFoundError] },
    resolve: (_root, { input }, ctx) => deleteWebhook(ctx, input),
  }),
  rotateWebhookSecret: t.field({
    type: RotatePayload,
    nullable: true,
    description: 'Gives a webhook another secret; for a time deliveries are signed with the former one too.',
    args: { input: t.arg({ type: RotateInput, required: true, description: 'Which webhook.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => rotateWebhookSecret(ctx, input),
  }),
}));
