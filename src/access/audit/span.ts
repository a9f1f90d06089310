/**
 * Maps a span of time to places in the chain. Places follow the order of writing and times follow the nodes'
 * clocks, so the two orders differ slightly; and a row that was deleted, or whose time was changed, must not
 * go unnoticed. So the result includes one neighbour on either side.
 */
import type { Queryable } from '../../database/database.ts';

/** From `from` inclusive to `to` exclusive; null means unbounded. */
export interface TimeSpan {
  readonly from: Date | null;
  readonly to: Date | null;
}

export interface PlaceSpan {
  /** Both ends are included; empty if `first` is greater than `last`. */
  readonly first: number;
  readonly last: number;
}

/** Returns the places to check for a span of time, between `lowest` and `highest`, the first and last expected. */
export async function placesOf(
  db: Queryable,
  { from, to }: TimeSpan,
  { lowest, highest }: { lowest: number; highest: number },
): Promise<PlaceSpan> {
  if (from === null && to === null) return { first: lowest, last: highest };
  const [row] = await db.query<PlaceSpan>(
    `WITH span AS (SELECT COALESCE($1::timestamptz, '-infinity') AS starts, COALESCE($2::timestamptz, 'infinity') AS ends),
     inside AS (
       SELECT min(link) AS first, max(link) AS last FROM auth.audit_entries, span
        WHERE at >= starts AND at < ends AND link IS NOT NULL
     )
     SELECT LEAST(first - 1, (
              SELECT link FROM auth.audit_entries, span WHERE at < starts AND link IS NOT NULL ORDER BY at DESC LIMIT 1
            ))::float8 AS first,
            GREATEST(last + 1, COALESCE((
              SELECT link FROM auth.audit_entries, span WHERE at >= ends AND link IS NOT NULL ORDER BY at LIMIT 1
            ), $3))::float8 AS last
       FROM inside`,
    [from, to, highest],
  );
  return {
    first: Math.max(lowest, row?.first ?? lowest),
    last: Math.min(highest, row?.last ?? highest),
  };
}
