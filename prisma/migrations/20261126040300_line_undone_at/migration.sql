-- When an entry was given back what it had been before a bulk action, which its history tells.
-- AlterTable
ALTER TABLE "auth"."bulk_action_entries" ADD COLUMN "undone_at" TIMESTAMPTZ(3);
