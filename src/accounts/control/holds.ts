/**
 * The flag "is_held" keeps pending entries of a paused family out of the index of due entries, so that claims
 * do not scan them. A trigger sets the flag on each entry that becomes pending. When a pause begins or ends,
 * every node flags or releases the entries that were already pending, in batches: if a node stops midway,
 * another continues. Claims also check the pauses (IS_NOT_PAUSED), so that a pause takes effect before the
 * first entry is flagged.
 */
import { planForValues } from '../../database/by-place.ts';
import type { Database } from '../../database/database.ts';
import type { Services } from '../../work/context.ts';
import { type Loop, loop } from '../../work/loop.ts';
import { announce } from '../../work/unit.ts';
import { IS_IN_FORCE } from '../lease.ts';

/** A batch takes about 50 ms; claims immediately see the entries that it released. */
const BATCH = 1_000;
/** Delay before retrying entries that other transactions have locked. */
const CHECK_AGAIN_MS = 250;
/**
 * A node that gets no notification of a pause (written or deleted with SQL) finds it after this time at the
 * latest.
 */
const LONGEST_SLEEP_MS = 60_000;

/** Creates the loop that keeps the flags correct; it does nothing until it is woken. */
export const createHolds = (services: Pick<Services, 'db' | 'notices'>): Loop =>
  loop({
    name: 'Marking the entries of paused families',
    outage: services.db.outage,
    async once() {
      const { foundCount, heldCount, releasedCount, endedCount, nextEndMs } = await keepHolds(services.db);
      if (releasedCount + endedCount > 0) announce(services, 'entriesDue');
      if (heldCount + releasedCount > 0) return 0;
      const endsIn = nextEndMs === null ? LONGEST_SLEEP_MS : Math.max(nextEndMs, CHECK_AGAIN_MS);
      return Math.min(LONGEST_SLEEP_MS, endsIn, foundCount > 0 ? CHECK_AGAIN_MS : LONGEST_SLEEP_MS);
    },
  });

export interface KeptHolds {
  /** Entries whose flag was wrong, at most a batch; some of them may have been locked. */
  readonly foundCount: number;
  readonly heldCount: number;
  readonly releasedCount: number;
  /** Pauses that had ended and were deleted. */
  readonly endedCount: number;
  /** Milliseconds until the next pause ends, below 0 if it has ended but is locked; null: no pause has an end. */
  readonly nextEndMs: number | null;
}

/** Deletes the pauses that have ended, and corrects the flags of up to a batch of entries. */
export function keepHolds(db: Pick<Database, 'transaction'>): Promise<KeptHolds> {
  return db.transaction(async (tx) => {
    await planForValues(tx);
    const ended = await tx.query(DELETE_ENDED);
    const [kept] = await tx.query<Omit<KeptHolds, 'endedCount'>>(KEEP, [BATCH]);
    if (kept === undefined) throw new Error('The statement that marks entries answered no row.');
    return { ...kept, endedCount: ended.length };
  });
}

// A transaction that flags an entry because of a pause locks that pause: it is deleted only after the flag is
// visible.
const DELETE_ENDED = `
  DELETE FROM auth.queue_pauses WHERE scope = ANY (ARRAY(
    SELECT scope FROM auth.queue_pauses p WHERE NOT ${IS_IN_FORCE} FOR UPDATE SKIP LOCKED))
  RETURNING 1`;

// Releases come first. The families that have flagged entries are found step by step in
// queued_managed_account_creations_held_idx; a pause is locked while entries are flagged because of it.
const KEEP = `
  WITH RECURSIVE paused AS MATERIALIZED (
    SELECT family_id FROM auth.queue_pauses p
    WHERE family_id IS NOT NULL AND ${IS_IN_FORCE} FOR KEY SHARE SKIP LOCKED
  ), holding AS (
    (SELECT family_id FROM auth.queued_managed_account_creations
     WHERE status = 'pending' AND is_held ORDER BY family_id LIMIT 1)
    UNION ALL
    SELECT next.family_id FROM holding, LATERAL (
      SELECT family_id FROM auth.queued_managed_account_creations
      WHERE status = 'pending' AND is_held AND family_id > holding.family_id ORDER BY family_id LIMIT 1) AS next
  ), wrong AS (
    SELECT family_id, true AS is_held FROM holding
    WHERE NOT EXISTS (SELECT FROM auth.queue_pauses p WHERE p.scope = holding.family_id::text AND ${IS_IN_FORCE})
    UNION ALL
    SELECT family_id, false FROM paused
  ), found AS MATERIALIZED (
    SELECT entry.place FROM wrong, LATERAL (
      SELECT ctid AS place FROM auth.queued_managed_account_creations q
      WHERE q.status = 'pending' AND q.is_held = wrong.is_held AND q.family_id = wrong.family_id LIMIT $1) AS entry
    LIMIT $1
  ), changed AS (
    UPDATE auth.queued_managed_account_creations SET is_held = NOT is_held
    WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM auth.queued_managed_account_creations
      WHERE ctid = ANY (ARRAY(SELECT place FROM found)) FOR UPDATE SKIP LOCKED))
    RETURNING is_held
  )
  SELECT (SELECT count(*)::int FROM found) AS "foundCount",
         count(*) FILTER (WHERE is_held)::int AS "heldCount", count(*) FILTER (WHERE NOT is_held)::int AS "releasedCount",
         (SELECT extract(epoch FROM min(paused_until) - statement_timestamp()) * 1000 FROM auth.queue_pauses)::float8 AS "nextEndMs"
  FROM changed`;
