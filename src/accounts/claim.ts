/**
 * Claiming: an entry belongs to one node for the time of a lease. The token of the lease is
 * named by every statement that writes a result, so that whoever lost it cannot write one.
 */
import { startStopwatch } from '../clock.ts';
import { planAnew } from '../database/by-place.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { UserRole } from '../database/generated/prisma/enums.ts';
import { recordProbe, takeProbe } from '../identity/circuit.ts';
import type { Services } from '../work/context.ts';
import { DROP_LEASE, DUE_AT, IS_DUE, IS_NOT_PAUSED, TAKE_LEASE } from './lease.ts';

/** An entry as its worker holds it. */
export interface ClaimedEntry {
  readonly id: string;
  readonly familyId: string | null;
  readonly username: string;
  readonly fullName: string;
  readonly role: UserRole;
  readonly encryptedPassword: string | null;
  readonly retryCount: number;
  readonly nextRetryAt: Date | null;
  readonly interruptionCount: number;
  readonly needsLook: boolean;
  /** What an earlier attempt sent may still make the account until then; null: nothing is under way any more. */
  readonly lookFinalAt: Date | null;
  readonly isLookOnly: boolean;
  readonly isPasswordReplaced: boolean;
  readonly attemptNumber: number;
  readonly leaseToken: string;
  readonly nodeId: string;
  readonly createdAt: Date;
  /** The database's clock at the claim. */
  readonly claimedAt: Date;
  /** Milliseconds since before the claim was sent: the lease has run for so long at the most. */
  readonly heldMs: () => number;
  /** The database's clock, carried on by ours. */
  readonly now: () => Date;
}

/** What every claim answers of an entry e. */
const CLAIMED = `
  e.id, e.family_id AS "familyId", e.username, e.full_name AS "fullName", e.role,
  e.encrypted_password AS "encryptedPassword", e.retry_count AS "retryCount", e.next_retry_at AS "nextRetryAt",
  e.interruption_count AS "interruptionCount", e.needs_look AS "needsLook", e.look_final_at AS "lookFinalAt", e.is_look_only AS "isLookOnly",
  e.is_password_replaced AS "isPasswordReplaced", e.attempt_count AS "attemptNumber", e.lease_token AS "leaseToken",
  e.lease_node_id AS "nodeId", e.leased_at AS "claimedAt", e.created_at AS "createdAt"`;

/** The end of a statement that claims: takes the entries whose ids are in "due". */
export const CLAIM = `
  UPDATE auth.queued_managed_account_creations e SET ${TAKE_LEASE}
  FROM due WHERE e.id = due.id
  RETURNING ${CLAIMED}`;

/** Runs a statement that claims and answers CLAIMED; its own values begin with $3. */
export async function claimBy(
  db: Queryable,
  { nodeId, leaseMs }: ClaimOptions,
  sql: string,
  ...values: readonly unknown[]
): Promise<ClaimedEntry[]> {
  const heldMs = startStopwatch();
  const claimed = await db.query<Omit<ClaimedEntry, 'heldMs' | 'now'>>(sql, [nodeId, leaseMs, ...values]);
  const receivedAt = performance.now();
  return claimed.map((entry) => {
    const now = (): Date => new Date(entry.claimedAt.getTime() + Math.round(performance.now() - receivedAt));
    return Object.assign(entry, { heldMs, now });
  });
}

const CLAIM_DUE = `
  WITH due AS (
    SELECT id FROM auth.queued_managed_account_creations
    WHERE status = 'pending'
      AND ${IS_DUE}
      AND (SELECT state FROM auth.identity_circuits WHERE provider = $3) = 'closed'
      AND ($5 OR (NOT EXISTS (SELECT 1 FROM auth.queue_pauses WHERE paused_until IS NULL OR paused_until > statement_timestamp())
        AND NOT EXISTS (SELECT 1 FROM auth.queue_limits WHERE starts_per_second IS NOT NULL OR concurrency IS NOT NULL)))
    ORDER BY ${DUE_AT}
    LIMIT $4
    FOR UPDATE SKIP LOCKED
  )
  ${CLAIM}`;

export interface ClaimOptions {
  readonly provider: string;
  readonly nodeId: string;
  readonly leaseMs: number;
}

/** Claims of this node, for the time of a lease. */
export const claimOptions = ({
  provider,
  nodeId,
  config,
}: Pick<Services, 'provider' | 'nodeId' | 'config'>): ClaimOptions => ({
  provider: provider.name,
  nodeId,
  leaseMs: config.LEASE_DURATION,
});

