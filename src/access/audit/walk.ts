/** Reads the trail in batches, so that memory use does not depend on its length. */
import type { Queryable } from '../../database/database.ts';
import type { SignedRow } from '../../work/audit-trail.ts';

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
