-- CreateEnum
CREATE TYPE "auth"."password_destruction" AS ENUM ('completed', 'cancelled', 'retention', 'key_lost');

-- CreateEnum
CREATE TYPE "auth"."resealing_status" AS ENUM ('running', 'finished', 'replaced');

-- Why a password was destroyed becomes one of a few words; it was a sentence.
ALTER TABLE "auth"."queued_managed_account_creations" RENAME COLUMN "password_destroyed_reason" TO "password_destroyed_because";
ALTER TABLE "auth"."queued_managed_account_creations"
  ALTER COLUMN "password_destroyed_because" TYPE "auth"."password_destruction"
  USING CASE "password_destroyed_because"
    WHEN 'the account was created' THEN 'completed'
    WHEN 'the entry was cancelled' THEN 'cancelled'
    WHEN 'the entry had failed' THEN 'retention'
  END::"auth"."password_destruction";

-- AlterTable
ALTER TABLE "auth"."server_nodes" ADD COLUMN     "master_key_ids" TEXT[] DEFAULT ARRAY[]::TEXT[],
ADD COLUMN     "sealing_key_id" UUID;

-- AlterTable
ALTER TABLE "auth"."data_protection_keys" ALTER COLUMN "wrapped_key" DROP NOT NULL;
ALTER TABLE "auth"."data_protection_keys" DROP COLUMN "expires_at",
ADD COLUMN     "closed_at" TIMESTAMPTZ(3),
ADD COLUMN     "last_used_at" TIMESTAMPTZ(3),
ADD COLUMN     "lost_at" TIMESTAMPTZ(3),
ADD COLUMN     "superseded_at" TIMESTAMPTZ(3);

UPDATE "auth"."data_protection_keys" SET "wrapped_key" = NULL, "closed_at" = "retired_at" WHERE "retired_at" IS NOT NULL;

-- CreateTable
CREATE TABLE "auth"."resealings" (
    "id" UUID NOT NULL,
    "key_id" UUID,
    "status" "auth"."resealing_status" NOT NULL DEFAULT 'running',
    "per_second" INTEGER NOT NULL,
    "reason" TEXT,
    "actor" TEXT NOT NULL,
    "total_count" INTEGER NOT NULL,
    "resealed_count" INTEGER NOT NULL DEFAULT 0,
    "skipped_count" INTEGER NOT NULL DEFAULT 0,
    "passed_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "lease_node_id" UUID,
    "lease_expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "resealings_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."resealing_skips" (
    "resealing_id" UUID NOT NULL,
    "entry_id" UUID NOT NULL,
    "problem" TEXT NOT NULL,

    CONSTRAINT "resealing_skips_pkey" PRIMARY KEY ("resealing_id","entry_id")
);

-- CreateIndex
CREATE INDEX "resealings_created_at_idx" ON "auth"."resealings"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "resealing_skips_entry_id_idx" ON "auth"."resealing_skips"("entry_id");

-- AddForeignKey
ALTER TABLE "auth"."resealing_skips" ADD CONSTRAINT "resealing_skips_resealing_id_fkey" FOREIGN KEY ("resealing_id") REFERENCES "auth"."resealings"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."resealing_skips" ADD CONSTRAINT "resealing_skips_entry_id_fkey" FOREIGN KEY ("entry_id") REFERENCES "auth"."queued_managed_account_creations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema language cannot say.

-- Only a retired key is destroyed, and a retired one always is.
ALTER TABLE "auth"."data_protection_keys"
  ADD CONSTRAINT "data_protection_keys_destroyed_check" CHECK (("wrapped_key" IS NULL) = ("retired_at" IS NOT NULL));

ALTER TABLE "auth"."resealings"
  ADD CONSTRAINT "resealings_per_second_check" CHECK ("per_second" BETWEEN 1 AND 10000),
  ADD CONSTRAINT "resealings_finished_check" CHECK (("status" = 'running') = ("finished_at" IS NULL));

-- One at a time: a later one takes the place of the one under way.
CREATE UNIQUE INDEX "resealings_one_running_key" ON "auth"."resealings" ((true)) WHERE "status" = 'running';

-- Nothing is sealed under a key once it is closed, whatever a node that was halted still holds:
-- the table itself refuses it. A sealed text's header has a fixed beginning, so that the key's id
-- is its characters 49 to 96, in base64.
CREATE FUNCTION "auth"."refuse_closed_keys"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  closed uuid;
BEGIN
  IF TG_LEVEL = 'ROW' THEN
    SELECT k.id INTO closed FROM auth.data_protection_keys k
     WHERE k.closed_at IS NOT NULL AND encode(k.id::text::bytea, 'base64') = substr(NEW.encrypted_password, 49, 48);
  ELSIF EXISTS (SELECT 1 FROM auth.data_protection_keys WHERE closed_at IS NOT NULL) THEN
    SELECT k.id INTO closed FROM auth.data_protection_keys k
      JOIN inserted i ON encode(k.id::text::bytea, 'base64') = substr(i.encrypted_password, 49, 48)
     WHERE k.closed_at IS NOT NULL LIMIT 1;
  END IF;
  IF closed IS NOT NULL THEN
    RAISE EXCEPTION 'The encryption key % is closed: nothing is sealed under it any more', closed
      USING ERRCODE = 'object_not_in_prerequisite_state', CONSTRAINT = 'queued_managed_account_creations_closed_key';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER "refuse_closed_keys_inserted"
  AFTER INSERT ON "auth"."queued_managed_account_creations"
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION "auth"."refuse_closed_keys"();

CREATE TRIGGER "refuse_closed_keys_updated"
  BEFORE UPDATE OF "encrypted_password" ON "auth"."queued_managed_account_creations"
  FOR EACH ROW
  WHEN (NEW."encrypted_password" IS NOT NULL AND NEW."encrypted_password" IS DISTINCT FROM OLD."encrypted_password")
  EXECUTE FUNCTION "auth"."refuse_closed_keys"();
