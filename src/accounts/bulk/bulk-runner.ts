/**
 * A node's runner of bulk actions: when woken, it leases one that is in progress and processes batch after
 * batch until it is finished. It is woken when an action is applied on this node, and by each heartbeat, so
 * that actions of a stopped or crashed node are continued after their lease ends.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Services } from '../../work/context.ts';
import { type Loop, loop, UNTIL_WOKEN } from '../../work/loop.ts';
import { announce } from '../../work/unit.ts';
import { type BatchServices, type LeasedAction, nextBatch } from './bulk-batch.ts';

/** Delay before retrying entries that were locked: it doubles each time, until an entry is changed. */
const HELD_BACK_MS = 50;
const LONGEST_HELD_BACK_MS = 2_000;

/** The services that the runner needs. */
export type BulkRunnerServices = BatchServices & Pick<Services, 'notices' | 'logger'>;

/**
 * Creates the runner; it does nothing until it is woken. When stopped, it ends after the current batch and
 * releases the lease.
 */
export function createBulkRunner(services: BulkRunnerServices): Loop {
  return loop({
    name: 'Going on with a bulk action',
    outage: services.db.outage,
    async once(stopping) {
      const leased = await leaseNext(services);
      if (leased === undefined) return UNTIL_WOKEN;
      await goOn(services, leased, stopping);
      return 0;
    },
  });
}

/** Processes batches until the action is finished, another node has taken it over, or this node stops. */
async function goOn(services: BulkRunnerServices, leased: LeasedAction, stopping: AbortSignal): Promise<void> {
  const { db, nodeId, logger } = services;
  let position = 0;
  let changed = 0;
  let heldBackMs = HELD_BACK_MS;
  while (!stopping.aborted) {
    const result = await nextBatch(services, leased, position);
    if (result.kind === 'lost') {
      logger.warn({ bulkActionId: leased.id }, 'Another node continues the bulk action');
      return;
    }
    if (result.kind === 'finished') {
      logger.info({ bulkActionId: leased.id, changed }, 'A bulk action is finished');
      announce(services, leased.status === 'running' ? 'bulkActionFinished' : 'bulkActionTakenBack');
      return;
    }
    if (result.kind === 'again') {
      position = 0;
      await delay(heldBackMs, undefined, { signal: stopping }).catch(() => undefined);
      heldBackMs = Math.min(2 * heldBackMs, LONGEST_HELD_BACK_MS);
      continue;
    }
    position = result.lastPosition;
    changed += result.changedIds.length;
    if (result.changedIds.length > 0) heldBackMs = HELD_BACK_MS;
    announce(services, 'bulkBatchDone');
  }
  await db.query(
    'UPDATE auth.bulk_actions SET lease_node_id = NULL, lease_expires_at = NULL WHERE id = $1 AND lease_node_id = $2',
    [leased.id, nodeId],
  );
}

/** Leases the oldest action in progress that no other live node holds; this node may lease its own action again. */
async function leaseNext({ db, nodeId, config }: BatchServices): Promise<LeasedAction | undefined> {
  const [leased] = await db.query<LeasedAction>(
    `UPDATE auth.bulk_actions SET lease_node_id = $1, lease_expires_at = now() + $2 * interval '1 millisecond'
     WHERE id = (
       SELECT id FROM auth.bulk_actions
       WHERE status IN ('running', 'undoing')
         AND (lease_node_id IS NULL OR lease_node_id = $1 OR lease_expires_at <= now())
       ORDER BY applied_at, id LIMIT 1
       FOR UPDATE SKIP LOCKED
     )
     RETURNING id, action, status`,
    [nodeId, config.LEASE_DURATION],
  );
  return leased;
}
