/**
 * The retention of each kind of row: after which time it is deleted, in which order, and which rows are kept
 * whatever their age. Users and unfinished entries are never deleted. All kinds use the same statement, except
 * three whose deletion also has to update other rows: changes, deliveries and the audit trail.
 */
import type { Audit } from '../access/audit/audit.ts';
import type { Config } from '../config/config.ts';
import type { Transactional } from '../database/database.ts';
import { deleteOldChanges } from '../events/changes/change-record.ts';
import { deleteOldDeliveries } from '../events/webhooks/old-deliveries.ts';

/** Deletes up to `limit` rows older than `keepMs`, in the caller's transaction; returns how many. */
type Delete = (tx: Transactional, keepMs: number, limit: number) => Promise<number>;

export interface Deletion {
  /** Its name in the run's counts. */
  readonly name: string;
  /** How long rows are kept: a setting (`never` skips the kind), or a fixed time in milliseconds. */
  readonly after: Extract<keyof Config, `${string}_RETENTION`> | number;
  readonly delete: Delete;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How many of the newest runs and fires of each job are kept, however old they are. */
export const NEWEST_KEPT = 100;

const past = (column: string): string => `${column} < now() - $1 * interval '1 millisecond'`;

/** Deletes the rows of `table` (as `old`) that match; rows that are locked are left for the next run. */
const rows =
  (table: string, where: string, order?: string): Delete =>
  async (tx, keepMs, limit) => {
    const deleted = await tx.query(
      `DELETE FROM auth.${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.${table} AS old WHERE ${where}
         ${order === undefined ? '' : `ORDER BY ${order}`} LIMIT $2 FOR UPDATE SKIP LOCKED
       )) RETURNING 1`,
      [keepMs, limit],
    );
    return deleted.length;
  };

// The index has created_at, and no entry finishes before it was created. Attempts are deleted with their entry.
const entries = (status: string, finishedAt: string): Delete =>
  rows(
    'queued_managed_account_creations',
    `status = '${status}' AND ${past('created_at')} AND ${past(`coalesce(${finishedAt}, updated_at)`)}`,
    'created_at, id',
  );

const without = (table: string, key: string): string => `NOT EXISTS (SELECT FROM auth.${table} WHERE ${key} = old.id)`;

const isNotNewest = (table: string, column: string): string =>
  `${column} < (SELECT ${column} FROM auth.${table} WHERE job_name = old.job_name
                ORDER BY ${column} DESC OFFSET ${NEWEST_KEPT - 1} LIMIT 1)`;

// The list of jobs is needed because no index begins with fired_at. A fire is kept as long as its run, which has
// its outcome.
const FIRES = `job_name = ANY (ARRAY(SELECT name FROM auth.job_schedules)) AND ${past('fired_at')} AND ${past('through_at')}
  AND ${without('job_runs', 'fire_id')} AND ${isNotNewest('job_fires', 'fired_at')}`;

// A version is kept while it is in force, and while a fire from its time is stored.
const SCHEDULE_VERSIONS = `EXISTS (
  SELECT FROM auth.job_schedule_versions AS next
  WHERE next.job_name = old.job_name AND ${past('next.in_force_after')}
    AND next.version = (SELECT min(version) FROM auth.job_schedule_versions
                        WHERE job_name = old.job_name AND version > old.version)
    AND NOT EXISTS (SELECT FROM auth.job_fires WHERE job_name = old.job_name
                    AND fired_at > old.in_force_after AND fired_at <= next.in_force_after))`;

/** Deletes the lines of matching rows of `parent` first, in batches (one action can have 100,000), then the rows. */
const withLines = (
  after: Deletion['after'],
  parent: { readonly name: string; readonly table: string; readonly where: string },
  lines: { readonly name: string; readonly table: string; readonly key: string },
): Deletion[] => [
  {
    name: lines.name,
    after,
    delete: rows(lines.table, `${lines.key} IN (SELECT id FROM auth.${parent.table} WHERE ${parent.where})`),
  },
  {
    name: parent.name,
    after,
    delete: rows(parent.table, `${parent.where} AND ${without(lines.table, lines.key)}`),
  },
];

const FORGOTTEN_NODE = ['account_creation_attempts', 'job_runs', 'job_fires']
  .map((table) => without(table, 'node_id'))
  .join(' AND ');

/** Returns the deletions in order: rows that refer to others are deleted before those. */
export const deletions = (audit: Pick<Audit, 'prune'>): readonly Deletion[] => [
  { name: 'completedEntries', after: 'HISTORY_RETENTION', delete: entries('completed', 'completed_at') },
  { name: 'cancelledEntries', after: 'HISTORY_RETENTION', delete: entries('cancelled', 'cancelled_at') },
  { name: 'failedEntries', after: 'UNRESOLVED_RETENTION', delete: entries('failed', 'failed_at') },
  {
    name: 'runs',
    after: 'HISTORY_RETENTION',
    delete: rows(
      'job_runs',
      `status <> 'running' AND ${past('started_at')} AND ${isNotNewest('job_runs', 'started_at')}`,
      'started_at',
    ),
  },
  { name: 'fires', after: 'HISTORY_RETENTION', delete: rows('job_fires', FIRES) },
  { name: 'scheduleVersions', after: 'HISTORY_RETENTION', delete: rows('job_schedule_versions', SCHEDULE_VERSIONS) },
  { name: 'idempotencyKeys', after: DAY, delete: rows('idempotency_keys', past('created_at'), 'created_at') },
  {
    name: 'processedEvents',
    after: 'HISTORY_RETENTION',
    delete: rows('outbox_events', past('processed_at'), 'processed_at'),
  },
  {
    name: 'parkedEvents',
    after: 'UNRESOLVED_RETENTION',
    delete: rows('outbox_events', past('parked_at'), 'parked_at'),
  },
  // The age of the oldest cursor that a subscription can resume from; the error in change-feed.ts names it.
  { name: 'changes', after: 3 * DAY, delete: deleteOldChanges },
  { name: 'webhookDeliveries', after: 'HISTORY_RETENTION', delete: deleteOldDeliveries },
  { name: 'webhookSecrets', after: 0, delete: rows('webhook_secrets', past('expires_at')) },
  {
    name: 'circuitTransitions',
    after: 'HISTORY_RETENTION',
    delete: rows('identity_circuit_transitions', past('created_at'), 'id'),
  },
  ...withLines(
    'HISTORY_RETENTION',
    { name: 'bulkActions', table: 'bulk_actions', where: `${past('created_at')} AND status IN ('finished', 'undone')` },
    { name: 'bulkActionLines', table: 'bulk_action_entries', key: 'bulk_action_id' },
  ),
  // Until then applyBulkAction reports that the plan has expired, afterwards that it does not exist.
  ...withLines(
    HOUR,
    { name: 'expiredPlans', table: 'bulk_actions', where: `${past('expires_at')} AND status = 'planned'` },
    { name: 'expiredPlanLines', table: 'bulk_action_entries', key: 'bulk_action_id' },
  ),
  ...withLines(
    'HISTORY_RETENTION',
    { name: 'resealings', table: 'resealings', where: `${past('created_at')} AND status <> 'running'` },
    { name: 'resealingSkips', table: 'resealing_skips', key: 'resealing_id' },
  ),
  {
    name: 'nodes',
    after: 'HISTORY_RETENTION',
    delete: rows('server_nodes', `state = 'gone' AND ${past('last_beat_at')} AND ${FORGOTTEN_NODE}`, 'last_beat_at'),
  },
  { name: 'alerts', after: 'HISTORY_RETENTION', delete: rows('alerts', `NOT is_on AND ${past('resolved_at')}`) },
  { name: 'alertSilences', after: 'HISTORY_RETENTION', delete: rows('alert_silences', past('ends_at')) },
  { name: 'sessions', after: 0, delete: rows('sessions', past('expires_at'), 'expires_at') },
  { name: 'auditEntries', after: 'AUDIT_RETENTION', delete: audit.prune },
];
