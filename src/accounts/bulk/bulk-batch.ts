/**
 * One batch of a bulk action, in one transaction: the entries are locked, checked again, and changed, or
 * skipped if they have changed since the plan. The transaction locks the action's row and checks that this node
 * holds its lease, so that a node that lost the lease changes nothing, and the counts match the changes.
 */
import type { Queryable } from '../../database/database.ts';
import type { BulkActionKind, BulkActionStatus } from '../../database/generated/prisma/enums.ts';
import { sqlStateOf, violation } from '../../database/violations.ts';
import type { Services } from '../../work/context.ts';
import type { EventType } from '../../work/event-types.rules.ts';
import { BULK_PROBLEM, UNDO_CANCEL_PROBLEM, UNDO_SET_RUN_AT_PROBLEM } from './bulk-problems.ts';

/** Small enough to hold locks for about ten milliseconds. */
const BATCH_SIZE = 500;
/** A username can be taken between the check and the change; the next try detects it. */
const MOST_TRIES = 5;

export interface LeasedAction {
  readonly id: string;
  readonly action: BulkActionKind;
  readonly status: Extract<BulkActionStatus, 'running' | 'undoing'>;
}

/** The services that a batch needs. */
export type BatchServices = Pick<Services, 'db' | 'nodeId' | 'config'>;

export type BatchResult =
  | { readonly kind: 'batch'; readonly lastPosition: number; readonly changedIds: readonly string[] }
  /** Other transactions had locked some entries: start again from the first one after a delay. */
  | { readonly kind: 'again' }
  | { readonly kind: 'finished' }
  | { readonly kind: 'lost' };

/** Processes the next batch after a position, or finishes the action if there is none. */
export async function nextBatch(services: BatchServices, leased: LeasedAction, after: number): Promise<BatchResult> {
  for (let tries = 1; ; tries++) {
    try {
      return await services.db.transaction((tx) => batch(tx, services, leased, after));
    } catch (error) {
      const isTaken = violation(error)?.constraint === 'queued_managed_account_creations_active_username_key';
      const isDeadlock = sqlStateOf(error) === '40P01';
      if (!(isTaken || isDeadlock) || tries === MOST_TRIES) throw error;
    }
  }
}

async function batch(
  tx: Queryable,
  { nodeId, config }: BatchServices,
  { id, action, status }: LeasedAction,
  after: number,
): Promise<BatchResult> {
  const held = await tx.query(
    `UPDATE auth.bulk_actions SET lease_expires_at = now() + $4 * interval '1 millisecond'
     WHERE id = $1 AND lease_node_id = $2 AND status = $3 RETURNING 1`,
    [id, nodeId, status, config.LEASE_DURATION],
  );
  if (held.length === 0) return { kind: 'lost' };
  const next = await tx.query<Line>(nextOf(status), [id, after, BATCH_SIZE]);
  const last = next.at(-1);
  if (last === undefined) {
    if (after > 0 && (await tx.query(nextOf(status), [id, 0, 1])).length > 0) return { kind: 'again' };
    await tx.query(status === 'running' ? FINISH : FINISH_UNDO, [id]);
    return { kind: 'finished' };
  }
  // Does not wait for locks: the statements that write attempts lock entries in a different order.
  const locked = await tx.query<{ id: string }>(
    'SELECT id FROM auth.queued_managed_account_creations WHERE id = ANY($1::uuid[]) FOR NO KEY UPDATE SKIP LOCKED',
    [next.map(({ entryId }) => entryId)],
  );
  const ours = new Set(locked.map((entry) => entry.id));
  const rows = await tx.query<{ entryId: string; isChanged: boolean }>(statementFor(status, action), [
    id,
    next.flatMap(({ entryId, position }) => (ours.has(entryId) ? [position] : [])),
  ]);
  const changedIds = rows.filter(({ isChanged }) => isChanged).map(({ entryId }) => entryId);
  await tx.query(status === 'running' ? COUNT : COUNT_UNDO, [id, changedIds.length, rows.length - changedIds.length]);
  return { kind: 'batch', lastPosition: last.position, changedIds };
}

