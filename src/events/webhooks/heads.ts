/**
 * Of the pending deliveries of one aggregate to one webhook, exactly one has a due time: the next delivery
 * (the head). The transaction that closes or deletes it makes the following one due. If a head were ever
 * missing, the deliveries behind it would never be sent: so each heartbeat checks for that.
 */
import type { Queryable, Transactional } from '../../database/database.ts';

export interface Waiting {
  readonly webhookId: string;
  readonly aggregateId: string;
}

/** How many of the oldest deliveries of each active webhook are checked; a stuck one eventually becomes one of them. */
const LOOKED_AT = 100;

/**
 * Makes the oldest pending delivery of each pair due now, where none is due. The caller must have locked the
 * webhooks' rows. Returns how many became due.
 */
export async function giveHeads(tx: Queryable, waiting: readonly Waiting[]): Promise<number> {
  if (waiting.length === 0) return 0;
  const columns = [waiting.map(({ webhookId }) => webhookId), waiting.map(({ aggregateId }) => aggregateId)];
  return (await tx.query(GIVE, columns)).length;
}

/** Makes a delivery due wherever pending ones have no head. Returns how many: 0 unless something went wrong. */
export async function mendHeads(db: Transactional): Promise<number> {
  const waiting = await db.query<Waiting>(HEADLESS, [LOOKED_AT]);
  if (waiting.length === 0) return 0;
  return db.transaction(async (tx) => {
    await tx.query('SELECT 1 FROM auth.webhooks WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE', [
      waiting.map(({ webhookId }) => webhookId),
    ]);
    return giveHeads(tx, waiting);
  });
}

const HEADLESS = `
  SELECT DISTINCT webhook.id AS "webhookId", oldest.aggregate_id AS "aggregateId"
  FROM auth.webhooks AS webhook
  CROSS JOIN LATERAL (
    SELECT aggregate_id, due_at FROM auth.webhook_deliveries
    WHERE webhook_id = webhook.id AND status = 'pending' ORDER BY position LIMIT $1
  ) AS oldest
  WHERE webhook.state = 'active' AND oldest.due_at IS NULL
    AND NOT EXISTS (
      SELECT FROM auth.webhook_deliveries AS head
      WHERE head.webhook_id = webhook.id AND head.aggregate_id = oldest.aggregate_id
        AND head.status = 'pending' AND head.due_at IS NOT NULL
    )`;

const GIVE = `
  UPDATE auth.webhook_deliveries AS next SET due_at = now()
  FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[]) AS pair(webhook_id, aggregate_id)) AS waiting
  CROSS JOIN LATERAL (
    SELECT id FROM auth.webhook_deliveries
    WHERE webhook_id = waiting.webhook_id AND aggregate_id = waiting.aggregate_id AND status = 'pending'
    ORDER BY position LIMIT 1
  ) AS first
  WHERE next.id = first.id AND NOT EXISTS (
      SELECT FROM auth.webhook_deliveries AS head
      WHERE head.webhook_id = waiting.webhook_id AND head.aggregate_id = waiting.aggregate_id
        AND head.status = 'pending' AND head.due_at IS NOT NULL
    )
  RETURNING 1`;
