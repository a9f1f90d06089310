-- What changed, for whoever watches: one row for each statement that changed rows of a watched table,
-- written by triggers, so that nothing is missed whoever changed it, and read in the order
-- (transaction_id, sequence) below the oldest transaction that still writes.
CREATE TYPE "auth"."change_topic" AS ENUM ('entry', 'run', 'schedule', 'circuit', 'bulk_action', 'alert');
CREATE TYPE "auth"."change_kind" AS ENUM ('created', 'updated', 'removed');

CREATE TABLE "auth"."changes" (
    "transaction_id" BIGINT NOT NULL DEFAULT ((pg_current_xact_id())::text)::bigint,
    "sequence" BIGSERIAL NOT NULL,
    "topic" "auth"."change_topic" NOT NULL,
    "kind" "auth"."change_kind" NOT NULL,
    "keys" TEXT[],
    "scopes" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT "changes_pkey" PRIMARY KEY ("transaction_id", "sequence")
);

-- Of which database the rows are (change_epoch), and up to where they were deleted.
CREATE TABLE "auth"."change_feed" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "epoch" TEXT NOT NULL DEFAULT '',
    "deleted_transaction_id" BIGINT NOT NULL DEFAULT 0,
    "deleted_sequence" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "change_feed_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "change_feed_one_row_check" CHECK ("id" = 1)
);
INSERT INTO "auth"."change_feed" DEFAULT VALUES;

-- Transaction ids mean something in one life of one database only. Another one, be it restored from
-- a dump, copied, or set back to an earlier time, has another cluster, timeline, database or table.
CREATE FUNCTION "auth"."change_epoch"() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT substr(md5(concat_ws(':',
    (SELECT system_identifier FROM pg_control_system()), substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'auth.changes'::regclass::oid)), 1, 12)
$$;

-- Whoever changes rows with SQL of his own is heard at once. Our own connections say so themselves,
-- coalesced: a NOTIFY in each transaction halves the commit rate.
CREATE FUNCTION "auth"."announce_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('family_hub_jobs', '{"changes":true}');
  RETURN NULL;
END
$$;
CREATE TRIGGER "announce_changes" AFTER INSERT ON "auth"."changes"
  FOR EACH STATEMENT WHEN (current_setting('application_name') <> 'family-hub-jobs')
  EXECUTE FUNCTION "auth"."announce_changes"();

DROP TRIGGER "announce_inserted_entries" ON "auth"."queued_managed_account_creations";
DROP FUNCTION "auth"."announce_inserted_entries"();
CREATE FUNCTION "auth"."announce_work"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('family_hub_jobs', '{"work":true}');
  RETURN NULL;
END
$$;
CREATE TRIGGER "announce_work" AFTER INSERT ON "auth"."queued_managed_account_creations"
  FOR EACH STATEMENT WHEN (current_setting('application_name') <> 'family-hub-jobs')
  EXECUTE FUNCTION "auth"."announce_work"();

-- Of tables with many rows a row of the record holds 1,000 keys at the most, so that whoever reads it
-- need not hold more. What an update changed is found by EXCEPT: a join of the two tables has no index and no statistics,
-- and so is a loop within a loop.

-- Entries. Passwords that are sealed anew and what only the workers look at are no change for others.
-- Whose a removed one was is kept with it: afterwards nobody could tell.
CREATE FUNCTION "auth"."record_entry_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'entry', 'created', array_agg(id::text)
    FROM (SELECT id, row_number() OVER () AS place FROM new_rows) AS created
    GROUP BY (place - 1) / 1000;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'entry', 'updated', array_agg(id::text)
    FROM (SELECT id, row_number() OVER () AS place FROM (
          SELECT id, status, retry_count, next_retry_at, attempt_count, last_error_code, last_error_message, password_destroyed_at,
                 username, full_name, role, family_id, created_by_user_id, user_id, completed_at, failed_at, cancelled_at
          FROM new_rows
          EXCEPT ALL
          SELECT id, status, retry_count, next_retry_at, attempt_count, last_error_code, last_error_message, password_destroyed_at,
                 username, full_name, role, family_id, created_by_user_id, user_id, completed_at, failed_at, cancelled_at
          FROM old_rows) AS different) AS changed
    GROUP BY (place - 1) / 1000;
  ELSE
    INSERT INTO auth.changes (topic, kind, keys, scopes)
    SELECT 'entry', 'removed', array_agg(id::text), array_agg(coalesce(family_id::text, ''))
    FROM (SELECT id, family_id, row_number() OVER () AS place FROM old_rows) AS removed
    GROUP BY (place - 1) / 1000;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "record_inserts" AFTER INSERT ON "auth"."queued_managed_account_creations"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_entry_changes"();
