/**
 * Claims deliveries under a lease of this node. Closing a delivery requires the lease's token, so that a
 * node that lost the lease writes nothing. The limit of deliveries in progress applies to each webhook
 * separately. A leased delivery is due when its lease ends: so other nodes take over those of a killed node.
 */
import type { Queryable } from '../../database/database.ts';
import type { Services } from '../../work/context.ts';
import type { SealedSecret } from './secrets.ts';

/** Twice the timeout, so that an attempt ends well within its lease. */
const LEASE_PER_TIMEOUT = 2;

/** Returns how long a claimed delivery is leased, in milliseconds. */
export const leaseMs = ({ LEASE_DURATION, webhookTimeoutMs }: Services['config']): number =>
  Math.max(LEASE_DURATION, LEASE_PER_TIMEOUT * webhookTimeoutMs);

export interface ClaimedDelivery {
  readonly id: string;
  readonly leaseToken: string;
  readonly webhookId: string;
  readonly url: string;
  readonly eventId: string;
  readonly body: string;
  readonly isTest: boolean;
  readonly seriesAttemptCount: number;
  readonly seriesStartedAt: Date;
  /** By the database's clock. */
  readonly claimedAt: Date;
  /** The secrets that have not expired; the current one first. */
  readonly secrets: readonly SealedSecret[];
}

const COLUMNS = `
  delivery.id, delivery.lease_token AS "leaseToken", delivery.webhook_id AS "webhookId", webhook.url,
  delivery.event_id AS "eventId", delivery.body, delivery.is_test AS "isTest",
  delivery.series_attempt_count AS "seriesAttemptCount", delivery.series_started_at AS "seriesStartedAt",
  now() AS "claimedAt",
  (SELECT coalesce(json_agg(json_build_object('id', secret.id, 'sealed', secret.sealed_secret)
                            ORDER BY secret.expires_at DESC NULLS FIRST), '[]'::json)
   FROM auth.webhook_secrets AS secret
   WHERE secret.webhook_id = webhook.id AND (secret.expires_at IS NULL OR secret.expires_at > now())) AS secrets`;

const HELD = 'id, lease_token, lease_node_id, leased_at, attempt_count';
const ROOM = 'greatest(0, $3::int - coalesce(busy.count, 0))';

// A series that began before its webhook was resumed starts again without waiting for its back-off:
// webhook_deliveries_back_off_idx finds these deliveries.
const CLAIM = `
  WITH due AS (
    SELECT delivery.*, webhook.state_changed_at AS active_since
    FROM auth.webhooks AS webhook
    LEFT JOIN unnest($1::uuid[], $2::int[]) AS busy(webhook_id, count) ON busy.webhook_id = webhook.id
    CROSS JOIN LATERAL (
      SELECT * FROM (
        SELECT ${HELD} FROM auth.webhook_deliveries
        WHERE webhook_id = webhook.id AND status = 'pending' AND due_at <= now()
        ORDER BY due_at, position LIMIT ${ROOM} FOR UPDATE SKIP LOCKED
      ) AS due
      UNION ALL
      SELECT * FROM (
        SELECT ${HELD} FROM auth.webhook_deliveries
        WHERE webhook_id = webhook.id AND status = 'pending' AND lease_token IS NULL
          AND series_started_at < webhook.state_changed_at AND due_at > now()
        ORDER BY series_started_at LIMIT ${ROOM} FOR UPDATE SKIP LOCKED
      ) AS from_before
      LIMIT ${ROOM}
    ) AS delivery
    WHERE webhook.state = 'active'
  ), broken_off AS (
    INSERT INTO auth.webhook_attempts (delivery_id, number, outcome, error_message, node_id, started_at, finished_at)
    SELECT id, attempt_count, 'interrupted', 'The node died, or was cut off from the database.', lease_node_id, leased_at, now()
    FROM due WHERE lease_token IS NOT NULL
    ON CONFLICT DO NOTHING
  ), delivery AS (
    UPDATE auth.webhook_deliveries AS claimed
    SET lease_token = gen_random_uuid(), lease_node_id = $4, leased_at = now(),
        due_at = now() + $5 * interval '1 millisecond',
        attempt_count = claimed.attempt_count + 1,
        series_attempt_count = CASE WHEN series_started_at >= active_since THEN series_attempt_count ELSE 0 END + 1,
        series_started_at = CASE WHEN series_started_at >= active_since THEN series_started_at ELSE now() END
    FROM due WHERE claimed.id = due.id
    RETURNING claimed.*
  )
  SELECT ${COLUMNS}
  FROM delivery JOIN auth.webhooks AS webhook ON webhook.id = delivery.webhook_id
  ORDER BY delivery.position`;

/** Claims the due deliveries of all active webhooks, up to the limit of each. `busy`: how many this node is sending. */
export function claimDue(
  db: Queryable,
  { nodeId, config }: Pick<Services, 'nodeId' | 'config'>,
  busy: ReadonlyMap<string, number>,
): Promise<ClaimedDelivery[]> {
  return db.query<ClaimedDelivery>(CLAIM, [
    [...busy.keys()],
    [...busy.values()],
    config.webhookConcurrency,
    nodeId,
    leaseMs(config),
  ]);
}

/** Returns a delivery that was claimed when it was created: a test. Undefined when it no longer exists. */
export async function findClaimed(db: Queryable, deliveryId: string): Promise<ClaimedDelivery | undefined> {
  const [found] = await db.query<ClaimedDelivery>(
    `SELECT ${COLUMNS}
     FROM auth.webhook_deliveries AS delivery JOIN auth.webhooks AS webhook ON webhook.id = delivery.webhook_id
     WHERE delivery.id = $1 AND delivery.lease_token IS NOT NULL`,
    [deliveryId],
  );
  return found;
}

/**
 * Returns how long until the next delivery of an active webhook is due, in milliseconds (below 0: it became
 * due after the claim); undefined when there is none. `full`: webhooks at their limit, which are skipped,
 * since the end of each of their deliveries wakes the deliverer.
 */
export async function nextDueInMs(db: Queryable, full: readonly string[]): Promise<number | undefined> {
  const [row] = await db.query<{ ms: number | null }>(
    `SELECT (extract(epoch FROM min(due.due_at) - now()) * 1000)::float8 AS ms
     FROM auth.webhooks AS webhook
     CROSS JOIN LATERAL (
       SELECT due_at FROM auth.webhook_deliveries
       WHERE webhook_id = webhook.id AND status = 'pending' AND due_at IS NOT NULL
       ORDER BY due_at LIMIT 1
     ) AS due
     WHERE webhook.state = 'active' AND webhook.id <> ALL ($1::uuid[])`,
    [full],
  );
  return row?.ms ?? undefined;
}
