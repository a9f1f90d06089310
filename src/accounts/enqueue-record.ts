/**
 * The result of each item of a bulk enqueue, stored with its idempotency key for 24 hours: ids and verdicts,
 * never passwords. Validation errors are not stored: the same input produces them again.
 */
import { IdempotencyConflictError } from '../access/idempotency.ts';
import type { Queryable } from '../database/database.ts';
import { differingFields, type ItemDigests } from './enqueue-many.rules.ts';
import type { JudgedEntry } from './insert-entries.ts';

/** Null: the item failed validation. `sameAs`: the index of the item in the request that has its username. */
export type ItemRecord =
  | { readonly entryId: string }
  | { readonly verdict: JudgedEntry['verdict'] | 'not_attempted'; readonly sameAs?: number }
  | null;

export interface BulkCall {
  readonly caller: string;
  /** Without a key, nothing is stored and no repeat is detected. */
  readonly key: string | null | undefined;
  readonly digests: ItemDigests | undefined;
}

/**
 * Returns the results of an earlier call with this key, undefined if there was none. Throws
 * IdempotencyConflictError if its input was different.
 */
export async function findRecord(db: Queryable, { caller, key, digests }: BulkCall): Promise<ItemRecord[] | undefined> {
  if (!key || !digests) return undefined;
  const [found] = await db.query<{ digests: ItemDigests; result: ItemRecord[] }>(
    `SELECT input_digests AS digests, result FROM auth.idempotency_keys
     WHERE caller = $1 AND mutation = 'enqueueAccounts' AND key = $2`,
    [caller, key],
  );
  if (found === undefined) return undefined;
  const differing = differingFields(found.digests, digests);
  if (differing.length > 0) throw new IdempotencyConflictError(differing);
  return found.result;
}

/**
 * Runs `work` once per key, within the caller's transaction; a repeat returns the results of the first call,
 * and waits for it if it is in progress. If nothing was enqueued, nothing is stored.
 */
export async function recordedOnce(
  tx: Queryable,
  call: BulkCall,
  work: () => Promise<ItemRecord[]>,
): Promise<{ records: ItemRecord[]; isReplay: boolean }> {
  const { caller, key, digests } = call;
  if (!key) return { records: await work(), isReplay: false };
  for (;;) {
    const reserved = await tx.query(
      `INSERT INTO auth.idempotency_keys (caller, mutation, key, input_digests, result_id)
       VALUES ($1, 'enqueueAccounts', $2, $3::jsonb, gen_random_uuid()) ON CONFLICT DO NOTHING RETURNING 1`,
      [caller, key, JSON.stringify(digests)],
    );
    if (reserved.length > 0) break;
    const records = await findRecord(tx, call);
    if (records !== undefined) return { records, isReplay: true };
  }
  const records = await work();
  const isAnyEnqueued = records.some((record) => record !== null && 'entryId' in record);
  await tx.query(isAnyEnqueued ? KEEP : FREE, isAnyEnqueued ? [caller, key, JSON.stringify(records)] : [caller, key]);
  return { records, isReplay: false };
}

const KEEP = `UPDATE auth.idempotency_keys SET result = $3::jsonb WHERE caller = $1 AND mutation = 'enqueueAccounts' AND key = $2`;
const FREE = `DELETE FROM auth.idempotency_keys WHERE caller = $1 AND mutation = 'enqueueAccounts' AND key = $2`;
