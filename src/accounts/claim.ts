/**
 * Claiming: a node holds an entry for the duration of a lease. Every statement that writes a result checks the
 * lease token, so a node that lost its lease cannot write one. Entries are claimed in the order in which they
 * fall due, regardless of family: to keep one family's backlog from delaying others, pause that family.
 */
import { startStopwatch } from '../clock.ts';
import type { Database, Queryable } from '../database/database.ts';
import type { UserRole } from '../database/generated/prisma/enums.ts';
import { lockCircuit, recordProbe, takeProbe } from '../identity/circuit.ts';
import { inSpan, linkToTraces } from '../telemetry/tracing.ts';
import type { Services } from '../work/context.ts';
import { DROP_LEASE, IS_CLAIMED, IS_DUE, IS_NOT_PAUSED } from './lease.ts';

/** A claimed entry, with the values that it had at the claim. */
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
  readonly needsLookup: boolean;
  /** Until then, a request of an earlier attempt may still create the account; null: no request is in progress. */
  readonly lookupFinalAt: Date | null;
  readonly isLookupOnly: boolean;
  readonly isPasswordReplaced: boolean;
  readonly attemptNumber: number;
  readonly leaseToken: string;
  readonly nodeId: string;
  readonly createdAt: Date;
  /** When it was claimed, by the database's clock. */
  readonly claimedAt: Date;
  /** Milliseconds since just before the claim was sent: an upper bound of the lease's age. */
  readonly heldMs: () => number;
  /** The current time by the database's clock: `claimedAt` plus the time elapsed on this node. */
  readonly now: () => Date;
}

const CLAIMED = `
  e.id, e.family_id AS "familyId", e.username, e.full_name AS "fullName", e.role,
  e.encrypted_password AS "encryptedPassword", e.retry_count AS "retryCount", e.next_retry_at AS "nextRetryAt",
  e.interruption_count AS "interruptionCount", e.needs_lookup AS "needsLookup", e.lookup_final_at AS "lookupFinalAt", e.is_lookup_only AS "isLookupOnly",
  e.is_password_replaced AS "isPasswordReplaced", e.attempt_count AS "attemptNumber", e.lease_token AS "leaseToken",
  e.lease_node_id AS "nodeId", e.leased_at AS "claimedAt", e.created_at AS "createdAt"`;

/** The statement that claims the entries that `which` selects. $1 is the node, $2 the lease in milliseconds. */
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

/** The options for this node's claims. */
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
  if (claimed.length > 0)
    inSpan('claim entries', { begun: receivedAt - heldMs() }, (span) => {
      span?.setAttribute('family_hub.entry_count', claimed.length);
      linkToTraces(span, () => claimed.map(({ id }) => id));
    });
  return claimed.map((entry) => {
    const now = (): Date => new Date(entry.claimedAt.getTime() + Math.round(performance.now() - receivedAt));
    return Object.assign(entry, { heldMs, now });
  });
}

/**
 * Claims up to `limit` due entries that are not paused, oldest due first. Claims none while the circuit is not
 * closed, nor while limits are set, unless the caller enforces them (`areLimitsKept`, see claimWithinLimits).
 */
export const claimDue = (
  db: Queryable,
  options: ClaimOptions,
  limit: number,
  areLimitsKept = false,
): Promise<ClaimedEntry[]> => claim(db, options, CLAIM_DUE, options.provider, limit, areLimitsKept);

/**
 * Claims one due entry as the probe of an open circuit: the one that was probed least recently. Returns
 * undefined if no probe is allowed yet, or if every due entry is paused.
 */
export function claimProbe(
  db: Database,
  options: ClaimOptions,
): Promise<{ entry: ClaimedEntry; probeToken: string } | undefined> {
  const { provider, leaseMs } = options;
  return db.transaction(async (tx) => {
    // One node at a time: otherwise a node would skip the entry that another node has locked without being
    // allowed to probe.
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

/**
 * Claims one pending entry by its id, regardless of circuit, pauses and limits, for a lookup before a cancel.
 * Returns undefined if the entry is not pending.
 */
export async function claimForLookup(
  db: Queryable,
  options: ClaimOptions,
  entryId: string,
): Promise<ClaimedEntry | undefined> {
  const [entry] = await claim(db, options, CLAIM_ONE, entryId);
  return entry;
}

/**
 * Releases entries that were claimed but not attempted, as if they had not been claimed; with `notBefore`, they
 * are not due before it. Leaves entries unchanged that another node has claimed since.
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
     WHERE e.id = held.id AND e.lease_token = held.token AND ${IS_CLAIMED}`,
    [entries.map((entry) => entry.id), entries.map((entry) => entry.leaseToken), notBefore],
  );
}

/** A node that gets no notification of an entry finds it after this time at the latest. */
const LONGEST_SLEEP_MS = 60_000;
/** Entries that fall due shortly after each other are claimed together. */
const SHORTEST_SLEEP_MS = 100;
/** A random delay of up to this prevents the nodes from waking all at once. */
const SPREAD_MS = 50;

// A single step in queued_managed_account_creations_due_idx.
const NEXT_DUE = `
  SELECT greatest(0, extract(epoch FROM next_retry_at - clock_timestamp()) * 1000)::float8 AS ms
  FROM auth.queued_managed_account_creations
  WHERE status = 'pending' AND NOT is_held AND next_retry_at > statement_timestamp() + $1 * interval '1 millisecond'
  ORDER BY next_retry_at LIMIT 1`;

/** Milliseconds until the next entry falls due; at most a minute. */
export async function nextDueInMs(db: Queryable): Promise<number> {
  const [next] = await db.query<{ ms: number }>(NEXT_DUE, [1]);
  const ms = Math.max(next?.ms ?? LONGEST_SLEEP_MS, SHORTEST_SLEEP_MS) + SPREAD_MS * Math.random();
  return Math.min(ms, LONGEST_SLEEP_MS);
}
