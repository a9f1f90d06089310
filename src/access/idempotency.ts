/**
 * Repeating a mutation safely: what it answered under a caller's key is kept for
 * 24 hours, after which the retention job deletes it.
 * Inputs are kept as one keyed digest per field, so that a repeat can be compared field by
 * field while nobody can guess a password from a dump. Refusals are not recorded.
 */
import type { Queryable } from '../database/database.ts';
import { Refusal } from '../refusals.ts';
import type { Caller } from '../work/caller.ts';

/** The same key came with another input; names the fields, never their values. */
export class IdempotencyConflictError extends Refusal {
  readonly code = 'IDEMPOTENCY_CONFLICT';
  readonly fields: readonly string[];

  constructor(fields: readonly string[]) {
    super(
      `This idempotencyKey was used with another input: ${fields.join(', ')} ${fields.length === 1 ? 'differs' : 'differ'}. Use a new key for a new request, or repeat the first one unchanged.`,
    );
    this.fields = fields;
  }
}

/** What makes keyed digests: the key ring. */
export interface Digester {
  digest(value: string): string;
}

export type FieldDigests = Readonly<Record<string, string>>;

/** One digest per field; undefined and null are the same to the API, and so here. */
export function digestFields(digester: Digester, fields: Readonly<Record<string, unknown>>): FieldDigests {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, digester.digest(JSON.stringify([name, value ?? null]))]),
  );
}

/** Throws IdempotencyConflictError unless both inputs were the same. */
export function requireSameInput(recorded: FieldDigests, given: FieldDigests): void {
  const names = new Set([...Object.keys(recorded), ...Object.keys(given)]);
  const differing = [...names].filter((name) => recorded[name] !== given[name]);
  if (differing.length > 0) throw new IdempotencyConflictError(differing);
}

/** What makes a mutation's input the same as another's, and the caller's key for it. */
export interface OnceOptions {
  readonly mutation: string;
  readonly key: string | null | undefined;
  /** Every field that makes a difference. */
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Does `work` once per key, within the caller's transaction: it answers the id of what it
 * made or changed, and a repeat answers the same id. A second call while the first is under
 * way waits for it. When `work` throws, the transaction must roll back, and nothing is recorded.
 */
export async function once(
  tx: Queryable,
  { caller, keyRing }: { readonly caller: Caller; readonly keyRing: Digester },
  { mutation, key, input }: OnceOptions,
  work: () => Promise<string>,
): Promise<{ resultId: string; isReplay: boolean }> {
  if (key === null || key === undefined) return { resultId: await work(), isReplay: false };
  const call = [caller.id, mutation, key];
  const digests = digestFields(keyRing, input);
  const reserved = await tx.query(
    `INSERT INTO auth.idempotency_keys (caller, mutation, key, input_digests, result_id)
     VALUES ($1, $2, $3, $4::jsonb, gen_random_uuid()) ON CONFLICT DO NOTHING RETURNING 1`,
    [...call, JSON.stringify(digests)],
  );
  if (reserved.length === 0) {
    const [recorded] = await tx.query<{ resultId: string; inputDigests: FieldDigests }>(
      `SELECT result_id AS "resultId", input_digests AS "inputDigests" FROM auth.idempotency_keys
       WHERE caller = $1 AND mutation = $2 AND key = $3`,
      call,
    );
    if (recorded !== undefined) {
      requireSameInput(recorded.inputDigests, digests);
      return { resultId: recorded.resultId, isReplay: true };
    }
  }
  const resultId = await work();
  await tx.query('UPDATE auth.idempotency_keys SET result_id = $4 WHERE caller = $1 AND mutation = $2 AND key = $3', [
    ...call,
    resultId,
  ]);
  return { resultId, isReplay: false };
}
