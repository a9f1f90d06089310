-- Who may see an entry or a bulk action: an ENQUEUER what it enqueued itself, a caller that is
-- bound to a family what concerns that family.
ALTER TABLE "auth"."queued_managed_account_creations" ADD COLUMN "enqueuer" TEXT;
ALTER TABLE "auth"."bulk_actions" ADD COLUMN "family_id" UUID;

-- Only entries of ENQUEUERs are in it: all others cost nothing.
CREATE INDEX "queued_managed_account_creations_enqueuer_idx"
  ON "auth"."queued_managed_account_creations" ("enqueuer", "created_at" DESC, "id" DESC)
  WHERE "enqueuer" IS NOT NULL;

-- The settings that the last node started with, so that a changed one is put on record. Of secrets
-- a keyed digest.
CREATE TABLE "auth"."known_settings" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "known_settings_pkey" PRIMARY KEY ("name")
);
