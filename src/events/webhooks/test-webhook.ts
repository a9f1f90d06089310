/** Tests a webhook with one event that only it receives, sent at once. */
import { randomUUID } from 'node:crypto';
import { requireUsableKey } from '../../access/idempotency.rules.ts';
import { once } from '../../access/idempotency.ts';
import type { Queryable } from '../../database/database.ts';
import { InvalidStateError } from '../../refusals.ts';
import type { Context } from '../../work/context.ts';
import { CATALOG } from '../../work/event-types.rules.ts';
import { unit } from '../../work/unit.ts';
import { eventSource, toCloudEvent } from '../outbox/cloud-event.rules.ts';
import { findClaimed, leaseMs } from './claim.ts';
import { webhookOf } from './redeliver.ts';
import { lockWebhook } from './webhooks.ts';

export interface TestRequest {
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
export async function testWebhook(
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
