/**
 * Reading the record of changes. Transactions commit in another order than their numbers: one that
 * is still writing may yet come before what is there already. So only what lies below the oldest
 * writing transaction is read (`pg_snapshot_xmin`), in the order of transaction and sequence;
 * nothing can be added there any more, and whoever read up to a place has missed nothing. The
 * price is that a long writing transaction holds everybody back; not one of another database of
 * the cluster, though, which can be found out, at a price.
 */
import type { Queryable, Transactional } from '../../database/database.ts';
import type { ChangeTopic } from '../../database/generated/prisma/enums.ts';
import { beforeTransaction, comparePositions, LAST_INDEX, LAST_SEQUENCE, type Position } from './cursor.rules.ts';

/** A page ends with the row that makes it so many keys; a row holds 1,000 at the most (the tables' triggers). */
const KEYS_PER_PAGE = 1_000;
const ROWS_PER_PAGE = 200;
const KINDS = { created: 'CREATED', updated: 'UPDATED', removed: 'REMOVED' } as const;

export interface ChangeRow {
  readonly topic: ChangeTopic;
  readonly kind: (typeof KINDS)[keyof typeof KINDS];
  readonly key: string;
  /** Of what was removed: whose it was. An entry's family, a run's job. */
  readonly scope: string | undefined;
  readonly at: Date;
  readonly position: Position;
}

export interface ChangePage {
  readonly epoch: string;
  /** False: the record was written by another life of the database, or by nobody yet. */
  readonly isOurs: boolean;
  readonly rows: readonly ChangeRow[];
  /** Where the next page begins. */
  readonly end: Position;
  /** More can be read at once. */
  readonly isFull: boolean;
  /** Something is written that cannot be told yet, since an older transaction still writes. */
  readonly isHeldBack: boolean;
  /** Before this place rows have been deleted. */
  readonly oldest: Position;
}

interface Row {
  epoch: string;
  isOurs: boolean;
  xmin: string;
  isHeldBack: boolean;
  deletedTransactionId: string;
  deletedSequence: string;
  transactionId: string | null;
  sequence: string;
  topic: ChangeTopic;
  kind: keyof typeof KINDS;
  keys: string[];
  scopes: string[];
  at: Date;
  /** There are rows behind it. */
  hasMore: boolean;
}

