/**
 * What became of each item of a bulk enqueue, kept beside its idempotency key for 24 hours:
 * ids and verdicts, never passwords. What is wrong with an item by itself is not kept: it is
 * seen again from the same input.
 */
import { IdempotencyConflictError } from '../access/idempotency.ts';
import type { Queryable } from '../database/database.ts';
import { differingFields, type ItemDigests } from './enqueue-many.rules.ts';
import type { JudgedEntry } from './insert-entries.ts';

/** Null: the item was wrong by itself. `sameAs`: the item of the request that has its name. */
export type ItemRecord =
  | { readonly entryId: string }
  | { readonly verdict: JudgedEntry['verdict'] | 'not_attempted'; readonly sameAs?: number }
  | null;

export interface BulkCall {
  readonly caller: string;
  /** Without a key nothing is kept, and there is no repeat. */
  readonly key: string | null | undefined;
  readonly digests: ItemDigests | undefined;
}

/** The records of an earlier call under this key. Throws IdempotencyConflictError when its input was another. */
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
 * Does `work` once per key, within the caller's transaction; a repeat gets the first one's
 * records, and waits for it if it is under way. Where nothing was enqueued nothing is kept.
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
