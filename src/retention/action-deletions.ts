/** Bulk actions and re-sealings that ended, beyond their time, each with its lines; those under way stay. */
import { type Delete, keys } from './deletion.ts';

/** The lines of bulk actions that have ended, in the actions' order of age; the actions themselves go once they have none. */
export const deleteBulkActionLines: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.bulk_action_entries WHERE ctid = ANY (ARRAY(
         SELECT line.ctid
         FROM auth.bulk_actions AS action JOIN auth.bulk_action_entries AS line ON line.bulk_action_id = action.id
         WHERE action.status IN ('finished', 'undone') AND action.created_at < now() - $1 * interval '1 millisecond'
         LIMIT $2
       )) RETURNING bulk_action_id AS key`,
      [keepMs, limit],
    ),
  );

export const deleteBulkActions: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.bulk_actions WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.bulk_actions AS action
         WHERE status IN ('finished', 'undone') AND created_at < now() - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM auth.bulk_action_entries WHERE bulk_action_id = action.id)
         ORDER BY created_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING id AS key`,
      [keepMs, limit],
    ),
  );

/** Served by resealings_created_at_idx: what could not be opened goes first, the re-sealings once they have none. */
export const deleteResealingSkips: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.resealing_skips WHERE ctid = ANY (ARRAY(
         SELECT skip.ctid
         FROM auth.resealings AS resealing JOIN auth.resealing_skips AS skip ON skip.resealing_id = resealing.id
         WHERE resealing.status <> 'running' AND resealing.created_at < now() - $1 * interval '1 millisecond'
         LIMIT $2
       )) RETURNING entry_id AS key`,
      [keepMs, limit],
    ),
  );

export const deleteResealings: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.resealings WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.resealings AS resealing
         WHERE status <> 'running' AND created_at < now() - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM auth.resealing_skips WHERE resealing_id = resealing.id)
         ORDER BY created_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING id AS key`,
      [keepMs, limit],
    ),
  );
