/**
 * The clock of retries: a worker that found nothing more to claim asks when the next entry falls
 * due, and is woken then. Every node does so, a little apart; whatever changes a due time
 * otherwise (an enqueue, a retry by hand) wakes the workers by itself.
 */
import { planAnew } from '../database/by-place.ts';
import type { Database } from '../database/database.ts';

/** An entry that was put off by SQL, or by a node that died since, is seen after this time at the latest. */
const LONGEST_SLEEP_MS = 60_000;
/** Of entries that fall due one after the other, some are claimed together. */
const SHORTEST_SLEEP_MS = 100;
/** Nodes wake so far apart at the most, and not all at once. */
const SPREAD_MS = 50;

// Served by queued_managed_account_creations_due_idx: one step in it, if it is planned for the table as it is now.
const NEXT_DUE = `
  SELECT greatest(0, extract(epoch FROM next_retry_at - clock_timestamp()) * 1000)::float8 AS ms
  FROM auth.queued_managed_account_creations
  WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) > statement_timestamp() + $1 * interval '1 millisecond'
  ORDER BY coalesce(next_retry_at, '-infinity'::timestamptz) LIMIT 1`;

/** Milliseconds until a worker should look for the next entry that falls due; within a minute in any case. */
export async function nextDueInMs(db: Pick<Database, 'transaction'>): Promise<number> {
  const [next] = await db.transaction(async (tx) => {
    await planAnew(tx);
    return tx.query<{ ms: number }>(NEXT_DUE, [1]);
  });
  const ms = Math.max(next?.ms ?? LONGEST_SLEEP_MS, SHORTEST_SLEEP_MS) + SPREAD_MS * Math.random();
  return Math.min(ms, LONGEST_SLEEP_MS);
}
