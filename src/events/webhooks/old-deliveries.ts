/** Deletes old webhook deliveries. */
import type { Queryable } from '../../database/database.ts';
import { giveHeads, type Waiting } from './heads.ts';

/**
 * Deletes up to `limit` deliveries older than `keepMs`, with their attempts; returns how many. It keeps
 * the pending deliveries of active webhooks, but not those of paused and disabled ones, which would pile
 * up. Must run in a transaction: it locks those webhooks, so that none is resumed meanwhile.
 */
export async function deleteOldDeliveries(tx: Queryable, keepMs: number, limit: number): Promise<number> {
  const ended = await tx.query(DELETE_ENDED, [keepMs, limit]);
  const idle = await tx.query<{ id: string }>(LOCK_IDLE, [keepMs]);
  const left = limit - ended.length;
  const waiting =
    idle.length === 0 || left === 0
      ? []
      : await tx.query<Waiting>(DELETE_WAITING, [keepMs, left, idle.map(({ id }) => id)]);
  await giveHeads(tx, waiting);
  return ended.length + waiting.length;
}

// By webhook_deliveries_closed_idx.
const DELETE_ENDED = `
  DELETE FROM auth.webhook_deliveries WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM auth.webhook_deliveries
    WHERE closed_at < now() - $1 * interval '1 millisecond'
    ORDER BY closed_at LIMIT $2
    FOR UPDATE SKIP LOCKED
  )) RETURNING 1`;

// webhook_deliveries_status_idx finds the oldest delivery of each webhook.
const LOCK_IDLE = `
  SELECT id FROM auth.webhooks AS webhook
  WHERE state <> 'active' AND (
      SELECT created_at FROM auth.webhook_deliveries
      WHERE webhook_id = webhook.id AND status = 'pending' ORDER BY position LIMIT 1
    ) < now() - $1 * interval '1 millisecond'
  ORDER BY id FOR NO KEY UPDATE`;

const DELETE_WAITING = `
  DELETE FROM auth.webhook_deliveries WHERE ctid = ANY (ARRAY(
    SELECT oldest.place
    FROM unnest($3::uuid[]) AS idle(id)
    CROSS JOIN LATERAL (
      SELECT ctid AS place, created_at FROM auth.webhook_deliveries
      WHERE webhook_id = idle.id AND status = 'pending' AND lease_token IS NULL
      ORDER BY position LIMIT $2
      FOR UPDATE SKIP LOCKED
    ) AS oldest
    WHERE oldest.created_at < now() - $1 * interval '1 millisecond'
    LIMIT $2
  )) RETURNING webhook_id AS "webhookId", aggregate_id AS "aggregateId"`;
