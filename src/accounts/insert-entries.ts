/** The statement that checks and inserts new entries, all that arrive together. */

import { AUDIT_COLUMNS } from '../access/audit/trail.ts';
import type { FieldDigests } from '../access/idempotency.ts';
import type { Queryable } from '../database/database.ts';
import type { UserRole } from '../database/generated/prisma/enums.ts';
import { sqlStateOf, violation } from '../database/violations.ts';
import type { SignedAct } from '../work/audit-trail.ts';

/** A validated account with its encrypted password, ready to be inserted. */
export interface PreparedEntry {
  readonly entryId: string;
  readonly familyId: string;
  readonly username: string;
  readonly fullName: string;
  readonly role: UserRole;
  readonly sealed: string;
  readonly createdByUserId: string;
  readonly runAt: Date | null;
  /** The caller's id; for an ENQUEUER also `enqueuer`: of all ENQUEUERs, only this one sees the entry. */
  readonly caller: string;
  readonly enqueuer: string | null;
  /** The only family that the caller may enqueue for; null: any. */
  readonly boundTo: string | null;
  readonly key: string | null;
  readonly digests: FieldDigests;
  /** The audit entry that is written with it; a bulk enqueue writes its audit entries separately. */
  readonly act?: SignedAct;
}

export interface JudgedEntry {
  /** `again`: an earlier entry of this batch has the same key; submit this one again. */
  readonly verdict:
    | 'accepted'
    | 'replay'
    | 'again'
    | 'no_family'
    | 'no_creator'
    | 'user_has_name'
    | 'entry_has_name'
    | 'batch_has_name';
  /** For `batch_has_name`: the index of the accepted entry in this batch that has the name. */
  readonly sameAs: number | null;
  /** When it was enqueued, by the database's clock. */
  readonly at: Date;
  /** For a replay: the id that the first call created, and the digests of its input. */
  readonly resultId: string | null;
  readonly inputDigests: FieldDigests | null;
}

