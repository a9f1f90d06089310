/**
 * The mark "is_held": a pending entry of a paused family is not in the index of due entries, so that
 * claims do not walk over it. A trigger sets the mark on each entry that becomes pending. What was
 * pending when a pause begins or ends is marked or released here, in batches, by every node: one that
 * stops in between leaves the rest to the next. Claims ask the pauses as well (IS_NOT_PAUSED), so that
 * a pause holds before the first entry is marked.
 */
import { planAnew } from '../../database/by-place.ts';
import type { Database } from '../../database/database.ts';
import type { Services } from '../../work/context.ts';
import { type Loop, loop } from '../../work/loop.ts';
import { announce } from '../../work/unit.ts';
import { IS_IN_FORCE } from '../lease.ts';

/** Some 50 ms; claims see what a batch released at once. */
const BATCH = 1_000;
/** When to look again for what other transactions have locked. */
const LOOK_AGAIN_MS = 250;
/** After this time at the latest a node sees pauses of which it got no notice: those written or deleted by SQL. */
const LONGEST_SLEEP_MS = 60_000;

/** Creates the loop that keeps the marks; it does nothing until it is woken. */
export const createHolds = (services: Pick<Services, 'db' | 'notices'>): Loop =>
  loop({
    name: 'Marking the entries of paused families',
    outage: services.db.outage,
    async once() {
      const { foundCount, heldCount, releasedCount, endedCount, nextEndMs } = await keepHolds(services.db);
      if (releasedCount + endedCount > 0) announce(services, 'entriesDue');
      if (heldCount + releasedCount > 0) return 0;
      const endsIn = nextEndMs === null ? LONGEST_SLEEP_MS : Math.max(nextEndMs, LOOK_AGAIN_MS);
      return Math.min(LONGEST_SLEEP_MS, endsIn, foundCount > 0 ? LOOK_AGAIN_MS : LONGEST_SLEEP_MS);
    },
  });

export interface KeptHolds {
  /** Entries whose mark was wrong, at most a batch; some of them may have been locked. */
  readonly foundCount: number;
  readonly heldCount: number;
  readonly releasedCount: number;
  /** Pauses that ended by themselves and were deleted. */
  readonly endedCount: number;
  /** Milliseconds until the next pause ends, below 0 for one that has ended but is locked; null: none ends by itself. */
  readonly nextEndMs: number | null;
}

/** Deletes the pauses that have ended, and corrects the marks of up to a batch of entries. */
export function keepHolds(db: Pick<Database, 'transaction'>): Promise<KeptHolds> {
  return db.transaction(async (tx) => {
    await planAnew(tx);
    const ended = await tx.query(DELETE_ENDED);
    const [kept] = await tx.query<Omit<KeptHolds, 'endedCount'>>(KEEP, [BATCH]);
    if (kept === undefined) throw new Error('The statement that marks entries answered no row.');
    return { ...kept, endedCount: ended.length };
  });
}

// A transaction that marked an entry because of a pause has locked it: it is deleted once that mark can be seen.
const DELETE_ENDED = `
  DELETE FROM auth.queue_pauses WHERE scope = ANY (ARRAY(
    SELECT scope FROM auth.queue_pauses WHERE paused_until <= statement_timestamp() FOR UPDATE SKIP LOCKED))
  RETURNING 1`;

// Releases come first. The families that have marked entries are stepped through in
// queued_managed_account_creations_held_idx; a pause is locked while entries are marked because of it.
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
