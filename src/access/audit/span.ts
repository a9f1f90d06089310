/**
 * Which places a span of time covers. Places follow the order of writing and times follow the
 * nodes' clocks, so the two do not run quite alike; and a row that was deleted, or whose time was
 * changed, must not fall out of sight. So one neighbour on either side belongs to it.
 */
import type { Queryable } from '../../database/database.ts';

/** In [from, to); an end that is null is open. */
export interface TimeSpan {
  readonly from: Date | null;
  readonly to: Date | null;
}

export interface PlaceSpan {
  /** From this place to that one, both included; none when `first` is behind `last`. */
  readonly first: number;
  readonly last: number;
}

/** The places to look at for a span of time, from `lowest`, the first that there should be, to `highest`, the last. */
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
