/** What leaves the tables of webhooks: deliveries beyond their time, and former secrets that sign no more. */
import type { Queryable } from '../../database/database.ts';

/**
 * Deletes up to `limit` deliveries older than `keepMs`, with their attempts; answers their ids. By
 * webhook_deliveries_position_key, which grows with time. What an active webhook is still to get
 * stays; what waits for one that nobody resumes does not pile up for ever.
 */
export async function deleteOldDeliveries(db: Queryable, keepMs: number, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `DELETE FROM auth.webhook_deliveries WHERE id IN (
       SELECT delivery.id
       FROM auth.webhook_deliveries AS delivery JOIN auth.webhooks AS webhook ON webhook.id = delivery.webhook_id
       WHERE delivery.created_at < now() - $1 * interval '1 millisecond' AND delivery.lease_token IS NULL
         AND (webhook.state <> 'active' OR delivery.closed_at < now() - $1 * interval '1 millisecond')
       ORDER BY delivery.position LIMIT $2
       FOR UPDATE OF delivery SKIP LOCKED
     ) RETURNING id`,
    [keepMs, limit],
  );
  return rows.map(({ id }) => id);
}

/** Deletes up to `limit` former secrets whose time is over; answers their ids. */
export async function deleteExpiredSecrets(db: Queryable, _keepMs: number, limit: number): Promise<string[]> {
  const rows = await db.query<{ id: string }>(
    `DELETE FROM auth.webhook_secrets WHERE id IN (
       SELECT id FROM auth.webhook_secrets WHERE expires_at < now() LIMIT $1 FOR UPDATE SKIP LOCKED
     ) RETURNING id`,
    [limit],
  );
  return rows.map(({ id }) => id);
}
