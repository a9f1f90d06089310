/**
 * Reads the change log. Transactions do not commit in the order of their ids: one that still writes may
 * add changes before those that are already visible. So only changes below the oldest writing transaction
 * are read (`pg_snapshot_xmin`), ordered by transaction and sequence: nothing can be added there, and a
 * reader that has reached a position has missed nothing. The cost: a long writing transaction holds all
 * subscribers back. Transactions of other databases of the cluster can be excluded, by a more expensive
 * query.
 *
 * A position is always that of a change, never the end of what could be read: after a crash PostgreSQL
 * reuses the ids of transactions that wrote nothing, and their new changes still come behind the last one.
 */
import type { Queryable } from '../../database/database.ts';
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import { comparePositions, LAST_INDEX, type Position } from './cursor.rules.ts';

/** A page ends with the row that reaches this many keys; one row holds at most 1,000 (the tables' triggers). */
const KEYS_PER_PAGE = 1_000;
const ROWS_PER_PAGE = 200;
const KINDS = { created: 'CREATED', updated: 'UPDATED', removed: 'REMOVED' } as const;

export interface ChangeRow {
  readonly topic: ChangeTopic;
  readonly kind: (typeof KINDS)[keyof typeof KINDS];
  readonly key: string;
  /** The owner of a removed object: an entry's family, a run's job. */
  readonly scope: string | undefined;
  readonly at: Date;
  readonly position: Position;
}

export interface ChangePage {
  readonly epoch: string;
  /** False: the change log was written before the database was restored or copied, or is not opened yet. */
  readonly isOurs: boolean;
  /** Whether the change at the position that was read from is still there, with those before it. */
  readonly isKnown: boolean;
  readonly rows: readonly ChangeRow[];
  /** Where the next page begins. */
  readonly end: Position;
  /** More can be read now. */
  readonly isFull: boolean;
  /** There are changes that cannot be sent yet, because an older transaction still writes. */
  readonly isHeldBack: boolean;
  /** Only the changes of transactions before this one could be read. */
  readonly horizon: string;
  /** Rows before this position have been deleted. */
  readonly oldest: Position;
}

interface Row {
  epoch: string;
  isOurs: boolean;
  xmin: string;
  isHeldBack: boolean;
  deletedTransactionId: string;
  deletedSequence: string;
  deletedProof: string;
  fromProof: string | null;
  transactionId: string | null;
  sequence: string;
  topic: ChangeTopic;
  kind: keyof typeof KINDS;
  keys: string[];
  scopes: string[];
  at: Date;
  proof: string;
  /** Whether more rows follow. */
  hasMore: boolean;
}

const NO_FEED = 'auth.change_feed has lost its row. Insert it again: DEFAULT VALUES.';

/** The oldest transaction that may still write here, in the snapshot of the statement: in the whole cluster. */
const ROUGHLY = 'pg_snapshot_xmin(pg_current_snapshot())::text::bigint';
/** The same, without transactions of other databases; it reads all locks. */
export const PRECISELY = `(
    SELECT coalesce(min(xid::text::bigint), pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    FROM pg_snapshot_xip(pg_current_snapshot()) AS xid
    -- Locks show the lower half of a transaction's number. One whose database is not known may be ours.
    WHERE NOT EXISTS (
      SELECT FROM pg_locks AS lock JOIN pg_stat_activity AS activity USING (pid)
      WHERE lock.locktype = 'transactionid' AND lock.granted AND activity.datname <> current_database()
        AND lock.transactionid::text::bigint = xid::text::bigint & 4294967295)
      AND NOT EXISTS (
        SELECT FROM pg_prepared_xacts AS prepared
        WHERE prepared.database <> current_database() AND prepared.transaction::text::bigint = xid::text::bigint & 4294967295)
  )`;

/** How many concurrent changes go into a proof; without a limit a long transaction would include all. */
const MOST_BESIDE = 50;

/**
 * The proof of a row `change`: a sum of its random mark and the marks of earlier rows that were written
 * concurrently. All other earlier rows were committed before it was written, so that any copy of the
 * database that has this row has them too.
 */
export const PROOF = `lpad(to_hex((change.mark + (
    SELECT coalesce(sum(beside.mark), 0) FROM (
      SELECT mark FROM auth.changes AS earlier
      WHERE earlier.transaction_id >= change.oldest_writer
        AND (earlier.transaction_id, earlier.sequence) < (change.transaction_id, change.sequence)
      ORDER BY earlier.transaction_id DESC, earlier.sequence DESC LIMIT ${MOST_BESIDE}
    ) AS beside)) & 4294967295), 8, '0')`;

