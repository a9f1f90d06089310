/** Walking the trail in batches, in the order of places, so that a long one takes no more memory than a short one. */
import type { Queryable } from '../../database/database.ts';
import { STORED_COLUMNS, type StoredEntry, storedEntries } from './stored-entries.ts';

const BATCH = 1_000;

/** The chained rows from one place to another, both included, a batch at a time. */
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

/** The rows that the sealer has not chained yet, in the order of writing, a batch at a time. */
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
