/**
 * Statements that change a batch of rows select them by their physical location (ctid):
 *
 *     DELETE FROM rows WHERE ctid = ANY (ARRAY(SELECT ctid FROM rows WHERE … LIMIT … FOR UPDATE SKIP LOCKED))
 *
 * This has only one plan, whatever PostgreSQL estimates: the ctids are selected once and then fetched. With
 * `id IN (SELECT …)`, a table that was empty at its last ANALYZE is estimated at one row, and the batch is
 * selected again for each of half a million rows. A row that is updated at the same time moves to another
 * ctid and is left for the next batch.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { Queryable } from './database.ts';

/**
 * Makes PostgreSQL plan every statement again for the rest of the transaction. A cached plan from when a
 * table was empty would read the whole table for each batch. Costs 0.1 ms.
 */
export async function planForValues(tx: Queryable): Promise<void> {
  await tx.query(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`);
}

/**
 * A CTE for a statement that writes rows with foreign keys; its final SELECT must read from it. PostgreSQL checks
 * each key by a query whose plan the connection keeps until the referenced table is analyzed. Planned while that
 * table was small, it would read the whole table for each row: 400 µs at 20,000 rows.
 */
export const INDEXED_KEYS = `indexed_keys AS MATERIALIZED (SELECT set_config('enable_seqscan', 'off', true))`;

/** Whether more rows are likely to remain after a batch: some rows of a full one may have moved. */
export const isMoreLikely = (count: number, batch: number): boolean => count > batch / 2;

const REST_PER_WORK = 2;
const LONGEST_REST_MS = 2_000;

/**
 * Waits after a batch that started at `begun` (performance.now()): twice its duration, at most 2 s.
 * Resolves at once when `signal` aborts.
 */
export async function restAfter(begun: number, signal?: AbortSignal): Promise<void> {
  const ms = Math.min(LONGEST_REST_MS, REST_PER_WORK * (performance.now() - begun));
  await delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
}
