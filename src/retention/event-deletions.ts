/** Events of the outbox beyond their time: published, or given up; what is still to be published stays. */
import type { Queryable } from '../database/database.ts';

/** Served by outbox_events_processed_idx. */
export const deleteProcessedEvents = async (db: Queryable, keepMs: number, limit: number): Promise<string[]> => {
  const rows = await db.query<{ id: string }>(
    `DELETE FROM auth.outbox_events WHERE event_id IN (
       SELECT event_id FROM auth.outbox_events
       WHERE processed_at < now() - $1 * interval '1 millisecond'
       ORDER BY processed_at LIMIT $2
       FOR UPDATE SKIP LOCKED
     ) RETURNING event_id AS id`,
    [keepMs, limit],
  );
  return rows.map(({ id }) => id);
};

/** Served by outbox_events_parked_idx. */
export const deleteParkedEvents = async (db: Queryable, keepMs: number, limit: number): Promise<string[]> => {
  const rows = await db.query<{ id: string }>(
    `DELETE FROM auth.outbox_events WHERE event_id IN (
       SELECT event_id FROM auth.outbox_events
       WHERE parked_at < now() - $1 * interval '1 millisecond'
       ORDER BY parked_at LIMIT $2
       FOR UPDATE SKIP LOCKED
     ) RETURNING event_id AS id`,
    [keepMs, limit],
  );
  return rows.map(({ id }) => id);
};
