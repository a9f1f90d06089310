/**
 * Claiming: one node has an entry for the time of a lease. Every statement that writes a result names
 * the token of the lease, so that a node that lost the lease cannot write one. What is due first is
 * claimed first, whichever family it is of: to keep one family's crowd from others, pause that family.
 */
import { startStopwatch } from '../clock.ts';
import { planAnew } from '../database/by-place.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { UserRole } from '../database/generated/prisma/enums.ts';
import { lockCircuit, recordProbe, takeProbe } from '../identity/circuit.ts';
import type { Services } from '../work/context.ts';
import { DROP_LEASE, IS_DUE, IS_NOT_PAUSED } from './lease.ts';

/** An entry as the node that claimed it has it. */
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
  /** Until then, what an earlier attempt sent may still create the account; null: nothing is under way any more. */
  readonly lookFinalAt: Date | null;
  readonly isLookOnly: boolean;
  readonly isPasswordReplaced: boolean;
  readonly attemptNumber: number;
  readonly leaseToken: string;
  readonly nodeId: string;
  readonly createdAt: Date;
  /** The database's clock at the claim. */
  readonly claimedAt: Date;
  /** Milliseconds since before the claim was sent: the lease has run no longer than that. */
  readonly heldMs: () => number;
  /** The database's clock, carried on by ours. */
  readonly now: () => Date;
}

const CLAIMED = `
  e.id, e.family_id AS "familyId", e.username, e.full_name AS "fullName", e.role,
  e.encrypted_password AS "encryptedPassword", e.retry_count AS "retryCount", e.next_retry_at AS "nextRetryAt",
  e.interruption_count AS "interruptionCount", e.needs_look AS "needsLook", e.look_final_at AS "lookFinalAt", e.is_look_only AS "isLookOnly",
  e.is_password_replaced AS "isPasswordReplaced", e.attempt_count AS "attemptNumber", e.lease_token AS "leaseToken",
  e.lease_node_id AS "nodeId", e.leased_at AS "claimedAt", e.created_at AS "createdAt"`;

/** The statement that claims: of the entries that `which` selects. $1 is the node, $2 the lease in milliseconds. */
const claiming = (which: string, also = ''): string => `
  WITH due AS (${which})
  UPDATE auth.queued_managed_account_creations e
  SET status = 'processing', lease_token = gen_random_uuid(), lease_node_id = $1, leased_at = statement_timestamp(),
      lease_expires_at = statement_timestamp() + $2 * interval '1 millisecond',
      attempt_count = least(e.attempt_count + 1, 1000000), updated_at = statement_timestamp()${also}
  FROM due WHERE e.id = due.id
  RETURNING ${CLAIMED}`;

const CLAIM_DUE = claiming(`
  SELECT id FROM auth.queued_managed_account_creations q
  WHERE status = 'pending' AND ${IS_DUE} AND ${IS_NOT_PAUSED}
    AND (SELECT state FROM auth.identity_circuits WHERE provider = $3) = 'closed'
    AND ($5 OR NOT EXISTS (SELECT FROM auth.queue_limits WHERE starts_per_second IS NOT NULL OR concurrency IS NOT NULL))
  ORDER BY next_retry_at LIMIT $4
  FOR UPDATE SKIP LOCKED`);

const CLAIM_ONE = claiming(`
  SELECT id FROM auth.queued_managed_account_creations WHERE id = $3 AND status = 'pending' FOR UPDATE`);

const CLAIM_PROBE = claiming('SELECT $3::uuid AS id', ', probed_at = statement_timestamp()');

// Probes rotate, so that one entry that never succeeds does not keep the circuit open.
const NEXT_PROBE = `
  SELECT id FROM auth.queued_managed_account_creations q
  WHERE status = 'pending' AND ${IS_DUE} AND ${IS_NOT_PAUSED}
  ORDER BY probed_at NULLS FIRST, next_retry_at LIMIT 1
  FOR UPDATE SKIP LOCKED`;

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

async function claim(
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

/**
 * Claims up to `limit` due entries that are not paused, oldest due first; none while the circuit is
 * not closed, and none while limits are set, unless the caller keeps to them (claimWithinLimits).
 */
export const claimDue = (
  db: Queryable,
  options: ClaimOptions,
  limit: number,
  areLimitsKept = false,
): Promise<ClaimedEntry[]> => claim(db, options, CLAIM_DUE, options.provider, limit, areLimitsKept);

/**
 * Claims one due entry as the probe of an open circuit: the one that was not probed for the longest
 * time. Undefined if it is not time for a probe, or nothing is due that is not paused.
 */
export function claimProbe(
  db: Database,
  options: ClaimOptions,
): Promise<{ entry: ClaimedEntry; probeToken: string } | undefined> {
  const { provider, leaseMs } = options;
  return db.transaction(async (tx) => {
    // One node at a time: else a node passes over the entry that another has locked but may not probe with.
    await lockCircuit(tx, provider);
    const [next] = await tx.query<{ id: string }>(NEXT_PROBE);
    if (next === undefined) return undefined;
    const probeToken = await takeProbe(tx, provider, leaseMs);
    if (probeToken === undefined) return undefined;
    const [entry] = await claim(tx, options, CLAIM_PROBE, next.id);
    if (entry === undefined) throw new Error(`The entry ${next.id} is locked for a probe, but was not claimed.`);
    await recordProbe(tx, provider);
    return { entry, probeToken };
  });
}

/** Claims one pending entry by its id, whatever the circuit, pauses and limits say: for a lookup before a cancel. */
export async function claimForLook(
  db: Queryable,
  options: ClaimOptions,
  entryId: string,
): Promise<ClaimedEntry | undefined> {
  const [entry] = await claim(db, options, CLAIM_ONE, entryId);
  return entry;
}

/**
 * Returns entries that were claimed but not attempted, as if they had not been claimed. Where
 * `notBefore` is given, they are not due before it. Leaves alone what another node has claimed since.
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

/** After this time at the latest a node sees entries of which it got no notice. */
const LONGEST_SLEEP_MS = 60_000;
/** Entries that fall due shortly after each other are claimed together. */
const SHORTEST_SLEEP_MS = 100;
/** Nodes wake at random within this time, not all at once. */
const SPREAD_MS = 50;

// One step in queued_managed_account_creations_due_idx, if it is planned for the table as it is now.
const NEXT_DUE = `
  SELECT greatest(0, extract(epoch FROM next_retry_at - clock_timestamp()) * 1000)::float8 AS ms
  FROM auth.queued_managed_account_creations
  WHERE status = 'pending' AND NOT is_held AND next_retry_at > statement_timestamp() + $1 * interval '1 millisecond'
  ORDER BY next_retry_at LIMIT 1`;

/** Milliseconds until the next entry falls due; at most a minute. */
export async function nextDueInMs(db: Pick<Database, 'transaction'>): Promise<number> {
  const [next] = await db.transaction(async (tx) => {
    await planAnew(tx);
    return tx.query<{ ms: number }>(NEXT_DUE, [1]);
  });
  const ms = Math.max(next?.ms ?? LONGEST_SLEEP_MS, SHORTEST_SLEEP_MS) + SPREAD_MS * Math.random();
  return Math.min(ms, LONGEST_SLEEP_MS);
}
