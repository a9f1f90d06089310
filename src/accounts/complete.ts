/**
 * Completes entries: one statement per batch writes the user rows, events, attempts and new statuses and
 * destroys the passwords, fenced by the lease tokens. If the database refuses one account, only that one fails.
 */
import { randomUUID } from 'node:crypto';
import { INDEXED_KEYS } from '../database/by-place.ts';
import type { Queryable } from '../database/database.ts';
import { isolating } from '../database/isolate.ts';
import { sqlStateOf, violation } from '../database/violations.ts';
import { failureOf } from '../diagnosis/failure-messages.ts';
import type { AccountCreated } from '../identity/provider.ts';
import type { AttemptFailure } from './attempt.ts';
import type { ClaimedEntry } from './claim.ts';
import { DROP_LEASE, IS_CLAIMED } from './lease.ts';

export interface MadeAccount {
  readonly entry: ClaimedEntry;
  readonly result: AccountCreated;
  /**
   * The id of the new user, chosen before the first write, so that a repeated write recognises an earlier
   * commit of its own.
   */
  readonly userId: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly probeToken?: string;
}

/** `lost`: another node took over the lease, and nothing was written. `refused`: the database refused the account. */
export type Completion = { kind: 'completed' } | { kind: 'lost' } | { kind: 'refused'; failure: AttemptFailure };

const COMPLETE = `
  WITH made AS (
    SELECT * FROM jsonb_to_recordset($1::jsonb) AS m(
      entry_id uuid, token uuid, user_id uuid, event_id uuid, provider_user_id text,
      node_id uuid, due_at timestamptz, started_at timestamptz, finished_at timestamptz, request_id text, is_probe boolean)
  ), ${INDEXED_KEYS}, entry AS (
    UPDATE auth.queued_managed_account_creations e
    SET status = 'completed', user_id = m.user_id, completed_at = now(), updated_at = now(), next_retry_at = NULL,
        encrypted_password = NULL, password_destroyed_at = now(), password_destroyed_because = 'completed',
        last_outcome = 'succeeded', last_error_code = NULL, last_error_message = NULL, failure_group = NULL, interruption_count = 0,
        needs_lookup = false, lookup_final_at = NULL, is_lookup_only = false,
        ${DROP_LEASE}
    FROM made m
    WHERE e.id = m.entry_id AND e.lease_token = m.token AND ${IS_CLAIMED}
    RETURNING e.id, e.family_id, e.username, e.full_name, e.role, e.attempt_count, m.user_id, m.event_id,
              m.provider_user_id, m.node_id, m.due_at, m.started_at, m.finished_at, m.request_id, m.is_probe
  ), account AS (
    INSERT INTO auth.users (id, family_id, username, full_name, role, zitadel_user_id, created_at, updated_at)
    SELECT user_id, family_id, username, full_name, role, provider_user_id, now(), now() FROM entry
  ), event AS (
    INSERT INTO auth.outbox_events (event_id, event_type, aggregate_type, aggregate_id, family_id, payload)
    SELECT event_id, 'ManagedAccountCreated', 'ManagedAccountCreation', id, family_id,
           jsonb_build_object('entryId', id, 'userId', user_id, 'familyId', family_id, 'username', username,
                              'role', role, 'providerUserId', provider_user_id)
    FROM entry
  ), attempt AS (
    INSERT INTO auth.account_creation_attempts
      (entry_id, number, outcome, node_id, due_at, started_at, finished_at, provider_request_id, is_probe)
    SELECT id, attempt_count, 'succeeded', node_id, due_at, started_at, finished_at, request_id, is_probe FROM entry
    -- SQL may have set the number back; the account is made all the same.
    ON CONFLICT DO NOTHING
  ), calm AS (
    UPDATE auth.identity_circuits SET failing_entry_ids = '{}', updated_at = now()
    WHERE provider = $2 AND state = 'closed' AND failing_entry_ids <> '{}'
  )
  SELECT id FROM entry, indexed_keys`;

/** Completes a batch of entries whose accounts were created; returns one result per account, in order. */
export function completeEntries(
  db: Queryable,
  provider: string,
  made: readonly MadeAccount[],
): Promise<readonly Completion[]> {
  return isolating<MadeAccount, Completion>(
    made,
    async (some) => {
      const completed = new Set((await complete(db, provider, some)).map((row) => row.id));
      const others = some.filter(({ entry }) => !completed.has(entry.id));
      for (const id of await completedBefore(db, others)) completed.add(id);
      return some.map(({ entry }) => ({ kind: completed.has(entry.id) ? 'completed' : 'lost' }));
    },
    (_one, error) => {
      // This node's row is missing, for example after a restore; the next heartbeat writes it again. No entry
      // is the cause.
      if (violation(error)?.constraint === 'account_creation_attempts_node_id_fkey') throw error;
      return { kind: 'refused', failure: refusalOf(error) };
    },
  );
}

function complete(db: Queryable, provider: string, made: readonly MadeAccount[]): Promise<{ id: string }[]> {
  const rows = made.map(({ entry, result, userId, startedAt, finishedAt, probeToken }) => ({
    entry_id: entry.id,
    token: entry.leaseToken,
    user_id: userId,
    event_id: randomUUID(),
    provider_user_id: result.providerUserId,
    node_id: entry.nodeId,
    due_at: entry.nextRetryAt,
    started_at: startedAt,
    finished_at: finishedAt,
    request_id: result.providerRequestId,
    is_probe: probeToken !== undefined,
  }));
  return db.query(COMPLETE, [JSON.stringify(rows), provider]);
}

/** Returns the entries that this node has already completed: a commit whose response was lost is repeated. */
async function completedBefore(db: Queryable, made: readonly MadeAccount[]): Promise<string[]> {
  if (made.length === 0) return [];
  const rows = await db.query<{ id: string }>(
    `SELECT e.id FROM unnest($1::uuid[], $2::uuid[]) AS m(entry_id, user_id)
     JOIN auth.queued_managed_account_creations e ON e.id = m.entry_id AND e.user_id = m.user_id AND e.status = 'completed'`,
    [made.map(({ entry }) => entry.id), made.map(({ userId }) => userId)],
  );
  return rows.map((row) => row.id);
}

/** The failure for a user row that the database refused: permanent, and of this entry only. */
function refusalOf(error: unknown): AttemptFailure {
  const refused = { needsLookup: false, lookupFinalAt: null, wasProviderAsked: true };
  const broken = violation(error);
  if (broken?.constraint === 'users_username_key') return { ...failureOf('USERNAME_TAKEN'), ...refused };
  if (broken?.constraint === 'users_zitadel_user_id_key') return { ...failureOf('ACCOUNT_TAKEN'), ...refused };
  if (broken?.constraint === 'users_family_id_fkey' || broken?.code === 'not_null') {
    const detail = 'The account was created at the identity provider: remove it there.';
    return { ...failureOf('FAMILY_DELETED', { detail }), ...refused };
  }
  const detail = `The account was created at the identity provider. (${refusedBecause(error)})`;
  return { ...failureOf('DATABASE_REFUSED', { detail }), ...refused };
}

/** The name of the violated constraint, or else the SQLSTATE, for an operator to look up. */
export const refusedBecause = (error: unknown): string =>
  violation(error)?.constraint ?? `SQLSTATE ${sqlStateOf(error) ?? 'unknown'}`;
