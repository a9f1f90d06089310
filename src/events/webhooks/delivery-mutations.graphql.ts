/** The mutations that test a webhook and redeliver. */
import { IdempotencyConflictError } from '../../access/idempotency.ts';
import { mutation } from '../../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import { WebhookDeliveryRef as WebhookDelivery } from './delivery.graphql.ts';
import { MOST_REDELIVERED, redeliverWebhook } from './redeliver.ts';
import { testWebhook } from './test-webhook.ts';
import { Webhook } from './webhook.graphql.ts';

mutation('testWebhook', {
  description: 'Sends a test event to a webhook, once and now, and returns the result.',
  refusals: [NotFoundError, InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'Which webhook to test.',
    fields: (t) => ({
      webhookId: t.uuid('The webhook, in any state.'),
      idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h sends only once.'),
    }),
  },
  resolve: (ctx, input) => testWebhook(ctx, input),
  payload: {
    description: 'The test was sent; its delivery shows whether the receiver accepted it.',
    fields: (t) => ({
      delivery: t.changed(
        WebhookDelivery,
        'webhookDelivery',
        ({ deliveryId: id }) => ({ id }),
        'The delivery of the test, with its one attempt.',
      ),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing was sent again.'),
    }),
  },
});

mutation('redeliverWebhook', {
  description: 'Delivers again: one delivery, or those that failed in a span of time.',
  refusals: [NotFoundError, InvalidStateError, IdempotencyConflictError],
  input: {
    description: 'Either one delivery, or the failed deliveries of a webhook in a span of time.',
    fields: (t) => ({
      deliveryId: t.field({
        type: 'UUID',
        description: 'One delivery, in any state; a waiting one is attempted now.',
      }),
      webhookId: t.field({ type: 'UUID', description: 'With `from` and `to`: the webhook.' }),
      from: t.field({ type: 'DateTime', description: 'Events published from this instant on, inclusive.' }),
      to: t.field({ type: 'DateTime', description: 'Events published before this instant.' }),
      isAll: t.boolean({ description: 'True: also the deliveries of the span that succeeded.' }),
      reason: t.reason(),
      idempotencyKey: t.idempotencyKey('1 to 200 characters. The same key again within 24 h redelivers only once.'),
    }),
  },
  resolve: (ctx, input) => redeliverWebhook(ctx, input),
  payload: {
    description: 'The deliveries are attempted again, under the same ids, once the webhook is active.',
    fields: (t) => ({
      webhook: t.changed(Webhook, 'webhook', ({ webhookId: id }) => ({ id }), 'The webhook.'),
      redeliveredCount: t.count(
        'count',
        `How many deliveries this request restarts: the oldest, at most ${MOST_REDELIVERED}; repeat for the rest. 0 for a repeated idempotency key, and for a delivery in progress.`,
      ),
      isReplay: t.flag('isReplay', 'True if this idempotency key was used before; nothing was restarted.'),
    }),
  },
});
