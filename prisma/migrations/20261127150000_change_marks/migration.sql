-- A cursor proves itself: each change has a random mark, and says which transactions may have been
-- writing beside its own. Who brings back a change's mark and those of the changes written beside it
-- has seen nothing that this database does not hold: whatever was committed before all of these were
-- begun was committed before them in the WAL, too. So a failover that lost nothing keeps cursors good,
-- and one that did, like a restore, ends those that have seen what was lost.
-- The record begins anew: what is in it has no marks, and the epoch below is another one.
TRUNCATE "auth"."changes";
ALTER TABLE "auth"."changes"
    ADD COLUMN "mark" INTEGER NOT NULL DEFAULT ((random() * 4294967295)::bigint - 2147483648)::integer,
    ADD COLUMN "oldest_writer" BIGINT NOT NULL DEFAULT ((pg_snapshot_xmin(pg_current_snapshot()))::text)::bigint;

-- The proof of the newest change that was deleted: the place before it is gone, it can be gone on from.
ALTER TABLE "auth"."change_feed" ADD COLUMN "deleted_proof" TEXT NOT NULL DEFAULT '00000000';

-- No timeline any more: a promotion begins another one, whether anything was lost or not. What is left
-- tells where transaction ids mean something else: another cluster, database or table.
CREATE OR REPLACE FUNCTION "auth"."change_epoch"() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT substr(md5(concat_ws(':', (SELECT system_identifier FROM pg_control_system()),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'auth.changes'::regclass::oid)), 1, 12)
$$;
