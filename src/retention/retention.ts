/**
 * What leaves the database: each kind of row, after which setting, in which order, and what it must
 * spare whatever its age: events nobody has processed, a node that a kept row names, each job's
 * newest runs. Users are never deleted, and entries that are not finished neither.
 */
import type { Config } from '../config/config.ts';
import type { Queryable } from '../database/database.ts';
import { deleteOldChanges } from '../events/changes/change-record.ts';
import { deleteOldDeliveries } from '../events/webhooks/old-deliveries.ts';

/** Deletes up to `limit` rows older than `keepMs`, in the caller's transaction; answers how many. */
type Delete<On = Queryable> = (tx: On, keepMs: number, limit: number) => Promise<number>;

export interface Deletion<On = Queryable> {
  /** As a run's counts have it. */
  readonly name: string;
  /** How long it is kept; null: the rows say themselves when they end. */
  readonly setting: Extract<keyof Config, `${string}_RETENTION`> | null;
  readonly delete: Delete<On>;
}

/** Of each job, this many runs and fires stay, however old they are. */
export const NEWEST_KEPT = 100;

const BEYOND = `now() - $1 * interval '1 millisecond'`;

/** The rows at the places that `select` finds, at most $2 (src/database/by-place.ts). */
const at =
  (table: string, select: string): Delete =>
  async (tx, keepMs, limit) => {
    const sql = `DELETE FROM auth.${table} WHERE ctid = ANY (ARRAY(${select})) RETURNING 1`;
    return (await tx.query(sql, [keepMs, limit])).length;
  };

/** The rows whose `age` lies beyond their time, oldest first; those that another transaction holds are left. */
const old = (table: string, age: string, only = 'true', order = age): Delete =>
  at(
    table,
    `SELECT ctid FROM auth.${table} AS old WHERE ${age} < ${BEYOND} AND ${only}
     ORDER BY ${order} LIMIT $2 FOR UPDATE SKIP LOCKED`,
  );

/** The rows of `table` that belong to old rows of another; those go once they have none (`without`). */
const of = (parent: string, only: string, table: string, key: string): Delete =>
  at(
    table,
    `SELECT line.ctid FROM auth.${parent} AS old JOIN auth.${table} AS line ON line.${key} = old.id
     WHERE old.created_at < ${BEYOND} AND ${only} LIMIT $2`,
  );

const without = (table: string, key: string): string => `NOT EXISTS (SELECT FROM auth.${table} WHERE ${key} = old.id)`;

// An entry is never finished before it was created, so that only old ones are read. Attempts go with it.
const entries = (status: 'completed' | 'failed' | 'cancelled'): Delete =>
  old(
    'queued_managed_account_creations',
    'created_at',
    `status = '${status}' AND coalesce(greatest(completed_at, failed_at, cancelled_at), updated_at) < ${BEYOND}`,
    'created_at, id',
  );

/** Job by job, from the oldest on, but for the newest. */
const ofJobs = (table: string, order: string, only: string): Delete => {
  const newestFirst = order.replaceAll(/\w+/g, '$& DESC');
  return at(
    table,
    `SELECT old.place
     FROM auth.job_schedules AS schedule
     CROSS JOIN LATERAL (
       SELECT ${order} FROM auth.${table} WHERE job_name = schedule.name
       ORDER BY ${newestFirst} OFFSET ${NEWEST_KEPT} LIMIT 1
     ) AS newest
     CROSS JOIN LATERAL (
       SELECT ctid AS place FROM auth.${table} AS old
       WHERE job_name = schedule.name AND (${order}) <= (${order.replaceAll(/\w+/g, 'newest.$&')}) AND ${only}
       ORDER BY ${order} LIMIT $2
     ) AS old
     LIMIT $2`,
  );
};

const NOT_RUNNING = `old.status <> 'running'`;
const RUN_IS_OLD = `started_at < ${BEYOND} AND ${NOT_RUNNING}`;
// A fire stays as long as its run, whose outcome it holds.
const FIRE_IS_OLD = `fired_at < ${BEYOND} AND through_at < ${BEYOND} AND ${without('job_runs', 'fire_id')}`;

