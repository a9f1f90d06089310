/**
 * Reads the trail in batches, so that memory use does not depend on its length.
 *
 * Maps a span of time to places in the chain. Places follow the order of writing and times follow the nodes'
 * clocks, so the two orders differ slightly; and a row that was deleted, or whose time was changed, must not go
 * unnoticed. So the result includes one neighbour on either side.
 */
import type { Queryable } from '../../database/database.ts';
import type { SignedRow } from '../../work/audit-trail.ts';

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

const BATCH = 1_000;

/** Yields the chained rows between two places, both included, in batches and in the order of places. */
export async function* chainedRows(db: Queryable, first: number, last: number): AsyncGenerator<StoredEntry[]> {
  for (let [link, sequence] = [first, Number.MIN_SAFE_INTEGER]; ; ) {
    const rows = storedEntries(
      await db.query(
        `SELECT ${STORED_COLUMNS} FROM auth.audit_entries AS entry
          WHERE (entry.link, entry.sequence) > ($1::bigint, $2::bigint) AND entry.link <= $3
          ORDER BY entry.link, entry.sequence LIMIT ${BATCH}`,
        [link, sequence, last],
      ),
    );
    if (rows.length > 0) yield rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < BATCH) return;
    [link, sequence] = [end.link ?? last, end.sequence];
  }
}

/** Yields the rows that are not chained yet, in batches and in the order of writing. */
export async function* unchainedRows(db: Queryable): AsyncGenerator<StoredEntry[]> {
  for (let sequence = Number.MIN_SAFE_INTEGER; ; ) {
    const rows = storedEntries(
      await db.query(
        `SELECT ${STORED_COLUMNS} FROM auth.audit_entries AS entry
          WHERE entry.link IS NULL AND entry.sequence > $1 ORDER BY entry.sequence LIMIT ${BATCH}`,
        [sequence],
      ),
    );
    if (rows.length > 0) yield rows;
    const end = rows.at(-1);
    if (end === undefined || rows.length < BATCH) return;
    sequence = end.sequence;
  }
}

/** A row with its MAC and, once it is chained, its place in the chain. */
export interface StoredEntry extends SignedRow {
  readonly sequence: number;
  readonly mac: Buffer;
  readonly link: number | null;
  readonly chain: Buffer | null;
  /** When it was chained; null until then. */
  readonly chained_at: string | null;
  /** An earlier row has the same id: this one is a copy. */
  readonly isCopy: boolean;
}

type Read = Omit<StoredEntry, 'at' | 'chained_at'> & { readonly at: unknown; readonly chained_at: unknown };

/** Columns for queries of `auth.audit_entries AS entry`; pass the result to `storedEntries`. */
export const STORED_COLUMNS = `
  entry.id, entry.at, entry.actor_kind, entry.actor_id, entry.actor, entry.token_prefix, entry.role, entry.action,
  entry.outcome, entry.target_type, entry.target_id, entry.family_id, entry.reason, entry.before, entry.after,
  entry.request_id, entry.address, entry.node_id, entry.key_id, entry.mac, entry.chain, entry.chained_at,
  entry.sequence::float8 AS sequence, entry.link::float8 AS link,
  EXISTS (SELECT FROM auth.audit_entries AS twin WHERE twin.id = entry.id AND twin.sequence < entry.sequence) AS "isCopy"`;

export const storedEntries = (rows: readonly unknown[]): StoredEntry[] =>
  (rows as readonly Read[]).map((row) => ({
    ...row,
    at: instantText(row.at),
    chained_at: row.chained_at === null ? null : instantText(row.chained_at),
  }));

/** Someone with SQL access may write a timestamp that JavaScript does not have, for example `infinity`. */
const instantText = (at: unknown): string =>
  at instanceof Date && !Number.isNaN(at.getTime()) ? at.toISOString() : String(at);
