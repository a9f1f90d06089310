/** Events of the outbox beyond their time: published, or given up; what is still to be published stays. */
import { type Delete, keys } from './deletion.ts';

/** Served by outbox_events_processed_idx. */
export const deleteProcessedEvents: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.outbox_events WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.outbox_events
         WHERE processed_at < now() - $1 * interval '1 millisecond'
         ORDER BY processed_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING event_id AS key`,
      [keepMs, limit],
    ),
  );

/** Served by outbox_events_parked_idx. */
export const deleteParkedEvents: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.outbox_events WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.outbox_events
         WHERE parked_at < now() - $1 * interval '1 millisecond'
         ORDER BY parked_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING event_id AS key`,
      [keepMs, limit],
    ),
  );
