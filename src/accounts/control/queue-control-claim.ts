/**
 * Claiming within pauses and limits, and in turn: family by family. While neither is set, claims
 * go by due time (claim.ts), and one in turn is only mixed in when there is more due than can be
 * taken at once, so that a family with thousands of entries keeps no other one waiting. With a
 * pause or a limit set, every claim is made here.
 */
import type { Queryable } from '../../database/database.ts';
import type { CircuitState } from '../../database/generated/prisma/enums.ts';
import { CLAIM, type ClaimedEntry, type ClaimOptions, claimBy, claimDue } from '../claim.ts';
import { DUE_AT, IS_DUE } from '../lease.ts';
import { type LimitState, refill, startsAllowed } from './queue-control.rules.ts';
import { claimAtEnds } from './queue-control-ends.ts';

/** Before every family: none has the nil UUID. Entries whose family is gone share the largest one, in SQL. */
export const BEFORE_FIRST = '00000000-0000-0000-0000-000000000000';
/** An entry's family, as the index has it. */
const FAMILY = `coalesce(family_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid)`;
/** Families that one statement looks at: some 10 ms at the most. */
const STEPS = 2_000;

/** What holds claims back, at one instant. */
export interface Controls extends LimitState {
  readonly now: Date;
  readonly circuitState: CircuitState;
  readonly nextProbeAt: Date | null;
  readonly probeExpiresAt: Date | null;
  /** When the circuit last closed; null if it never was open. */
  readonly closedAt: Date | null;
  readonly isQueuePaused: boolean;
  readonly pausedFamilyIds: readonly string[];
  /** When the first of the pauses lifts itself. */
  readonly nextPauseEndsAt: Date | null;
  /** Seconds from the bucket's last change to the instant that `tokens` is of. */
  readonly sinceRefill: number;
  /** Whether any entry waits whose time has come. */
  readonly isAnyDue: boolean;
}

const CONTROLS = `
  SELECT now() AS now, c.state AS "circuitState", c.next_probe_at AS "nextProbeAt", c.probe_expires_at AS "probeExpiresAt",
         (SELECT created_at FROM auth.identity_circuit_transitions
          WHERE provider = $1 AND to_state = 'closed' ORDER BY id DESC LIMIT 1) AS "closedAt",
         p.all_paused AS "isQueuePaused", p.family_ids AS "pausedFamilyIds", p.next_end AS "nextPauseEndsAt",
         l.starts_per_second AS "startsPerSecond", l.concurrency, l.tokens,
         extract(epoch FROM clock_timestamp() - l.refilled_at)::float8 AS "sinceRefill",
         CASE WHEN l.concurrency IS NULL THEN 0 ELSE
           (SELECT count(*)::int FROM auth.queued_managed_account_creations WHERE status = 'processing') END AS "underWay",
         EXISTS (SELECT 1 FROM auth.queued_managed_account_creations WHERE status = 'pending'
                 AND ${IS_DUE}) AS "isAnyDue"
  FROM auth.identity_circuits c, auth.queue_limits l, (
    SELECT count(*) FILTER (WHERE family_id IS NULL) > 0 AS all_paused, min(paused_until) AS next_end,
           coalesce(array_agg(family_id) FILTER (WHERE family_id IS NOT NULL), '{}') AS family_ids
    FROM auth.queue_pauses WHERE paused_until IS NULL OR paused_until > now()) p
  WHERE c.provider = $1`;

/** Everything that holds claims back. */
export async function loadControls(db: Queryable, provider: string): Promise<Controls> {
  const [row] = await db.query<Controls>(CONTROLS, [provider]);
  if (row === undefined) throw new Error(`The circuit of the identity provider "${provider}" has no row`);
  const { sinceRefill, startsPerSecond, tokens } = row;
  return { ...row, tokens: startsPerSecond === null ? 0 : refill(tokens, sinceRefill, startsPerSecond) };
}

/** Whether claims must be made here rather than by due time alone. */
export const isControlled = (controls: Controls): boolean =>
  controls.isQueuePaused ||
  controls.pausedFamilyIds.length > 0 ||
  controls.startsPerSecond !== null ||
  controls.concurrency !== null;

/**
 * `oldest`: by due time. `families`: shared evenly among the families, all of which are looked at
 * if need be. `some families`: the same, but looking at 2,000 families at the most. `ends`: with
 * paused families, only what is due first and last; else as `oldest`.
 */
export type Order = 'oldest' | 'families' | 'some families' | 'ends';

/** Entries that were claimed, and the family to go on after. */
export interface Turn {
  readonly entries: ClaimedEntry[];
  readonly after: string;
  /** The limits let nothing start at this instant, whether or not anything is due. */
  readonly isLimited: boolean;
  /** Nothing was claimed, but more is due than `ends` lets one look at. */
  readonly isPassedOver?: boolean;
}

/**
 * Claims up to `limit` due entries of families that are not paused; none while the circuit is
 * not closed or the queue is paused. With paused families the oldest are looked for at both ends
 * of what is due; where all of those are paused, it goes by families, on after the one given.
 * Needs a transaction: with limits it holds their row until its end, so that all nodes together
 * keep to them. No entries means that there are none to be had at this instant (or, of `some
 * families` and `ends`, none of those).
 */