interface Line {
  readonly position: number;
  readonly entryId: string;
}

const nextOf = (status: LeasedAction['status']): string => (status === 'running' ? NEXT_PLANNED : NEXT_DONE);

function statementFor(status: LeasedAction['status'], action: BulkActionKind): string {
  if (status === 'running') return APPLY[action];
  if (action === 'retry') throw new Error('A retry cannot be undone; undoBulkAction refuses it.');
  return UNDO[action];
}

const NEXT_PLANNED = `
  SELECT position, entry_id AS "entryId" FROM auth.bulk_action_entries
  WHERE bulk_action_id = $1 AND state = 'planned' AND position > $2 ORDER BY position LIMIT $3`;
const NEXT_DONE = `
  SELECT position, entry_id AS "entryId" FROM auth.bulk_action_entries
  WHERE bulk_action_id = $1 AND state = 'done' AND position > $2 ORDER BY position LIMIT $3`;

const COUNT =
  'UPDATE auth.bulk_actions SET done_count = done_count + $2, skipped_count = skipped_count + $3 WHERE id = $1';
const COUNT_UNDO =
  'UPDATE auth.bulk_actions SET undone_count = undone_count + $2, kept_count = kept_count + $3 WHERE id = $1';

// The rows of entries that were deleted meanwhile are gone too: those entries count as skipped, or kept.
const FINISH = `
  WITH finished AS (
    UPDATE auth.bulk_actions SET status = 'finished', finished_at = now(), skipped_count = total_count - done_count,
      lease_node_id = NULL, lease_expires_at = NULL WHERE id = $1 RETURNING *
  )
  INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
  SELECT 'BulkActionFinished', 'BulkAction', id, family_id,
         jsonb_build_object('bulkActionId', id, 'action', action, 'totalCount', total_count, 'doneCount', done_count,
                            'skippedCount', skipped_count, 'actor', actor)
  FROM finished`;
const FINISH_UNDO = `
  WITH finished AS (
    UPDATE auth.bulk_actions SET status = 'undone', finished_at = now(), kept_count = done_count - undone_count,
      lease_node_id = NULL, lease_expires_at = NULL WHERE id = $1 RETURNING *
  )
  INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
  SELECT 'BulkActionUndone', 'BulkAction', id, family_id,
         jsonb_build_object('bulkActionId', id, 'action', action, 'totalCount', total_count, 'undoneCount', undone_count,
                            'keptCount', kept_count, 'actor', coalesce(undone_by, actor))
  FROM finished`;

/**
 * Of several entries in one batch with the same username, only the first can become active: the others get
 * USERNAME_TAKEN.
 */
const applyStatement = (problem: string, before: string, change: string, eventType: EventType | null): string => `
  WITH judged AS MATERIALIZED (
    SELECT b.position, e.id, e.username, ${before} AS before,
           coalesce(${problem}, CASE WHEN e.updated_at <> b.planned_at OR e.status <> b.planned_status THEN 'CHANGED' END) AS problem
    FROM auth.bulk_action_entries b JOIN auth.queued_managed_account_creations e ON e.id = b.entry_id
    WHERE b.bulk_action_id = $1 AND b.position = ANY($2::int[])
  ), decided AS MATERIALIZED (
    SELECT position, id, before,
           CASE WHEN problem IS NULL AND row_number() OVER (PARTITION BY lower(username), problem IS NULL ORDER BY position) > 1
                THEN 'USERNAME_TAKEN' ELSE problem END AS problem
    FROM judged
  ), changed AS (
    UPDATE auth.queued_managed_account_creations e
    SET ${change}, bulk_action_id = $1, updated_at = now()
    FROM decided d WHERE e.id = d.id AND d.problem IS NULL
    RETURNING e.id, e.updated_at, e.family_id, e.username
  ), event AS (
    INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
    SELECT '${eventType ?? ''}', 'ManagedAccountCreation', id, family_id,
           jsonb_build_object('entryId', id, 'familyId', family_id, 'username', username, 'bulkActionId', $1,
                              'actor', (SELECT actor FROM auth.bulk_actions WHERE id = $1))
    FROM changed WHERE ${eventType !== null}
  )
  UPDATE auth.bulk_action_entries b
  SET state = CASE WHEN d.problem IS NULL THEN 'done' ELSE 'skipped' END::auth.bulk_entry_state,
      skip_code = d.problem, before = CASE WHEN d.problem IS NULL THEN d.before END, changed_at = c.updated_at
  FROM decided d LEFT JOIN changed c ON c.id = d.id
  WHERE b.bulk_action_id = $1 AND b.position = d.position
  RETURNING b.entry_id AS "entryId", d.problem IS NULL AS "isChanged"`;

