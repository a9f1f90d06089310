-- What a bulk action was asked about and what its plan left out, and why and when it was taken back.
-- AlterTable
ALTER TABLE "auth"."bulk_actions" ADD COLUMN     "exclusions" JSONB,
ADD COLUMN     "filter" JSONB,
ADD COLUMN     "undo_asked_at" TIMESTAMPTZ(3),
ADD COLUMN     "undo_reason" TEXT;
