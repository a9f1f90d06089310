/** Trying a webhook out, and having deliveries made again. */
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { builder } from '../../graphql/builder.ts';
import { InvalidInputError, InvalidStateError, NotFoundError } from '../../refusals.ts';
import { WebhookDeliveryRef as WebhookDelivery } from './delivery.graphql.ts';
import { MOST_REDELIVERED, type Redelivered, redeliverWebhook } from './redeliver.ts';
import { testWebhook } from './test-webhook.ts';
import { Webhook } from './webhook.graphql.ts';

const TestInput = builder.inputType('TestWebhookInput', {
  description: 'A webhook to be tried out.',
  fields: (t) => ({
    webhookId: t.uuid('The webhook, in whatever state.'),
    idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h sends only once.'),
  }),
});
const TestPayload = builder.objectRef<{ deliveryId: string; isReplay: boolean }>('TestWebhookPayload').implement({
  description: 'A test was sent; its delivery says whether the receiver took it.',
  fields: (t) => ({
    delivery: t.changed(
      WebhookDelivery,
      'webhookDelivery',
      ({ deliveryId: id }) => ({ id }),
      'The delivery of the test, with its one attempt.',
    ),
    isReplay: t.flag('isReplay', 'True if this idempotency key had been used: nothing was sent again.'),
  }),
});
const RedeliverInput = builder.inputType('RedeliverWebhookInput', {
  description: 'Either one delivery, or what failed of a webhook’s in a span of time.',
  fields: (t) => ({
    deliveryId: t.field({
      type: 'UUID',
      description: 'One delivery, in whatever state; one that waits is tried now.',
    }),
    webhookId: t.field({ type: 'UUID', description: 'With `from` and `to`: the webhook.' }),
    from: t.field({ type: 'DateTime', description: 'Events published from this instant on, itself included.' }),
    to: t.field({ type: 'DateTime', description: 'Events published before this instant.' }),
    isAll: t.boolean({ description: 'True: of the span also what was delivered.' }),
    reason: t.reason(),
    idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h asks only once.'),
  }),
});
const RedeliverPayload = builder.objectRef<Redelivered>('RedeliverWebhookPayload').implement({
  description: 'They are delivered again, under the same ids, once the webhook is active.',
  fields: (t) => ({
    webhook: t.changed(Webhook, 'webhook', ({ webhookId: id }) => ({ id }), 'The webhook.'),
    redeliveredCount: t.count(
      'count',
      `How many begin anew by this request: ${MOST_REDELIVERED} at the most, the oldest; ask again for the rest. 0 for a repeat, and for one that is under way.`,
    ),
    isReplay: t.flag('isReplay', 'True if this idempotency key had been used: nothing was asked for again.'),
  }),
});
builder.mutationFields((t) => ({
  testWebhook: t.field({
    type: TestPayload,
    nullable: true,
    description: 'Sends a test event to a webhook, once and now, and answers what came of it.',
    args: { input: t.arg({ type: TestInput, required: true, description: 'Which webhook.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => testWebhook(ctx, input),
  }),
  redeliverWebhook: t.field({
    type: RedeliverPayload,
    nullable: true,
    description: 'Has deliveries made again: one, or those that failed in a span of time.',
    args: { input: t.arg({ type: RedeliverInput, required: true, description: 'Which deliveries.' }) },
    errors: { types: [InvalidInputError, NotFoundError, InvalidStateError, IdempotencyConflictError] },
    resolve: (_root, { input }, ctx) => redeliverWebhook(ctx, input),
  }),
}));
