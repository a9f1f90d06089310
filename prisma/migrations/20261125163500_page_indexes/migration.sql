-- Pages by due time, both ways; rows without one are read by their id. What filters ask for rides
-- along, so that it is tested without a look at each row.
CREATE INDEX "queued_managed_account_creations_next_retry_at_idx"
  ON "auth"."queued_managed_account_creations"
  ("next_retry_at", "id", "status", "created_at", "last_error_code" text_pattern_ops) WHERE "next_retry_at" IS NOT NULL;

-- Entries by username, whole or by its beginning.
CREATE INDEX "queued_managed_account_creations_username_idx"
  ON "auth"."queued_managed_account_creations" ("username" text_pattern_ops);

-- Entries by the code of their last failure, whole or by its beginning.
CREATE INDEX "queued_managed_account_creations_last_error_code_idx"
  ON "auth"."queued_managed_account_creations" ("last_error_code" text_pattern_ops, "created_at" DESC, "id" DESC)
  WHERE "last_error_code" IS NOT NULL;

-- A waiting entry always has a due time: where somebody writes none by hand, it is due now. So
-- that "due by now" is a span of one index.
CREATE FUNCTION auth.fill_due_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.next_retry_at := date_trunc('milliseconds', now());
  RETURN NEW;
END $$;
CREATE TRIGGER "fill_due_time"
  BEFORE INSERT OR UPDATE OF "status", "next_retry_at" ON "auth"."queued_managed_account_creations"
  FOR EACH ROW WHEN (NEW."status" = 'pending' AND NEW."next_retry_at" IS NULL)
  EXECUTE FUNCTION auth.fill_due_time();
UPDATE "auth"."queued_managed_account_creations" SET "next_retry_at" = date_trunc('milliseconds', now())
 WHERE "status" = 'pending' AND "next_retry_at" IS NULL;