const READ = `
  WITH horizon AS MATERIALIZED (
    SELECT CASE WHEN $3 THEN ${PRECISELY} ELSE ${ROUGHLY} END AS xmin, auth.change_epoch() AS epoch
  )
  SELECT horizon.epoch, horizon.epoch = feed.epoch AS "isOurs", horizon.xmin::text AS xmin,
         -- Once, and by the index: EXISTS with a condition would read the whole record to find that there is none.
         coalesce((SELECT max(transaction_id) FROM auth.changes) >= horizon.xmin, false) AS "isHeldBack",
         feed.deleted_transaction_id::text AS "deletedTransactionId", feed.deleted_sequence::text AS "deletedSequence",
         feed.deleted_proof AS "deletedProof",
         CASE WHEN (feed.deleted_transaction_id, feed.deleted_sequence) = ($1::bigint, $2::bigint) THEN feed.deleted_proof ELSE (
           SELECT ${PROOF} FROM auth.changes AS change WHERE (transaction_id, sequence) = ($1::bigint, $2::bigint)
         ) END AS "fromProof",
         change.*
  FROM horizon CROSS JOIN auth.change_feed AS feed
  LEFT JOIN LATERAL (
    SELECT transaction_id::text AS "transactionId", sequence::text AS sequence, topic, kind, keys, scopes, at,
           ${PROOF} AS proof, place < found OR found = ${ROWS_PER_PAGE} AS "hasMore"
    FROM (
      SELECT *, count(*) OVER () AS found, row_number() OVER upward AS place,
             sum(size) OVER upward - size AS "before"
      FROM (
        -- Of the row that was told in part, or whole, the rest counts.
        SELECT *, cardinality(keys) - CASE WHEN (transaction_id, sequence) = ($1::bigint, $2::bigint)
                                           THEN least($4::bigint + 1, cardinality(keys)) ELSE 0 END AS size
        FROM auth.changes
        WHERE (transaction_id, sequence) >= ($1::bigint, $2::bigint) AND transaction_id < horizon.xmin
        ORDER BY changes.transaction_id, changes.sequence LIMIT ${ROWS_PER_PAGE}
      ) AS next
      WINDOW upward AS (ORDER BY transaction_id, sequence)
    ) AS change
    WHERE size > 0 AND "before" < ${KEYS_PER_PAGE}
  ) AS change ON true
  ORDER BY change."transactionId"::bigint, change.sequence::bigint`;

/**
 * Returns the changes after `from`, in order, as far as they can be sent. `isPrecise`: transactions of other
 * databases do not hold changes back; that reads all locks, which is too expensive for every query.
 */
export async function readChanges(db: Queryable, from: Position, isPrecise = false): Promise<ChangePage> {
  const found = await db.query<Row>(READ, [
    String(from.transactionId),
    String(from.sequence),
    isPrecise,
    String(from.index),
  ]);
  const [first] = found;
  if (first === undefined) throw new Error(NO_FEED);
  const read = found.filter((row) => row.transactionId !== null);
  const rows = read.flatMap((row) => {
    const place = { transactionId: BigInt(row.transactionId ?? 0), sequence: BigInt(row.sequence), proof: row.proof };
    return row.keys.map((key, index): ChangeRow => {
      const scope = row.scopes[index];
      return { topic: row.topic, kind: KINDS[row.kind], key, scope, at: row.at, position: { ...place, index } };
    });
  });
  const told = rows.filter(({ position }) => comparePositions(position, from) > 0);
  return {
    epoch: first.epoch,
    isOurs: first.isOurs,
    isKnown: first.fromProof === from.proof,
    rows: told,
    end: told.at(-1)?.position ?? from,
    isFull: read.at(-1)?.hasMore === true,
    isHeldBack: first.isHeldBack,
    horizon: first.xmin,
    oldest: {
      transactionId: BigInt(first.deletedTransactionId),
      sequence: BigInt(first.deletedSequence),
      index: LAST_INDEX,
      proof: first.deletedProof,
    },
  };
}

/** Returns the position of the last change; all later changes are behind it. `isOurs` as in a page. */
export async function currentPlace(
  db: Queryable,
): Promise<{ readonly epoch: string; readonly isOurs: boolean; readonly position: Position }> {
  const [row] = await db.query<{
    epoch: string;
    isOurs: boolean;
    transactionId: string;
    sequence: string;
    proof: string;
  }>(
    `WITH horizon AS MATERIALIZED (SELECT ${PRECISELY} AS xmin, auth.change_epoch() AS epoch)
     SELECT horizon.epoch, horizon.epoch = feed.epoch AS "isOurs",
            coalesce(last.transaction_id, feed.deleted_transaction_id)::text AS "transactionId",
            coalesce(last.sequence, feed.deleted_sequence)::text AS sequence, coalesce(last.proof, feed.deleted_proof) AS proof
     FROM horizon CROSS JOIN auth.change_feed AS feed
     LEFT JOIN LATERAL (
       SELECT transaction_id, sequence, ${PROOF} AS proof FROM auth.changes AS change
       WHERE transaction_id < horizon.xmin ORDER BY transaction_id DESC, sequence DESC LIMIT 1
     ) AS last ON true`,
  );
  if (row === undefined) throw new Error(NO_FEED);
  const { epoch, isOurs, transactionId, sequence, proof } = row;
  const position = { transactionId: BigInt(transactionId), sequence: BigInt(sequence), index: LAST_INDEX, proof };
  return { epoch, isOurs, position };
}