CREATE TRIGGER "record_updates" AFTER UPDATE ON "auth"."queued_managed_account_creations"
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_entry_changes"();
CREATE TRIGGER "record_deletes" AFTER DELETE ON "auth"."queued_managed_account_creations"
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_entry_changes"();

-- Runs. A lease that is renewed is no change.
CREATE FUNCTION "auth"."record_run_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'run', 'created', array_agg(id::text) FROM new_rows HAVING count(*) > 0;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'run', 'updated', array_agg(id::text)
    FROM (SELECT id, status, counts, error_message, reason, started_at, finished_at, interrupted_at, node_id FROM new_rows EXCEPT ALL SELECT id, status, counts, error_message, reason, started_at, finished_at, interrupted_at, node_id FROM old_rows) AS changed
    HAVING count(*) > 0;
  ELSE
    INSERT INTO auth.changes (topic, kind, keys, scopes)
    SELECT 'run', 'removed', array_agg(id::text), array_agg(job_name)
    FROM (SELECT id, job_name, row_number() OVER () AS place FROM old_rows) AS removed
    GROUP BY (place - 1) / 1000;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "record_inserts" AFTER INSERT ON "auth"."job_runs"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_run_changes"();
CREATE TRIGGER "record_updates" AFTER UPDATE ON "auth"."job_runs"
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_run_changes"();
CREATE TRIGGER "record_deletes" AFTER DELETE ON "auth"."job_runs"
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_run_changes"();

-- Schedules, a settled fire included: the next one is part of what is shown.
CREATE FUNCTION "auth"."record_schedule_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'schedule', 'removed', array_agg(name) FROM old_rows HAVING count(*) > 0;
  ELSE
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'schedule', CASE TG_OP WHEN 'INSERT' THEN 'created' ELSE 'updated' END::auth.change_kind, array_agg(name)
    FROM new_rows HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "record_inserts" AFTER INSERT ON "auth"."job_schedules"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_schedule_changes"();
CREATE TRIGGER "record_updates" AFTER UPDATE ON "auth"."job_schedules"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_schedule_changes"();
CREATE TRIGGER "record_deletes" AFTER DELETE ON "auth"."job_schedules"
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_schedule_changes"();

-- Circuits. Failures that are only counted are no change.
CREATE FUNCTION "auth"."record_circuit_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'circuit', 'created', array_agg(provider) FROM new_rows HAVING count(*) > 0;
  ELSE
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'circuit', 'updated', array_agg(provider)
    FROM (SELECT provider, state, cause, reason, opened_by, opened_at, next_probe_at FROM new_rows EXCEPT ALL SELECT provider, state, cause, reason, opened_by, opened_at, next_probe_at FROM old_rows) AS changed
    HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "record_inserts" AFTER INSERT ON "auth"."identity_circuits"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_circuit_changes"();
CREATE TRIGGER "record_updates" AFTER UPDATE ON "auth"."identity_circuits"
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_circuit_changes"();

-- Bulk actions. A lease that is renewed is no change.
CREATE FUNCTION "auth"."record_bulk_action_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'bulk_action', 'created', array_agg(id::text) FROM new_rows HAVING count(*) > 0;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'bulk_action', 'updated', array_agg(id::text)
    FROM (SELECT id, status, total_count, done_count, skipped_count, undone_count, kept_count, run_at, reason, actor, applied_at, finished_at FROM new_rows EXCEPT ALL SELECT id, status, total_count, done_count, skipped_count, undone_count, kept_count, run_at, reason, actor, applied_at, finished_at FROM old_rows) AS changed
    HAVING count(*) > 0;
  ELSE
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'bulk_action', 'removed', array_agg(id::text) FROM old_rows HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "record_inserts" AFTER INSERT ON "auth"."bulk_actions"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_bulk_action_changes"();
CREATE TRIGGER "record_updates" AFTER UPDATE ON "auth"."bulk_actions"
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_bulk_action_changes"();
CREATE TRIGGER "record_deletes" AFTER DELETE ON "auth"."bulk_actions"
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_bulk_action_changes"();