/**
 * Claims up to `limit` due entries, oldest due first; none while the circuit is not closed, and
 * none while a pause or a limit is set, unless the caller has seen to those (queue-control-claim.ts).
 */
export function claimDue(
  db: Queryable,
  options: ClaimOptions,
  limit: number,
  areLimitsKept = false,
): Promise<ClaimedEntry[]> {
  return claimBy(db, options, CLAIM_DUE, options.provider, limit, areLimitsKept);
}

const CLAIM_PROBE = `
  WITH due AS (
    SELECT id FROM auth.queued_managed_account_creations q
    WHERE status = 'pending'
      AND ${IS_DUE}
      AND ${IS_NOT_PAUSED}
    ORDER BY probed_at NULLS FIRST, ${DUE_AT}
    LIMIT 1
    FOR UPDATE SKIP LOCKED
  )
  UPDATE auth.queued_managed_account_creations e
  SET ${TAKE_LEASE}, probed_at = statement_timestamp()
  FROM due WHERE e.id = due.id
  RETURNING ${CLAIMED}`;

/**
 * Claims one entry as the probe of an open circuit whose time has come: the one that has
 * waited longest for its turn as a probe and is not paused. Undefined if it is not time or nothing is due.
 */
export function claimProbe(
  db: Database,
  options: ClaimOptions,
): Promise<{ entry: ClaimedEntry; probeToken: string } | undefined> {
  const { provider, leaseMs } = options;
  return db.transaction(async (tx) => {
    const [waiting] = await tx.query(
      `SELECT 1 FROM auth.queued_managed_account_creations q
       WHERE status = 'pending' AND ${IS_DUE}
         AND ${IS_NOT_PAUSED}
       LIMIT 1`,
    );
    if (waiting === undefined) return undefined;
    const probeToken = await takeProbe(tx, provider, leaseMs);
    if (probeToken === undefined) return undefined;
    const [entry] = await claimBy(tx, options, CLAIM_PROBE);
    // Another node holds the only one: its lock ends soon, and the half-open state with it.
    if (entry === undefined) {
      await tx.query(
        `UPDATE auth.identity_circuits SET state = 'open', probe_token = NULL, probe_expires_at = NULL WHERE provider = $1`,
        [provider],
      );
      return undefined;
    }
    await recordProbe(tx, provider);
    return { entry, probeToken };
  });
}

/** Claims one particular entry that waits, whatever the circuit says: for a look before a cancel. */
export async function claimForLook(
  db: Queryable,
  options: ClaimOptions,
  entryId: string,
): Promise<ClaimedEntry | undefined> {
  const [entry] = await claimBy(
    db,
    options,
    `UPDATE auth.queued_managed_account_creations e
     SET ${TAKE_LEASE}
     WHERE e.id = $3 AND e.status = 'pending'
     RETURNING ${CLAIMED}`,
    entryId,
  );
  return entry;
}

/**
 * Gives entries back that were claimed but not attempted: as if they had not been claimed, but for
 * the instant before which they are not due, where one is given.
 */
export async function giveBack(
  db: Queryable,
  entries: readonly ClaimedEntry[],
  notBefore: Date | null = null,
): Promise<void> {
  if (entries.length === 0) return;
  await db.query(
    `UPDATE auth.queued_managed_account_creations e
     SET status = 'pending', attempt_count = e.attempt_count - 1, updated_at = now(),
         next_retry_at = greatest(e.next_retry_at, $3::timestamptz),
         ${DROP_LEASE}
     FROM unnest($1::uuid[], $2::uuid[]) AS held(id, token)
     WHERE e.id = held.id AND e.lease_token = held.token AND e.status = 'processing'`,
    [entries.map((entry) => entry.id), entries.map((entry) => entry.leaseToken), notBefore],
  );
}

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
  WHERE status = 'pending' AND ${DUE_AT} > statement_timestamp() + $1 * interval '1 millisecond'
  ORDER BY ${DUE_AT} LIMIT 1`;

/** Milliseconds until a worker should look for the next entry that falls due; within a minute in any case. */
export async function nextDueInMs(db: Pick<Database, 'transaction'>): Promise<number> {
  const [next] = await db.transaction(async (tx) => {
    await planAnew(tx);
    return tx.query<{ ms: number }>(NEXT_DUE, [1]);
  });
  const ms = Math.max(next?.ms ?? LONGEST_SLEEP_MS, SHORTEST_SLEEP_MS) + SPREAD_MS * Math.random();
  return Math.min(ms, LONGEST_SLEEP_MS);
}
