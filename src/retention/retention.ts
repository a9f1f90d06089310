/**
 * What leaves the database, and how: one statement for each kind of row, which deletes the oldest
 * beyond its time, up to a limit, and so is short and holds few locks. Rows that are still needed
 * stay whatever their age: events nobody has processed, a node that a kept row names, each job's
 * newest runs. Users are never deleted, and entries that are not finished neither. All pick by place
 * (src/database/by-place.ts).
 */
import type { Transactional } from '../database/database.ts';
import { deleteOldChanges } from '../events/changes/change-record.ts';
import { deleteExpiredSecrets, deleteOldDeliveries } from '../events/webhooks/old-deliveries.ts';
import {
  deleteBulkActionLines,
  deleteBulkActions,
  deleteResealingSkips,
  deleteResealings,
} from './action-deletions.ts';
import { deleteEndedSilences, deleteOldFindings, deleteResolvedAlerts } from './alert-deletions.ts';
import { type Delete, keys } from './deletion.ts';
import { deleteParkedEvents, deleteProcessedEvents } from './event-deletions.ts';
import { deleteFires, deleteRuns, deleteScheduleVersions } from './run-deletions.ts';

/** How long each kind of row is kept, by the setting’s name, in milliseconds; null: for ever. */
export type Retention = Readonly<
  Record<
    | 'COMPLETED_ENTRY_RETENTION'
    | 'FAILED_ENTRY_RETENTION'
    | 'CANCELLED_ENTRY_RETENTION'
    | 'RUN_RETENTION'
    | 'IDEMPOTENCY_KEY_RETENTION'
    | 'PROCESSED_EVENT_RETENTION'
    | 'PARKED_EVENT_RETENTION'
    | 'CHANGE_RETENTION'
    | 'WEBHOOK_DELIVERY_RETENTION'
    | 'CIRCUIT_TRANSITION_RETENTION'
    | 'BULK_ACTION_RETENTION'
    | 'NODE_RETENTION'
    | 'RESOLVED_ALERT_RETENTION'
    | 'AUDIT_RETENTION',
    number | null
  >
>;

/**
 * Served by queued_managed_account_creations_status_created_at_idx, read backwards: an entry is
 * never finished before it was created, so that only old ones are looked at. Attempts, and an
 * entry's places in bulk actions, go with it.
 */
const deleteEntries =
  (status: 'completed' | 'failed' | 'cancelled'): Delete =>
  (db, keepMs, limit) =>
    keys(
      db.query(
        `DELETE FROM auth.queued_managed_account_creations WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM auth.queued_managed_account_creations
           WHERE status = $3::auth.entry_status AND created_at < now() - $1 * interval '1 millisecond'
             AND coalesce(greatest(completed_at, failed_at, cancelled_at), updated_at) < now() - $1 * interval '1 millisecond'
           ORDER BY created_at, id LIMIT $2
           FOR UPDATE SKIP LOCKED
         )) RETURNING id AS key`,
        [keepMs, limit, status],
      ),
    );

/** Served by idempotency_keys_created_at_idx. */
const deleteIdempotencyKeys: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.idempotency_keys WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.idempotency_keys
         WHERE created_at < now() - $1 * interval '1 millisecond'
         ORDER BY created_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING key`,
      [keepMs, limit],
    ),
  );

/** By the primary key, which grows with time; there are few. */
const deleteCircuitTransitions: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.identity_circuit_transitions WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.identity_circuit_transitions
         WHERE created_at < now() - $1 * interval '1 millisecond' ORDER BY id LIMIT $2
       )) RETURNING id::text AS key`,
      [keepMs, limit],
    ),
  );

/** Served by server_nodes_last_beat_at_idx; whether something names the node, by that table’s index on node_id. */
const deleteNodes: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.server_nodes WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.server_nodes AS node
         WHERE state = 'gone' AND last_beat_at < now() - $1 * interval '1 millisecond'
           AND NOT EXISTS (SELECT FROM auth.account_creation_attempts WHERE node_id = node.id)
           AND NOT EXISTS (SELECT FROM auth.job_runs WHERE node_id = node.id)
           AND NOT EXISTS (SELECT FROM auth.job_fires WHERE node_id = node.id)
         ORDER BY last_beat_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING id AS key`,
      [keepMs, limit],
    ),
  );

/** Served by sessions_expires_at_idx. Nobody is signed in by these any more. */
const deleteExpiredSessions: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.sessions WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.sessions
         WHERE expires_at < now() - $1 * interval '1 millisecond'
         ORDER BY expires_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING id AS key`,
      [keepMs, limit],
    ),
  );

export interface Deletion {
  readonly name: string;
  /** Null: the rows say themselves when they end. */
  readonly setting: keyof Retention | null;
  readonly delete: (db: Transactional, keepMs: number, limit: number) => Promise<string[]>;
}

/** In this order: what names another goes before it. The names are those of a run’s counts. */
export const DELETIONS: readonly (Deletion & { readonly delete: Delete })[] = [
  {
    name: 'completedEntries',
    setting: 'COMPLETED_ENTRY_RETENTION',
    delete: deleteEntries('completed'),
  },
  { name: 'failedEntries', setting: 'FAILED_ENTRY_RETENTION', delete: deleteEntries('failed') },
  {
    name: 'cancelledEntries',
    setting: 'CANCELLED_ENTRY_RETENTION',
    delete: deleteEntries('cancelled'),
  },
  { name: 'runs', setting: 'RUN_RETENTION', delete: deleteRuns },
  { name: 'fires', setting: 'RUN_RETENTION', delete: deleteFires },
  { name: 'scheduleVersions', setting: 'RUN_RETENTION', delete: deleteScheduleVersions },
  { name: 'idempotencyKeys', setting: 'IDEMPOTENCY_KEY_RETENTION', delete: deleteIdempotencyKeys },
  { name: 'processedEvents', setting: 'PROCESSED_EVENT_RETENTION', delete: deleteProcessedEvents },
  { name: 'parkedEvents', setting: 'PARKED_EVENT_RETENTION', delete: deleteParkedEvents },
  { name: 'changes', setting: 'CHANGE_RETENTION', delete: deleteOldChanges },
  { name: 'webhookDeliveries', setting: 'WEBHOOK_DELIVERY_RETENTION', delete: deleteOldDeliveries },
  { name: 'webhookSecrets', setting: null, delete: deleteExpiredSecrets },
  { name: 'circuitTransitions', setting: 'CIRCUIT_TRANSITION_RETENTION', delete: deleteCircuitTransitions },
  { name: 'bulkActionLines', setting: 'BULK_ACTION_RETENTION', delete: deleteBulkActionLines },
  { name: 'bulkActions', setting: 'BULK_ACTION_RETENTION', delete: deleteBulkActions },
  { name: 'resealingSkips', setting: 'BULK_ACTION_RETENTION', delete: deleteResealingSkips },
  { name: 'resealings', setting: 'BULK_ACTION_RETENTION', delete: deleteResealings },
  { name: 'nodes', setting: 'NODE_RETENTION', delete: deleteNodes },
  { name: 'alerts', setting: 'RESOLVED_ALERT_RETENTION', delete: deleteResolvedAlerts },
  { name: 'alertSilences', setting: 'RESOLVED_ALERT_RETENTION', delete: deleteEndedSilences },
  { name: 'auditFindings', setting: 'RESOLVED_ALERT_RETENTION', delete: deleteOldFindings },
  { name: 'sessions', setting: null, delete: deleteExpiredSessions },
];