/** The oldest transaction that may still write here, in the snapshot of the statement; roughly, or precisely. */
const ROUGHLY = 'pg_snapshot_xmin(pg_current_snapshot())::text::bigint';
const PRECISELY = `(
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

const READ = `
  WITH horizon AS MATERIALIZED (
    SELECT CASE WHEN $3 THEN ${PRECISELY} ELSE ${ROUGHLY} END AS xmin, auth.change_epoch() AS epoch
  )
  SELECT horizon.epoch, horizon.epoch = feed.epoch AS "isOurs", horizon.xmin::text AS xmin,
         EXISTS (SELECT FROM auth.changes WHERE transaction_id >= horizon.xmin) AS "isHeldBack",
         feed.deleted_transaction_id::text AS "deletedTransactionId", feed.deleted_sequence::text AS "deletedSequence",
         change.*
  FROM horizon CROSS JOIN auth.change_feed AS feed
  LEFT JOIN LATERAL (
    SELECT transaction_id::text AS "transactionId", sequence::text AS sequence, topic, kind, keys, scopes, at,
           place < found OR found = ${ROWS_PER_PAGE} AS "hasMore"
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
    ) AS counted
    WHERE size > 0 AND "before" < ${KEYS_PER_PAGE}
  ) AS change ON true
  ORDER BY change."transactionId"::bigint, change.sequence::bigint`;

/**
 * What was changed after `from`, in order, as far as it can be told. `isPrecise`: transactions of
 * other databases are told apart, by a look at all locks, which is too dear for every reading.
 */
export async function readChanges(db: Queryable, from: Position, isPrecise = false): Promise<ChangePage> {
  const found = await db.query<Row>(READ, [
    String(from.transactionId),
    String(from.sequence),
    isPrecise,
    String(from.index),
  ]);
  const [first] = found;
  if (first === undefined) throw new Error('auth.change_feed has lost its row. Insert it again: DEFAULT VALUES.');
  const read = found.filter((row) => row.transactionId !== null);
  const rows = read.flatMap((row) => {
    const place = { transactionId: BigInt(row.transactionId ?? 0), sequence: BigInt(row.sequence) };
    return row.keys.map((key, index): ChangeRow => {
      const scope = row.scopes[index];
      return { topic: row.topic, kind: KINDS[row.kind], key, scope, at: row.at, position: { ...place, index } };
    });
  });
  const isFull = read.at(-1)?.hasMore === true;
  const last = rows.at(-1)?.position;
  const horizon = beforeTransaction(BigInt(first.xmin));
  // The clocks of transactions never go back, but a place from elsewhere may lie ahead of this one.
  const behindAll = comparePositions(horizon, from) > 0 ? horizon : from;
  return {
    epoch: first.epoch,
    isOurs: first.isOurs,
    rows: rows.filter(({ position }) => comparePositions(position, from) > 0),
    end: isFull && last !== undefined ? last : behindAll,
    isFull,
    isHeldBack: first.isHeldBack,
    oldest: {
      transactionId: BigInt(first.deletedTransactionId),
      sequence: BigInt(first.deletedSequence),
      index: LAST_INDEX,
    },
  };
}

/** The place of now: what is changed from now on is behind it. */
export async function currentPlace(db: Queryable): Promise<{ epoch: string; position: Position }> {
  const [row] = await db.query<{ epoch: string; xmin: string }>(
    `SELECT auth.change_epoch() AS epoch, (${PRECISELY})::text AS xmin`,
  );
  if (row === undefined) throw new Error('PostgreSQL did not answer');
  return { epoch: row.epoch, position: beforeTransaction(BigInt(row.xmin)) };
}

/**
 * Whether a place that somebody brings back is one of this record: not ahead of all that was written,
 * and, where it is that of a change, with that change there. It is not after the files of the
 * database were put back to an earlier time, which no epoch can tell.
 */
export async function isKnownPlace(db: Queryable, { transactionId, sequence }: Position): Promise<boolean> {
  const [row] = await db.query<{ isKnown: boolean }>(
    `SELECT $1::bigint < pg_snapshot_xmax(pg_current_snapshot())::text::bigint
            AND ($2::bigint = ${LAST_SEQUENCE} OR EXISTS (SELECT FROM auth.changes WHERE transaction_id = $1::bigint AND sequence = $2::bigint)) AS "isKnown"`,
    [String(transactionId), String(sequence)],
  );
  return row?.isKnown === true;
}

/**
 * Sees to it that the record is of this database: what another one wrote (before a dump and
 * restore, a copy, a point in time gone back to) is deleted, since its numbers mean nothing here.
 */
export async function openRecord(db: Pick<Transactional, 'transaction'>): Promise<void> {
  await db.transaction(async (tx) => {
    const [feed] = await tx.query<{ isOurs: boolean }>(
      'SELECT epoch = auth.change_epoch() AS "isOurs" FROM auth.change_feed FOR UPDATE',
    );
    if (feed?.isOurs === true) return;
    await tx.query('DELETE FROM auth.changes');
    await tx.query(
      `INSERT INTO auth.change_feed AS feed (id, epoch, deleted_transaction_id) VALUES (1, auth.change_epoch(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1)
       ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, deleted_transaction_id = excluded.deleted_transaction_id, deleted_sequence = 0`,
    );
  });
}

/**
 * Deletes the oldest changes, those kept for `keepMs`, up to `limit` rows; answers how many. Only
 * what has been told: an older transaction that still writes could not be told in its place later.
 */
export async function deleteOldChanges(db: Queryable, keepMs: number, limit: number): Promise<string[]> {
  const rows = await db.query<{ key: string }>(
    `WITH oldest AS (
       SELECT ctid AS place, transaction_id, sequence, at FROM auth.changes
       WHERE transaction_id < ${PRECISELY}
       ORDER BY transaction_id, sequence LIMIT $2
     ), young AS (
       SELECT transaction_id, sequence FROM oldest WHERE at >= now() - $1 * interval '1 millisecond'
       ORDER BY transaction_id, sequence LIMIT 1
     ), deleted AS (
       DELETE FROM auth.changes WHERE ctid = ANY (ARRAY(
         SELECT place FROM oldest
         WHERE NOT EXISTS (SELECT FROM young WHERE (oldest.transaction_id, oldest.sequence) >= (young.transaction_id, young.sequence))
       )) RETURNING changes.transaction_id, changes.sequence
     ), noted AS (
       UPDATE auth.change_feed SET deleted_transaction_id = newest.transaction_id, deleted_sequence = newest.sequence
       FROM (SELECT transaction_id, sequence FROM deleted ORDER BY transaction_id DESC, sequence DESC LIMIT 1) AS newest
     )
     SELECT transaction_id || '.' || sequence AS key FROM deleted`,
    [keepMs, limit],
  );
  return rows.map(({ key }) => key);
}