export async function claimWithinLimits(
  tx: Queryable,
  options: ClaimOptions,
  limit: number,
  order: Order,
  after: string,
): Promise<Turn> {
  const wasFree = await holdLimits(tx);
  const controls = await loadControls(tx, options.provider);
  const { circuitState, isQueuePaused, pausedFamilyIds, startsPerSecond, concurrency } = controls;
  // Limits that were set in this instant: the next claim holds their row alone.
  const isTooLate = wasFree && (startsPerSecond !== null || concurrency !== null);
  const most = isTooLate ? 0 : Math.min(limit, startsAllowed(controls));
  if (circuitState !== 'closed' || isQueuePaused || most === 0) return { entries: [], after, isLimited: most === 0 };
  if (!controls.isAnyDue) return { entries: [], after, isLimited: false };
  let turn: Turn;
  if (order === 'oldest' || order === 'ends') {
    const { entries, isMore } =
      pausedFamilyIds.length > 0
        ? await claimAtEnds(tx, options, pausedFamilyIds, most)
        : { entries: await claimDue(tx, options, most, true), isMore: false };
    turn = { entries, after, isLimited: false, isPassedOver: isMore };
    if (isMore && order === 'oldest') turn = await takeTurn(tx, options, controls, most, after, true);
  } else turn = await takeTurn(tx, options, controls, most, after, order === 'families');
  if (startsPerSecond !== null && turn.entries.length > 0)
    await tx.query(
      `UPDATE auth.queue_limits SET tokens = $1, refilled_at = refilled_at + $2 * interval '1 second' WHERE id = 1`,
      [controls.tokens - turn.entries.length, controls.sinceRefill],
    );
  return turn;
}

/**
 * Keeps the limits as they are until the transaction ends: where there are some, no other claim
 * counts beside ours; where there are none, claims do not wait for each other. True: there are none.
 */
async function holdLimits(tx: Queryable): Promise<boolean> {
  const [limits] = await tx.query<{ isFree: boolean }>(
    'SELECT starts_per_second IS NULL AND concurrency IS NULL AS "isFree" FROM auth.queue_limits WHERE id = 1',
  );
  const isFree = limits?.isFree ?? false;
  await tx.query(
    isFree
      ? 'SELECT 1 FROM auth.queue_limits WHERE id = 1 FOR SHARE'
      : 'SELECT 1 FROM auth.queue_limits WHERE id = 1 FOR UPDATE',
  );
  return isFree;
}

/** Goes round the families once at the most, or not that far, until there is something to claim. */
async function takeTurn(
  tx: Queryable,
  options: ClaimOptions,
  { pausedFamilyIds }: Controls,
  most: number,
  begin: string,
  isWhole: boolean,
): Promise<Turn> {
  let after = begin;
  let rounds = begin === BEFORE_FIRST ? 1 : 2;
  while (rounds > 0) {
    const families = await tx.query<{ key: string; isDue: boolean }>(FAMILIES, [after, pausedFamilyIds, most, STEPS]);
    const due = families.filter(({ isDue }) => isDue).map(({ key }) => key);
    const isAtEnd = families.length < STEPS && due.length < most;
    after = isAtEnd ? BEFORE_FIRST : (families.at(-1)?.key ?? BEFORE_FIRST);
    if (due.length > 0) {
      const each = Math.ceil(most / due.length);
      const entries = await claimBy(tx, options, CLAIM_OF_FAMILIES, due, each, most);
      if (entries.length > 0) return { entries, after, isLimited: false };
    }
    if (!isWhole) break;
    if (isAtEnd) rounds--;
  }
  return { entries: [], after, isLimited: false };
}

// Steps from family to family by the index over (family, due time): what a family has waiting
// beyond its first entry is not looked at. A paused one counts as not due.
const FAMILIES = `
  WITH RECURSIVE walk AS (
    (SELECT 1 AS step, first.key, first.is_due, first.is_due::int AS due_count FROM (
      SELECT ${FAMILY} AS key,
             ${IS_DUE}
               AND NOT coalesce(family_id IN (SELECT unnest($2::uuid[])), false) AS is_due
      FROM auth.queued_managed_account_creations
      WHERE status = 'pending' AND ${FAMILY} > $1::uuid
      ORDER BY ${FAMILY}, ${DUE_AT}
      LIMIT 1) AS first)
    UNION ALL
    SELECT walk.step + 1, next.key, next.is_due, walk.due_count + next.is_due::int FROM walk, LATERAL (
      SELECT ${FAMILY} AS key,
             ${IS_DUE}
               AND NOT coalesce(family_id IN (SELECT unnest($2::uuid[])), false) AS is_due
      FROM auth.queued_managed_account_creations
      WHERE status = 'pending' AND ${FAMILY} > walk.key
      ORDER BY ${FAMILY}, ${DUE_AT}
      LIMIT 1) AS next
    WHERE walk.step < $4 AND walk.due_count < $3
  )
  SELECT key, is_due AS "isDue" FROM walk ORDER BY step`;

const CLAIM_OF_FAMILIES = `
  WITH due AS (
    SELECT picked.id FROM unnest($3::uuid[]) AS family(key), LATERAL (
      SELECT id FROM auth.queued_managed_account_creations
      WHERE status = 'pending' AND ${FAMILY} = family.key
        AND ${IS_DUE}
      ORDER BY ${DUE_AT}
      LIMIT $4
      FOR UPDATE SKIP LOCKED) AS picked
    LIMIT $5
  )
  ${CLAIM}`;
