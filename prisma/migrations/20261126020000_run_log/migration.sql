-- What a run says while it goes on, kept with it: lines for people, and how far it is.
-- CreateEnum
CREATE TYPE "auth"."run_log_level" AS ENUM ('info', 'warn', 'error');

-- AlterTable
ALTER TABLE "auth"."job_runs" ADD COLUMN     "progress_at" TIMESTAMPTZ(3),
ADD COLUMN     "progress_done_count" INTEGER,
ADD COLUMN     "progress_label" TEXT,
ADD COLUMN     "progress_total_count" INTEGER;

-- CreateTable
CREATE TABLE "auth"."job_run_log_lines" (
    "run_id" UUID NOT NULL,
    "sequence" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "level" "auth"."run_log_level" NOT NULL,
    "message" TEXT NOT NULL,
    "fields" JSONB,

    CONSTRAINT "job_run_log_lines_pkey" PRIMARY KEY ("run_id","sequence")
);

-- AddForeignKey
ALTER TABLE "auth"."job_run_log_lines" ADD CONSTRAINT "job_run_log_lines_run_id_fkey" FOREIGN KEY ("run_id") REFERENCES "auth"."job_runs"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Said together or not at all; what is done need not be within what was reckoned at the start.
ALTER TABLE "auth"."job_runs" ADD CONSTRAINT "job_runs_progress_check" CHECK (
  ("progress_at" IS NULL) = ("progress_done_count" IS NULL)
  AND ("progress_at" IS NULL) = ("progress_label" IS NULL)
  AND ("progress_at" IS NOT NULL OR "progress_total_count" IS NULL)
  AND "progress_done_count" >= 0 AND "progress_total_count" >= 0
);

-- Runs. A lease that is renewed is no change; progress is, and so are lines.
CREATE OR REPLACE FUNCTION "auth"."record_run_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'run', 'created', array_agg(id::text) FROM new_rows HAVING count(*) > 0;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'run', 'updated', array_agg(id::text)
    FROM (SELECT id, status, counts, error_message, reason, started_at, finished_at, interrupted_at, node_id,
                 progress_done_count, progress_total_count, progress_label FROM new_rows
          EXCEPT ALL
          SELECT id, status, counts, error_message, reason, started_at, finished_at, interrupted_at, node_id,
                 progress_done_count, progress_total_count, progress_label FROM old_rows) AS changed
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

CREATE FUNCTION "auth"."record_run_lines"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO auth.changes (topic, kind, keys)
  SELECT 'run', 'updated', array_agg(DISTINCT run_id::text) FROM new_rows HAVING count(*) > 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER "record_inserts" AFTER INSERT ON "auth"."job_run_log_lines"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_run_lines"();
