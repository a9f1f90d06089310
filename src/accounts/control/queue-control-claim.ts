/**
 * What restricts claims: the circuit, a pause of the whole queue, and the limits over all nodes. While limits
 * are set, claims run here, one after the other; otherwise claimDue is used alone.
 */
import type { Queryable } from '../../database/database.ts';
import type { CircuitState } from '../../database/generated/prisma/enums.ts';
import { type ClaimedEntry, type ClaimOptions, claimDue } from '../claim.ts';
import { IS_DUE, IS_IN_FORCE } from '../lease.ts';
import { type LimitState, refill, startsAllowed } from './queue-control.rules.ts';

/** What restricts claims, at one point in time. */
export interface Controls extends LimitState {
  readonly now: Date;
  readonly circuitState: CircuitState;
  readonly nextProbeAt: Date | null;
  readonly probeExpiresAt: Date | null;
  /** When the circuit last closed; null if it was never open. */
  readonly closedAt: Date | null;
  readonly isQueuePaused: boolean;
  /** When the pause of the whole queue ends automatically; null: no pause, or one without an end. */
  readonly pauseEndsAt: Date | null;
  /** Seconds from the bucket's last update to the time for which `tokens` is computed. */
  readonly sinceRefill: number;
  /** Whether any entry is due whose family is not paused. */
  readonly isAnyDue: boolean;
}

const CONTROLS = `
  SELECT now() AS now, c.state AS "circuitState", c.next_probe_at AS "nextProbeAt", c.probe_expires_at AS "probeExpiresAt",
         (SELECT created_at FROM auth.identity_circuit_transitions
          WHERE provider = $1 AND to_state = 'closed' ORDER BY id DESC LIMIT 1) AS "closedAt",
         p.scope IS NOT NULL AS "isQueuePaused", p.paused_until AS "pauseEndsAt",
         l.starts_per_second AS "startsPerSecond", l.concurrency, l.tokens,
         extract(epoch FROM clock_timestamp() - l.refilled_at)::float8 AS "sinceRefill",
         CASE WHEN l.concurrency IS NULL THEN 0 ELSE
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'processing') END AS "underWay",
         EXISTS (SELECT FROM auth.queued_managed_account_creations
                 WHERE status = 'pending' AND NOT is_held AND ${IS_DUE}) AS "isAnyDue"
  FROM auth.identity_circuits c CROSS JOIN auth.queue_limits l
  LEFT JOIN auth.queue_pauses p ON p.scope = 'queue' AND ${IS_IN_FORCE}
  WHERE c.provider = $1`;

/** Reads what restricts claims. Throws if the provider has no circuit. */
export async function loadControls(db: Queryable, provider: string): Promise<Controls> {
  const [row] = await db.query<Controls>(CONTROLS, [provider]);
  if (row === undefined) throw new Error(`The circuit of the identity provider "${provider}" has no row`);
  const { sinceRefill, startsPerSecond, tokens } = row;
  return { ...row, tokens: startsPerSecond === null ? 0 : refill(tokens, sinceRefill, startsPerSecond) };
}

/** The result of a claim within limits; `isLimited`: the limits allow no start now. */
export interface LimitedClaim {
  readonly entries: ClaimedEntry[];
  readonly isLimited: boolean;
}

/**
 * Claims like claimDue, up to `limit` entries and no more than the limits allow now. Needs a transaction: it
 * locks the row of the limits until the transaction ends, so that all nodes together stay within the limits.
 */
export async function claimWithinLimits(tx: Queryable, options: ClaimOptions, limit: number): Promise<LimitedClaim> {
  await tx.query('SELECT FROM auth.queue_limits WHERE id = 1 FOR UPDATE');
  // A separate statement, so that it counts what earlier claims took.
  const controls = await loadControls(tx, options.provider);
  const { startsPerSecond, tokens, sinceRefill } = controls;
  const most = Math.min(limit, startsAllowed(controls));
  if (most === 0) return { entries: [], isLimited: true };
  const entries = await claimDue(tx, options, most, true);
  if (startsPerSecond !== null && entries.length > 0)
    await tx.query(
      `UPDATE auth.queue_limits SET tokens = $1, refilled_at = refilled_at + $2 * interval '1 second' WHERE id = 1`,
      [tokens - entries.length, sinceRefill],
    );
  return { entries, isLimited: false };
}
