/**
 * Statements that change a batch of rows pick them by their place:
 *
 *     DELETE FROM rows WHERE ctid = ANY (ARRAY(SELECT ctid FROM rows WHERE … LIMIT … FOR UPDATE SKIP LOCKED))
 *
 * There is one plan for that, whatever PostgreSQL takes the table's size to be: the places are found
 * once and looked up. With `id IN (SELECT …)`, a table that was empty when it was last analysed is
 * thought to have one row, and the batch is picked again for each of half a million. A row that
 * somebody changes in that moment has moved and is left for the next batch.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from './database.ts';

/**
 * For the rest of the transaction, each statement is planned for the tables as they are now. A plan
 * that was kept from when a table was empty would read all of it for each batch. Costs 0.1 ms.
 */
export async function planAnew(tx: Queryable): Promise<void> {
  await tx.query(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`);
}

/** Whether a batch of so many was probably not the last: a few of a full one may have moved. */
export const isMoreLikely = (count: number, batch: number): boolean => count > batch / 2;

const REST_PER_WORK = 2;
const LONGEST_REST_MS = 2_000;

/** Rests after a batch that began at `begun` (by performance.now()); ends at once when `signal` is aborted. */
export async function restAfter(begun: number, signal?: AbortSignal): Promise<void> {
  const ms = Math.min(LONGEST_REST_MS, REST_PER_WORK * (performance.now() - begun));
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
