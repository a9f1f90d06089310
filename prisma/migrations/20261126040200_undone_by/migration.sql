-- Who had a bulk action taken back, which its events tell.
-- AlterTable
ALTER TABLE "auth"."bulk_actions" ADD COLUMN "undone_by" TEXT;
