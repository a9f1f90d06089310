/** The mutations that test a webhook and redeliver. */
import { randomUUID } from 'node:crypto';
import { requireUsableKey } from '../../access/idempotency.rules.ts';
import { IdempotencyConflictError, once } from '../../access/idempotency.ts';
import type { Queryable } from '../../database/database.ts';
import { mutation } from '../../graphql/mutation.ts';
import { InvalidStateError, NotFoundError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { CATALOG } from '../../work/event-types.rules.ts';
import { unit } from '../../work/unit.ts';
import { eventSource, toCloudEvent } from '../outbox/cloud-event.rules.ts';
import { findClaimed, leaseMs } from './claim.ts';
import { WebhookDeliveryRef as WebhookDelivery } from './delivery.graphql.ts';
import { MOST_REDELIVERED, redeliverWebhook, webhookOf } from './redeliver.ts';
import { Webhook } from './webhook.graphql.ts';
import { lockWebhook } from './webhooks.ts';

interface TestRequest {
  readonly webhookId: string;
  readonly idempotencyKey?: string | null;
}

/** The limit of concurrent tests of one webhook. */
const MOST_TESTS = 3;

/**
 * Sends a test event at once, whatever the webhook's state, and returns its delivery when the only attempt
 * has ended. Throws InvalidInputError, NotFoundError, IdempotencyConflictError, or InvalidStateError while
 * 3 tests of the webhook are in progress.
 */
async function testWebhook(
  ctx: Context,
  { webhookId, idempotencyKey: key }: TestRequest,
): Promise<{ deliveryId: string; isReplay: boolean }> {
  requireUsableKey(key);
  const { resultId: deliveryId, isReplay } = await unit(ctx, (tx) =>
    once(tx, ctx, { mutation: 'testWebhook', key, input: { webhookId } }, async () => {
      await lockWebhook(tx, webhookId);
      await requireFewTests(tx, webhookId);
      const id = await insertTest(tx, ctx, webhookId);
      tx.happened('webhookTested', { id: webhookId, after: { deliveryId: id } });
      return id;
    }),
  );
  // The webhook may have been deleted since, with its deliveries.
  if (isReplay) await webhookOf(ctx.db, deliveryId, true);
  const claimed = isReplay ? undefined : await findClaimed(ctx.db, deliveryId);
  if (claimed !== undefined) await ctx.deliverer.deliver(claimed);
  return { deliveryId, isReplay };
}

/** Served by webhook_deliveries_status_idx; the lock on the webhook keeps concurrent requests within the limit. */
async function requireFewTests(tx: Queryable, webhookId: string): Promise<void> {
  const under = await tx.query(
    `SELECT FROM auth.webhook_deliveries WHERE webhook_id = $1 AND status = 'pending' AND is_test LIMIT $2`,
    [webhookId, MOST_TESTS],
  );
  if (under.length === MOST_TESTS)
    throw new InvalidStateError(`${MOST_TESTS} tests of this webhook are in progress. Wait until one has ended.`);
}

/** Inserts the delivery already claimed: its request sends it, and another node only if that is interrupted. */
async function insertTest(tx: Queryable, { caller, config, nodeId }: Context, webhookId: string): Promise<string> {
  const eventType = 'WebhookTested';
  const { version: eventVersion, aggregate: aggregateType } = CATALOG[eventType];
  const [deliveryId, eventId] = [randomUUID(), randomUUID()];
  const [clock] = await tx.query<{ now: Date }>('SELECT now() AS now');
  const event = {
    eventId,
    eventType,
    eventVersion,
    aggregateType,
    aggregateId: webhookId,
    familyId: null,
    payload: { webhookId, actor: caller.name },
    sequence: '0',
    createdAt: clock?.now ?? new Date(),
    isRedelivery: false,
  };
  const body = JSON.stringify(toCloudEvent(event, eventSource(config)));
  await tx.query(
    `INSERT INTO auth.webhook_deliveries
       (id, webhook_id, event_id, event_type, aggregate_id, body, is_test, due_at, lease_token, lease_node_id, leased_at,
        attempt_count, series_attempt_count, series_started_at)
     VALUES ($1, $2, $3, $4, $5, $6, true, now() + $8 * interval '1 millisecond', gen_random_uuid(), $7, now(), 1, 1, now())`,
    [deliveryId, webhookId, eventId, eventType, eventId, body, nodeId, leaseMs(config)],
  );
  return deliveryId;
}

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
      deliveryId: t.optionalUuid('One delivery, in any state; a waiting one is attempted now.'),
      webhookId: t.optionalUuid('With `from` and `to`: the webhook.'),
      from: t.instant('Events published from this instant on, inclusive.'),
      to: t.instant('Events published before this instant.'),
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
