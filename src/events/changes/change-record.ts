/** Maintains the change log: clears it in another database, and deletes old changes. */
import type { Queryable, Transactional } from '../../database/database.ts';
import { PRECISELY, PROOF } from './change-rows.ts';

/**
 * Ensures that the change log belongs to this database: rows that another one wrote (before a dump and
 * restore, a copy, an upgrade) are deleted, since their transaction ids mean nothing here.
 */
export async function openRecord(db: Pick<Transactional, 'transaction'>): Promise<void> {
  await db.transaction(async (tx) => {
    const [feed] = await tx.query<{ isOurs: boolean }>(
      'SELECT epoch = auth.change_epoch() AS "isOurs" FROM auth.change_feed FOR UPDATE',
    );
    if (feed?.isOurs === true) return;
    await tx.query('DELETE FROM auth.changes');
    await tx.query(
      `INSERT INTO auth.change_feed AS feed (id, epoch, deleted_transaction_id, deleted_proof)
       VALUES (1, auth.change_epoch(), pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1,
               lpad(to_hex((random() * 4294967295)::bigint), 8, '0'))
       ON CONFLICT (id) DO UPDATE SET epoch = excluded.epoch, deleted_transaction_id = excluded.deleted_transaction_id,
                                      deleted_sequence = 0, deleted_proof = excluded.deleted_proof`,
    );
  });
}

/**
 * Deletes up to `limit` changes older than `keepMs`, oldest first; returns how many. It deletes only below
 * the oldest transaction that still writes, whose changes must still be sent in their order.
 */
export async function deleteOldChanges(db: Queryable, keepMs: number, limit: number): Promise<number> {
  const [row] = await db.query<{ count: number }>(
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
       UPDATE auth.change_feed
       SET deleted_transaction_id = newest.transaction_id, deleted_sequence = newest.sequence, deleted_proof = newest.proof
       FROM (
         SELECT transaction_id, sequence, ${PROOF} AS proof FROM auth.changes AS change
         WHERE (transaction_id, sequence) = (SELECT transaction_id, sequence FROM deleted ORDER BY 1 DESC, 2 DESC LIMIT 1)
       ) AS newest
     )
     SELECT count(*)::int AS count FROM deleted`,
    [keepMs, limit],
  );
  return row?.count ?? 0;
}