// LATERAL ... LIMIT 1 instead of EXISTS: if EXISTS is planned on an empty table, it scans the whole table from
// then on.
const INSERT = `
  WITH input AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS i(
      index int, "entryId" uuid, "familyId" uuid, username text, "fullName" text, role auth.user_role, sealed text,
      "createdByUserId" uuid, "runAt" timestamptz, caller text, enqueuer text,
      "boundTo" uuid, key text, digests jsonb, act jsonb)
  ), judged AS (
    SELECT i.*, k.result_id, k.input_digests,
      CASE
        WHEN k.result_id IS NOT NULL THEN 'replay'
        WHEN i.key IS NOT NULL AND row_number() OVER (PARTITION BY i.caller, i.key ORDER BY i.index) > 1 THEN 'again'
        WHEN f.id IS NULL THEN 'no_family'
        WHEN c.id IS NULL THEN 'no_creator'
        WHEN u.id IS NOT NULL THEN 'user_has_name'
        WHEN e.id IS NOT NULL THEN 'entry_has_name'
        ELSE 'accepted'
      END AS verdict
    FROM input i
    LEFT JOIN LATERAL (SELECT result_id, input_digests FROM auth.idempotency_keys
      WHERE caller = i.caller AND mutation = 'enqueueAccount' AND key = i.key LIMIT 1) k ON true
    LEFT JOIN LATERAL (SELECT id FROM auth.families
      WHERE id = i."familyId" AND (i."boundTo" IS NULL OR id = i."boundTo") LIMIT 1) f ON true
    LEFT JOIN LATERAL (SELECT id FROM auth.users WHERE id = i."createdByUserId" AND family_id = i."familyId" LIMIT 1) c ON true
    LEFT JOIN LATERAL (SELECT id FROM auth.users WHERE lower(username) = i.username LIMIT 1) u ON true
    LEFT JOIN LATERAL (SELECT id FROM auth.queued_managed_account_creations
      WHERE lower(username) = i.username AND status IN ('pending', 'processing') LIMIT 1) e ON true
  ), turned AS (
    SELECT *, row_number() OVER name AS turn, first_value(index) OVER name AS first_index
    FROM judged WINDOW name AS (PARTITION BY username, verdict ORDER BY index)
  ), writing AS (
    SELECT * FROM turned
    WHERE verdict = 'accepted' AND turn = 1
      AND ($2 = 'each' OR ($2 = 'all' AND NOT EXISTS (SELECT 1 FROM turned WHERE verdict <> 'accepted' OR turn > 1)))
    -- In one order everywhere: two batches that share names wait for each other in turn.
    ORDER BY username
  ), key AS (
    INSERT INTO auth.idempotency_keys (caller, mutation, key, input_digests, result_id)
    SELECT caller, 'enqueueAccount', key, digests, "entryId" FROM writing WHERE key IS NOT NULL
  ), record AS (
    INSERT INTO auth.audit_entries (${AUDIT_COLUMNS})
    SELECT ${AUDIT_COLUMNS} FROM jsonb_populate_recordset(NULL::auth.audit_entries, (SELECT jsonb_agg(act) FROM writing WHERE act IS NOT NULL))
  ), entry AS (
    INSERT INTO auth.queued_managed_account_creations
      (id, family_id, username, full_name, role, encrypted_password, created_by_user_id, enqueuer, retry_count, status, next_retry_at, created_at, updated_at)
    SELECT "entryId", "familyId", username, "fullName", role, sealed, "createdByUserId", enqueuer, 0, 'pending',
           coalesce("runAt", date_trunc('milliseconds', now())), date_trunc('milliseconds', now()), date_trunc('milliseconds', now())
    FROM writing
  ), event AS (
    INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
    SELECT 'ManagedAccountCreationQueued', 'ManagedAccountCreation', "entryId", "familyId",
           jsonb_build_object('entryId', "entryId", 'familyId', "familyId", 'username', username, 'role', role,
                              'dueAt', coalesce("runAt", date_trunc('milliseconds', now())))
    FROM writing
  )
  SELECT date_trunc('milliseconds', now()) AS at,
         coalesce(jsonb_agg(jsonb_build_object(
           'index', index, 'resultId', result_id, 'inputDigests', input_digests,
           'verdict', CASE verdict WHEN 'accepted' THEN 'batch_has_name' ELSE verdict END,
           'sameAs', CASE verdict WHEN 'accepted' THEN first_index END)
         ) FILTER (WHERE verdict <> 'accepted' OR turn > 1), '[]') AS others
  FROM turned`;

/** The result of the statement: when, and the verdicts other than `accepted`, because a row for each takes time. */
interface Judged {
  readonly at: Date;
  readonly others: readonly (Omit<JudgedEntry, 'at'> & { readonly index: number })[];
}

/**
 * `each`: inserts every accepted entry. `all`: inserts all if all are accepted, otherwise none. `none`: only
 * checks.
 */
export type WriteMode = 'each' | 'all' | 'none';

/** Checks and inserts entries in one statement; returns one verdict per entry, in order. */
export async function insertEntries(
  db: Queryable,
  entries: readonly PreparedEntry[],
  mode: WriteMode = 'each',
): Promise<JudgedEntry[]> {
  const input = JSON.stringify(entries.map((entry, index) => ({ index, ...entry })));
  const [judged] = await db.query<Judged>(INSERT, [input, mode]);
  if (judged === undefined) throw new Error('The statement that inserts entries answered no row.');
  const { at, others } = judged;
  const accepted: JudgedEntry = { verdict: 'accepted', sameAs: null, at, resultId: null, inputDigests: null };
  const verdicts = entries.map(() => accepted);
  for (const { index, ...other } of others) verdicts[index] = { ...other, at };
  return verdicts;
}

const DEADLOCK = '40P01';

/** Whether a concurrent call took a name or a key, or deleted a family: the next check sees that. */
export const isLostRace = (error: unknown): boolean => violation(error) !== undefined || sqlStateOf(error) === DEADLOCK;
