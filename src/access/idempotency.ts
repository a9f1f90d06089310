/**
 * Repeats a mutation safely: its result under a caller's key is stored for 24 hours, after which the
 * retention job deletes it. Each input field is stored as a keyed digest, so that a repeat can be compared
 * field by field, but no password can be guessed from a dump. Refusals are not stored.
 */
import type { Queryable } from '../database/database.ts';
import { Refusal } from '../refusals.ts';
import type { Caller } from '../work/caller.ts';

/** The key was used before with another input. Names the fields that differ, never their values. */
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

/** Computes keyed digests; the key ring implements it. */
export interface Digester {
  digest(value: string): string;
}

export type FieldDigests = Readonly<Record<string, string>>;

/** Returns one digest per field; undefined and null are equal, as in the API. */
export function digestFields(digester: Digester, fields: Readonly<Record<string, unknown>>): FieldDigests {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, digester.digest(JSON.stringify([name, value ?? null]))]),
  );
}

/** Throws IdempotencyConflictError unless both inputs are equal. */
export function requireSameInput(recorded: FieldDigests, given: FieldDigests): void {
  const names = new Set([...Object.keys(recorded), ...Object.keys(given)]);
  const differing = [...names].filter((name) => recorded[name] !== given[name]);
  if (differing.length > 0) throw new IdempotencyConflictError(differing);
}

/** A call of a mutation: the caller's key for it, and the input that a repeat must match. */
export interface OnceOptions {
  readonly mutation: string;
  readonly key: string | null | undefined;
  /** Every field in which a repeat must not differ. */
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Runs `work` once per key, within the caller's transaction. `work` returns the id of what it created or
 * changed; a repeat returns the same id without running it. A second call waits while the first is in
 * progress. If `work` throws, the transaction must roll back, so that nothing is stored.
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
