/** The queries for events that are not published, and for webhooks that do not accept deliveries. */
import type { Thresholds } from '../../config/alerts.ts';
import { LIMIT, type Readings } from '../alert-rule.ts';

const MOST_COUNTED = 10_000;

// In the order of outbox_events_pending_idx: the oldest is among the first, except after a late commit.
const WAITING = `
  SELECT min(greatest(created_at, redelivered_at)) AS since, count(*)::int AS count, count(*) >= $2 AS "isCut"
  FROM (SELECT created_at, redelivered_at FROM auth.outbox_events
        WHERE processed_at IS NULL AND parked_at IS NULL ORDER BY sequence LIMIT $2) AS waiting
  HAVING min(greatest(created_at, redelivered_at)) < now() - $1 * interval '1 millisecond'`;

const PARKED = `
  SELECT count(*)::int AS count, count(*) >= $1 AS "isCut", min(parked_at) AS since, (array_agg(event_id::text ORDER BY parked_at))[1] AS "subjectKey"
  FROM (SELECT event_id, parked_at FROM auth.outbox_events WHERE parked_at IS NOT NULL ORDER BY parked_at LIMIT $1) AS parked
  HAVING count(*) > 0`;

// For each active webhook: since when it accepts nothing, or else its oldest pending delivery (by
// webhook_deliveries_status_idx), because it may accept all others but never that one.
const FAILING_WEBHOOKS = `
  SELECT webhook.id::text AS key, failing.is_long AS "isFailing",
         CASE WHEN failing.is_long THEN webhook.failing_since ELSE oldest.since END AS since, pending.count, pending.count >= $2 AS "isCut"
  FROM auth.webhooks AS webhook
  CROSS JOIN LATERAL (SELECT coalesce(webhook.failing_since < now() - $1 * interval '1 millisecond', false) AS is_long) AS failing
  LEFT JOIN LATERAL (SELECT greatest(created_at, redelivered_at, webhook.state_changed_at) AS since FROM auth.webhook_deliveries
                     WHERE webhook_id = webhook.id AND status = 'pending' ORDER BY position LIMIT 1) AS oldest ON true
  CROSS JOIN LATERAL (SELECT count(*)::int AS count
                      FROM (SELECT FROM auth.webhook_deliveries
                            WHERE webhook_id = webhook.id AND status = 'pending' LIMIT $2) AS these) AS pending
  WHERE webhook.state = 'active'
    AND (failing.is_long OR oldest.since < now() - $1 * interval '1 millisecond')
  ORDER BY webhook.id ${LIMIT}`;

const DISABLED_WEBHOOKS = `
  SELECT id::text AS key, disabled_at AS since FROM auth.webhooks
  WHERE state = 'disabled' ORDER BY id ${LIMIT}`;

export const outboxReadings = ({
  OUTBOX_STUCK,
  WEBHOOK_STUCK,
}: Thresholds): Readings<'OUTBOX_STUCK' | 'OUTBOX_PARKED' | 'WEBHOOK_STUCK' | 'WEBHOOK_DISABLED'> => ({
  OUTBOX_STUCK: (db) => db.query(WAITING, [OUTBOX_STUCK, MOST_COUNTED]),
  OUTBOX_PARKED: (db) => db.query(PARKED, [MOST_COUNTED]),
  WEBHOOK_STUCK: (db) => db.query(FAILING_WEBHOOKS, [WEBHOOK_STUCK, MOST_COUNTED]),
  WEBHOOK_DISABLED: (db) => db.query(DISABLED_WEBHOOKS),
});
