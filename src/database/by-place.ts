/**
 * Statements that change a batch of rows select them by their place (ctid):
 *
 *     DELETE FROM rows WHERE ctid = ANY (ARRAY(SELECT ctid FROM rows WHERE … LIMIT … FOR UPDATE SKIP LOCKED))
 *
 * There is one plan for that, whatever PostgreSQL estimates: the places are found once and looked up.
 * With `id IN (SELECT …)`, a table that was empty at its last ANALYZE is estimated at one row, and the
 * batch is selected again for each of half a million. A row that is updated at that moment has moved
 * and is left for the next batch.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from './database.ts';

/**
 * For the rest of the transaction, every statement gets a new plan. A cached plan from when a table
 * was empty would read all of it for each batch. Costs 0.1 ms.
 */
export async function planAnew(tx: Queryable): Promise<void> {
  await tx.query(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`);
}

/** Whether a batch of this size was probably not the last: some rows of a full one may have moved. */
export const isMoreLikely = (count: number, batch: number): boolean => count > batch / 2;

const REST_PER_WORK = 2;
const LONGEST_REST_MS = 2_000;

/** Rests after a batch that began at `begun` (performance.now()); ends at once when `signal` aborts. */
export async function restAfter(begun: number, signal?: AbortSignal): Promise<void> {
  const ms = Math.min(LONGEST_REST_MS, REST_PER_WORK * (performance.now() - begun));
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
