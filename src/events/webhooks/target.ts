/**
 * Webhooks as a target of the outbox: inserts one delivery for each event and each webhook that subscribes
 * to it, in the publisher's transaction, so that none is lost and no receiver is waited for. Paused and
 * disabled webhooks get deliveries too, which are sent once the webhook is resumed.
 */
import type { Config } from '../../config/config.ts';
import type { Transactional } from '../../database/database.ts';
import { eventSource, toCloudEvent } from '../outbox/cloud-event.rules.ts';
import type { EventTarget, OutboxEvent } from '../outbox/target.ts';

/** A test is sent to one webhook, without the outbox (delivery-mutations.graphql.ts). */
const NEVER_PUBLISHED = 'WebhookTested';

/** Creates the target; `config` determines the events' source. */
export function webhookTarget(config: Pick<Config, 'PUBLIC_URL'>): EventTarget {
  const source = eventSource(config);
  return {
    name: 'webhooks',
    async publish(tx: Transactional, events: readonly OutboxEvent[]): Promise<void> {
      // The lock keeps deliveries from being closed, so that the query below finds all pending ones.
      const webhooks = await tx.query('SELECT 1 FROM auth.webhooks ORDER BY id FOR SHARE');
      const wanted = events.filter(({ eventType }) => eventType !== NEVER_PUBLISHED);
      if (webhooks.length === 0 || wanted.length === 0) return;
      const rows = wanted.map((event, place) => ({
        place,
        id: event.eventId,
        type: event.eventType,
        aggregate: event.aggregateId,
        body: JSON.stringify(toCloudEvent(event, source)),
      }));
      await tx.query(DELIVER, [JSON.stringify(rows)]);
    },
  };
}

// Only the first delivery of an aggregate is due; a later one waits until the one before it is closed.
const DELIVER = `
  INSERT INTO auth.webhook_deliveries (webhook_id, event_id, event_type, aggregate_id, body, due_at)
  SELECT webhook.id, event.id, event.type, event.aggregate, event.body,
         CASE WHEN row_number() OVER (PARTITION BY webhook.id, event.aggregate ORDER BY event.place) = 1
               AND NOT EXISTS (
                 SELECT FROM auth.webhook_deliveries AS earlier
                 WHERE earlier.webhook_id = webhook.id AND earlier.aggregate_id = event.aggregate AND earlier.status = 'pending'
               ) THEN now() END
  FROM jsonb_to_recordset($1::jsonb) AS event(place int, id uuid, type text, aggregate uuid, body text)
  JOIN auth.webhooks AS webhook ON cardinality(webhook.event_types) = 0 OR event.type = ANY (webhook.event_types)
  ORDER BY event.place, webhook.id`;
