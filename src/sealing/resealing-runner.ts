/**
 * A node's runner of re-encryptions: when woken, it leases the one in progress and runs batch after batch at
 * its pace until it is finished. A start on this node wakes it, and so does each heartbeat, so that a node
 * continues what a stopped or crashed node left as soon as the lease has ended.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Services } from '../work/context.ts';
import { type Loop, loop, UNTIL_WOKEN } from '../work/loop.ts';
import { type LeasedResealing, nextBatch, type ResealingServices } from './resealing-batch.ts';

/** The delay before entries that others have locked are tried again: doubled with each try in a row, up to a limit. */
const HELD_BACK_MS = 50;
const LONGEST_HELD_BACK_MS = 5_000;

type RunnerServices = ResealingServices & Pick<Services, 'logger' | 'notices'>;

/** Creates the runner; it does nothing until woken. Stopped, it ends its current batch and releases the lease. */
export function createResealingRunner(services: RunnerServices): Loop {
  return loop({
    name: 'Continuing a re-encryption',
    outage: services.db.outage,
    async once(stopping) {
      const leased = await leaseNext(services);
      if (leased !== undefined) await goOn(services, leased, stopping);
      return UNTIL_WOKEN;
    },
  });
}

/** Runs batches until the re-encryption is finished, lost to another node or replaced, or this node stops. */
async function goOn(options: RunnerServices, leased: LeasedResealing, stopping: AbortSignal): Promise<void> {
  const { db, keyRing, notices, logger, nodeId, config } = options;
  await keyRing.refresh();
  // Each try extends the lease, so the delay must be shorter.
  const longestMs = Math.min(LONGEST_HELD_BACK_MS, config.LEASE_DURATION / 3);
  let heldBackMs = HELD_BACK_MS;
  while (!stopping.aborted) {
    const begun = performance.now();
    const result = await nextBatch(options, leased);
    if (result.kind === 'lost') {
      logger.info({ resealingId: leased.id }, 'Another node continues the re-encryption, or a newer one replaces it');
      return;
    }
    if (result.kind === 'finished') {
      logger.info({ resealingId: leased.id }, 'A re-encryption is finished');
      return;
    }
    if (result.kind === 'batch') notices.notify('work'); // Claims have skipped what the batch had locked.
    const paceMs = result.kind === 'batch' ? (1_000 * result.size) / leased.perSecond : heldBackMs;
    heldBackMs = result.kind === 'batch' ? HELD_BACK_MS : Math.min(longestMs, 2 * heldBackMs);
    const waitMs = begun + paceMs - performance.now();
    // The stop ends the delay early, and then the loop.
    if (waitMs > 0) await delay(waitMs, undefined, { signal: stopping }).catch(() => undefined);
  }
  await db.query(
    'UPDATE auth.resealings SET lease_node_id = NULL, lease_expires_at = NULL WHERE id = $1 AND lease_node_id = $2',
    [leased.id, nodeId],
  );
}

/** Leases the re-encryption in progress, unless another live node holds it; a node may take its own lease again. */
async function leaseNext({ db, nodeId, config }: RunnerServices): Promise<LeasedResealing | undefined> {
  const [leased] = await db.query<LeasedResealing>(
    `UPDATE auth.resealings SET lease_node_id = $1, lease_expires_at = now() + $2 * interval '1 millisecond'
     WHERE id = (
       SELECT id FROM auth.resealings
       WHERE status = 'running' AND (lease_node_id IS NULL OR lease_node_id = $1 OR lease_expires_at <= now())
       LIMIT 1
       FOR UPDATE SKIP LOCKED
     )
     RETURNING id, key_id AS "keyId", per_second AS "perSecond"`,
    [nodeId, config.LEASE_DURATION],
  );
  return leased;
}
