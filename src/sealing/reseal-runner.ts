/**
 * A node's runner of re-sealings: woken, it leases the one that is under way and does batch after
 * batch at its pace until it is finished. It is woken by what is started on this node and by each
 * heartbeat, so that what a stopped or crashed node left is gone on with when its lease ended.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Services } from '../work/context.ts';
import { type LeasedResealing, nextBatch, type ResealServices } from './reseal-batch.ts';

/** Until entries that others have locked are tried again: twice as long each time in a row, up to a bound. */
const HELD_BACK_MS = 50;
const LONGEST_HELD_BACK_MS = 5_000;

type RunnerServices = ResealServices & Pick<Services, 'logger' | 'notices'>;

export interface ResealRunner {
  /** Looks for a re-sealing now; many wakes in a row are one. */
  wake(): void;
  /** Ends after the batch in hand, and gives the lease back. */
  stop(timeoutMs: number): Promise<void>;
}

/** Creates the runner; it does nothing until it is woken. */
export function createResealRunner(options: RunnerServices): ResealRunner {
  const stopping = new AbortController();
  let wasWoken = false;
  let running: Promise<void> | undefined;

  const run = async (): Promise<void> => {
    while (wasWoken && !stopping.signal.aborted) {
      wasWoken = false;
      const leased = await leaseNext(options);
      if (leased !== undefined) await goOn(options, leased, stopping.signal);
    }
  };
  const wake = (): void => {
    wasWoken = true;
    if (running !== undefined || stopping.signal.aborted) return;
    running = run()
      .catch((error: unknown) => options.db.outage.warn(error, 'A re-sealing could not go on; it is tried again'))
      .finally(() => {
        running = undefined;
        // Woken between the last look and the end.
        if (wasWoken) setImmediate(wake);
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

/** Batches until it is finished, lost to another node or replaced, or this node stops. */
async function goOn(options: RunnerServices, leased: LeasedResealing, stopping: AbortSignal): Promise<void> {
  const { db, keyRing, notices, logger, nodeId, config } = options;
  await keyRing.refresh();
  // The lease is prolonged by each try.
  const longestMs = Math.min(LONGEST_HELD_BACK_MS, config.LEASE_DURATION / 3);
  let heldBackMs = HELD_BACK_MS;
  while (!stopping.aborted) {
    const begun = performance.now();
    const result = await nextBatch(options, leased);
    if (result.kind === 'lost') {
      logger.info({ resealingId: leased.id }, 'Another node, or another one, takes the place of the re-sealing');
      return;
    }
    if (result.kind === 'finished') {
      logger.info({ resealingId: leased.id }, 'A re-sealing is finished');
      return;
    }
    if (result.kind === 'batch') notices.notify('work'); // A claim passes over what the batch had locked.
    const paceMs = result.kind === 'batch' ? (1_000 * result.size) / leased.perSecond : heldBackMs;
    heldBackMs = result.kind === 'batch' ? HELD_BACK_MS : Math.min(longestMs, 2 * heldBackMs);
    const waitMs = begun + paceMs - performance.now();
    // Woken early by the stop: the loop sees it.
    if (waitMs > 0) await delay(waitMs, undefined, { signal: stopping }).catch(() => undefined);
  }
  await db.query(
    'UPDATE auth.resealings SET lease_node_id = NULL, lease_expires_at = NULL WHERE id = $1 AND lease_node_id = $2',
    [leased.id, nodeId],
  );
}

/** The one under way, if no other live node has it; its own the node may have again. */
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
