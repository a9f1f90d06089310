/**
 * A node's runner of bulk actions: woken, it leases one that is under way and does batch after
 * batch until it is finished. It is woken by what is applied on this node and by each
 * heartbeat, so that what a stopped or crashed node left is gone on with when its lease ended.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../../database/database.ts';
import { restAfter } from '../../database/pace.ts';
import type { Services } from '../../work/context.ts';
import { announce } from '../../work/unit.ts';
import { type BatchServices, type LeasedAction, nextBatch } from './bulk-batch.ts';

/** Until entries that others had locked are tried again: twice as long each time, until one was changed. */
const HELD_BACK_MS = 50;
const LONGEST_HELD_BACK_MS = 2_000;

/** What the runner needs of its node. */
export type BulkRunnerServices = BatchServices & Pick<Services, 'notices' | 'logger'>;

export interface BulkRunner {
  /** Looks for bulk actions now; many wakes in a row are one. */
  wake(): void;
  /** Ends after the batch in hand, and gives the lease back. */
  stop(timeoutMs: number): Promise<void>;
}

/** Creates the runner; it does nothing until it is woken. */
export function createBulkRunner(services: BulkRunnerServices): BulkRunner {
  const { db } = services;
  const stopping = new AbortController();
  let wasWoken = false;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (wasWoken && !stopping.signal.aborted) {
      wasWoken = false;
      await dropExpiredPlans(db);
      for (;;) {
        const leased = stopping.signal.aborted ? undefined : await leaseNext(services);
        if (leased === undefined) break;
        await goOn(services, leased, stopping.signal);
      }
    }
  };
  const wake = (): void => {
    wasWoken = true;
    if (running !== undefined || stopping.signal.aborted) return;
    running = run()
      .catch((error: unknown) => db.outage.warn(error, 'A bulk action could not go on; it is tried again'))
      .finally(() => {
        running = undefined;
        // Woken between the last look and the end.
        if (wasWoken && !stopping.signal.aborted) setImmediate(wake);
      });
  };

  return {
    wake,
    async stop(timeoutMs) {
      stopping.abort();
      await Promise.race([running, delay(timeoutMs, undefined, { ref: false })]);
    },
  };
}

/** Batches until the action is finished, lost to another node, or this one stops. */
async function goOn(services: BulkRunnerServices, leased: LeasedAction, stopping: AbortSignal): Promise<void> {
  const { db, nodeId, logger } = services;
  let position = 0;
  let changed = 0;
  let heldBackMs = HELD_BACK_MS;
  while (!stopping.aborted) {
    const result = await nextBatch(services, leased, position);
    if (result.kind === 'lost') {
      logger.warn({ bulkActionId: leased.id }, 'Another node goes on with the bulk action');
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

/** The oldest action that is under way and that no other live node has; its own it may have again. */
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

/**
 * Plans that expired an hour ago go: until then applying one says that it has expired. Line by
 * line first, so that no statement deletes 100,000 rows.
 */
export async function dropExpiredPlans(db: Database): Promise<void> {
  const expired = await db.query<{ id: string }>(
    `SELECT id FROM auth.bulk_actions WHERE status = 'planned' AND expires_at <= now() - interval '1 hour' LIMIT 100`,
  );
  for (const { id } of expired) {
    let deleted: unknown[];
    do {
      const begun = performance.now();
      deleted = await db.query(
        `DELETE FROM auth.bulk_action_entries WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM auth.bulk_action_entries WHERE bulk_action_id = $1 ORDER BY position LIMIT 1000
         )) RETURNING 1`,
        [id],
      );
      await restAfter(begun);
    } while (deleted.length > 0);
    await db.query(`DELETE FROM auth.bulk_actions WHERE id = $1 AND status = 'planned'`, [id]);
  }
}