/** Versions by which nothing is due or was written any more: their fires are gone. There are few. */
const FORMER_VERSIONS = `
  SELECT former.ctid
  FROM auth.job_schedule_versions AS former
  CROSS JOIN LATERAL (
    SELECT in_force_after FROM auth.job_schedule_versions
    WHERE job_name = former.job_name AND version > former.version ORDER BY version LIMIT 1
  ) AS next
  WHERE next.in_force_after < ${BEYOND}
    AND NOT EXISTS (SELECT FROM auth.job_fires AS fire
                    WHERE fire.job_name = former.job_name AND fired_at > former.in_force_after
                      AND fired_at <= next.in_force_after)
  LIMIT $2`;

const ENDED = `old.status IN ('finished', 'undone')`;
const NAMED_NOWHERE = ['account_creation_attempts', 'job_runs', 'job_fires']
  .map((table) => without(table, 'node_id'))
  .join(' AND ');

/** In this order: what names another goes before it. */
export const DELETIONS: readonly Deletion[] = [
  { name: 'completedEntries', setting: 'COMPLETED_ENTRY_RETENTION', delete: entries('completed') },
  { name: 'failedEntries', setting: 'FAILED_ENTRY_RETENTION', delete: entries('failed') },
  { name: 'cancelledEntries', setting: 'CANCELLED_ENTRY_RETENTION', delete: entries('cancelled') },
  { name: 'runs', setting: 'RUN_RETENTION', delete: ofJobs('job_runs', 'started_at, id', RUN_IS_OLD) },
  { name: 'fires', setting: 'RUN_RETENTION', delete: ofJobs('job_fires', 'fired_at', FIRE_IS_OLD) },
  { name: 'scheduleVersions', setting: 'RUN_RETENTION', delete: at('job_schedule_versions', FORMER_VERSIONS) },
  { name: 'idempotencyKeys', setting: 'IDEMPOTENCY_KEY_RETENTION', delete: old('idempotency_keys', 'created_at') },
  { name: 'processedEvents', setting: 'PROCESSED_EVENT_RETENTION', delete: old('outbox_events', 'processed_at') },
  { name: 'parkedEvents', setting: 'PARKED_EVENT_RETENTION', delete: old('outbox_events', 'parked_at') },
  { name: 'changes', setting: 'CHANGE_RETENTION', delete: counted(deleteOldChanges) },
  { name: 'webhookDeliveries', setting: 'WEBHOOK_DELIVERY_RETENTION', delete: counted(deleteOldDeliveries) },
  { name: 'webhookSecrets', setting: null, delete: old('webhook_secrets', 'expires_at') },
  {
    name: 'circuitTransitions',
    setting: 'CIRCUIT_TRANSITION_RETENTION',
    delete: old('identity_circuit_transitions', 'created_at', 'true', 'id'),
  },
  {
    name: 'bulkActionLines',
    setting: 'BULK_ACTION_RETENTION',
    delete: of('bulk_actions', ENDED, 'bulk_action_entries', 'bulk_action_id'),
  },
  {
    name: 'bulkActions',
    setting: 'BULK_ACTION_RETENTION',
    delete: old('bulk_actions', 'created_at', `${ENDED} AND ${without('bulk_action_entries', 'bulk_action_id')}`),
  },
  {
    name: 'resealingSkips',
    setting: 'BULK_ACTION_RETENTION',
    delete: of('resealings', NOT_RUNNING, 'resealing_skips', 'resealing_id'),
  },
  {
    name: 'resealings',
    setting: 'BULK_ACTION_RETENTION',
    delete: old('resealings', 'created_at', `${NOT_RUNNING} AND ${without('resealing_skips', 'resealing_id')}`),
  },
  {
    name: 'nodes',
    setting: 'NODE_RETENTION',
    delete: old('server_nodes', 'last_beat_at', `state = 'gone' AND ${NAMED_NOWHERE}`),
  },
  { name: 'alerts', setting: 'RESOLVED_ALERT_RETENTION', delete: old('alerts', 'resolved_at', 'NOT is_on') },
  // One that was ended before its time stays until that.
  { name: 'alertSilences', setting: 'RESOLVED_ALERT_RETENTION', delete: old('alert_silences', 'ends_at') },
  { name: 'sessions', setting: null, delete: old('sessions', 'expires_at') },
];

/** Deletions that answer the rows' keys. */
function counted(remove: (tx: Queryable, keepMs: number, limit: number) => Promise<readonly string[]>): Delete {
  return async (tx, keepMs, limit) => (await remove(tx, keepMs, limit)).length;
}