// The same changes that retry.ts and cancel.ts make to one entry.
const APPLY: Record<BulkActionKind, string> = {
  retry: applyStatement(
    BULK_PROBLEM.retry,
    'NULL::jsonb',
    `status = 'pending', retry_count = 0, next_retry_at = date_trunc('milliseconds', now()),
     interruption_count = 0, is_lookup_only = false, failure_group = NULL, failed_at = NULL, cancelled_at = NULL`,
    'ManagedAccountCreationRetried',
  ),
  cancel: applyStatement(
    BULK_PROBLEM.cancel,
    `jsonb_build_object('status', e.status, 'nextRetryAt', e.next_retry_at, 'failedAt', e.failed_at,
                        'hadPassword', e.encrypted_password IS NOT NULL)`,
    `status = 'cancelled', cancelled_at = now(), next_retry_at = NULL, is_lookup_only = false`,
    'ManagedAccountCreationCancelled',
  ),
  set_run_at: applyStatement(
    BULK_PROBLEM.set_run_at,
    `jsonb_build_object('nextRetryAt', e.next_retry_at)`,
    'next_retry_at = (SELECT run_at FROM auth.bulk_actions WHERE id = $1)',
    null,
  ),
};

const undoStatement = (problem: string, change: string, eventType: EventType | null): string => `
  WITH judged AS MATERIALIZED (
    SELECT b.position, e.id, b.before, ${problem} AS problem
    FROM auth.bulk_action_entries b JOIN auth.queued_managed_account_creations e ON e.id = b.entry_id
    WHERE b.bulk_action_id = $1 AND b.position = ANY($2::int[])
  ), changed AS (
    UPDATE auth.queued_managed_account_creations e
    SET ${change}, updated_at = now()
    FROM judged j WHERE e.id = j.id AND j.problem IS NULL
    RETURNING e.id, e.status, e.family_id, e.username
  ), event AS (
    INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
    SELECT '${eventType ?? ''}', 'ManagedAccountCreation', id, family_id,
           jsonb_build_object('entryId', id, 'familyId', family_id, 'username', username, 'status', status, 'bulkActionId', $1,
                              'actor', (SELECT coalesce(undone_by, actor) FROM auth.bulk_actions WHERE id = $1))
    FROM changed WHERE ${eventType !== null}
  )
  UPDATE auth.bulk_action_entries b
  SET state = CASE WHEN j.problem IS NULL THEN 'undone' ELSE 'kept' END::auth.bulk_entry_state,
      skip_code = j.problem, undone_at = CASE WHEN j.problem IS NULL THEN now() END
  FROM judged j
  WHERE b.bulk_action_id = $1 AND b.position = j.position
  RETURNING b.entry_id AS "entryId", j.problem IS NULL AS "isChanged"`;

const RUN_AT_BEFORE = `(j.before ->> 'nextRetryAt')::timestamptz`;

const UNDO: Record<Exclude<BulkActionKind, 'retry'>, string> = {
  cancel: undoStatement(
    UNDO_CANCEL_PROBLEM,
    `status = (j.before ->> 'status')::auth.entry_status, next_retry_at = ${RUN_AT_BEFORE},
     failed_at = (j.before ->> 'failedAt')::timestamptz, cancelled_at = NULL`,
    'ManagedAccountCreationRestored',
  ),
  set_run_at: undoStatement(UNDO_SET_RUN_AT_PROBLEM, `next_retry_at = ${RUN_AT_BEFORE}`, null),
};
