-- AlterTable
ALTER TABLE "auth"."queued_managed_account_creations" ADD COLUMN     "is_held" BOOLEAN NOT NULL DEFAULT false;

-- What Prisma's schema language cannot say.

ALTER TABLE "auth"."queued_managed_account_creations" ADD CONSTRAINT "queued_managed_account_creations_held_check"
  CHECK (NOT "is_held" OR ("status" = 'pending' AND "family_id" IS NOT NULL));

-- Claims by due time. What a family's pause holds is not in it; a pending entry always has a due time (fill_due_time).
DROP INDEX "auth"."queued_managed_account_creations_due_idx";
CREATE INDEX "queued_managed_account_creations_due_idx"
  ON "auth"."queued_managed_account_creations" ("next_retry_at") WHERE "status" = 'pending' AND NOT "is_held";

-- Probes of an open circuit rotate: the entry that was not probed for the longest time.
DROP INDEX "auth"."queued_managed_account_creations_probe_idx";
CREATE INDEX "queued_managed_account_creations_probe_idx"
  ON "auth"."queued_managed_account_creations" ("probed_at" NULLS FIRST, "next_retry_at")
  WHERE "status" = 'pending' AND NOT "is_held";

-- A family's pending entries, by their mark: to set it when the family is paused, to take it back after that.
DROP INDEX "auth"."queued_managed_account_creations_family_due_idx";
CREATE INDEX "queued_managed_account_creations_held_idx"
  ON "auth"."queued_managed_account_creations" ("is_held", "family_id") WHERE "status" = 'pending';

-- An entry that becomes pending, whoever writes it, is marked if its family is paused. The lock on the pause keeps
-- it from being deleted before the mark can be seen: whoever releases the entries after that finds this one too.
CREATE FUNCTION "auth"."hold_paused"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.is_held := false;
  IF NEW.status = 'pending' THEN
    PERFORM FROM auth.queue_pauses
    WHERE scope = NEW.family_id::text AND (paused_until IS NULL OR paused_until > clock_timestamp())
    FOR KEY SHARE;
    NEW.is_held := FOUND;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "hold_paused"
  BEFORE INSERT OR UPDATE OF "status", "family_id" ON "auth"."queued_managed_account_creations"
  FOR EACH ROW WHEN (NEW."status" = 'pending' OR NEW."is_held")
  EXECUTE FUNCTION "auth"."hold_paused"();
