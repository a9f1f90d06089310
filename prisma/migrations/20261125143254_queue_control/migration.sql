-- CreateEnum
CREATE TYPE "auth"."bulk_action_kind" AS ENUM ('retry', 'cancel', 'set_run_at');

-- CreateEnum
CREATE TYPE "auth"."bulk_action_status" AS ENUM ('planned', 'running', 'finished', 'undoing', 'undone');

-- CreateEnum
CREATE TYPE "auth"."bulk_entry_state" AS ENUM ('planned', 'done', 'skipped', 'undone', 'kept');

-- AlterTable
ALTER TABLE "auth"."queued_managed_account_creations" ADD COLUMN     "bulk_action_id" UUID,
ADD COLUMN     "failure_group" TEXT;

-- AlterTable
ALTER TABLE "auth"."account_creation_attempts" ADD COLUMN     "failure_group" TEXT;

-- AlterTable
ALTER TABLE "auth"."idempotency_keys" ADD COLUMN     "result" JSONB;

-- CreateTable
CREATE TABLE "auth"."identity_circuit_transitions" (
    "id" BIGSERIAL NOT NULL,
    "provider" TEXT NOT NULL,
    "from_state" "auth"."circuit_state" NOT NULL,
    "to_state" "auth"."circuit_state" NOT NULL,
    "cause" TEXT,
    "reason" TEXT,
    "actor" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identity_circuit_transitions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."queue_pauses" (
    "scope" TEXT NOT NULL,
    "family_id" UUID,
    "paused_by" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "paused_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "paused_until" TIMESTAMPTZ(3),

    CONSTRAINT "queue_pauses_pkey" PRIMARY KEY ("scope")
);

-- CreateTable
CREATE TABLE "auth"."queue_limits" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "starts_per_second" INTEGER,
    "concurrency" INTEGER,
    "tokens" DOUBLE PRECISION NOT NULL DEFAULT 0,
    "refilled_at" TIMESTAMPTZ(6) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_by" TEXT,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "queue_limits_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."bulk_actions" (
    "id" UUID NOT NULL,
    "action" "auth"."bulk_action_kind" NOT NULL,
    "status" "auth"."bulk_action_status" NOT NULL DEFAULT 'planned',
    "run_at" TIMESTAMPTZ(3),
    "reason" TEXT,
    "actor" TEXT NOT NULL,
    "total_count" INTEGER NOT NULL,
    "done_count" INTEGER NOT NULL DEFAULT 0,
    "skipped_count" INTEGER NOT NULL DEFAULT 0,
    "undone_count" INTEGER NOT NULL DEFAULT 0,
    "kept_count" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "applied_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),
    "lease_node_id" UUID,
    "lease_expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "bulk_actions_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."bulk_action_entries" (
    "bulk_action_id" UUID NOT NULL,
    "position" INTEGER NOT NULL,
    "entry_id" UUID NOT NULL,
    "state" "auth"."bulk_entry_state" NOT NULL DEFAULT 'planned',
    "planned_at" TIMESTAMPTZ(3) NOT NULL,
    "planned_status" "auth"."entry_status" NOT NULL,
    "skip_code" TEXT,
    "before" JSONB,
    "changed_at" TIMESTAMPTZ(3),

    CONSTRAINT "bulk_action_entries_pkey" PRIMARY KEY ("bulk_action_id","position")
);

-- CreateIndex
CREATE INDEX "identity_circuit_transitions_provider_idx" ON "auth"."identity_circuit_transitions"("provider", "id" DESC);

-- CreateIndex
CREATE INDEX "bulk_actions_created_at_idx" ON "auth"."bulk_actions"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "bulk_action_entries_entry_id_idx" ON "auth"."bulk_action_entries"("entry_id");

-- AddForeignKey
ALTER TABLE "auth"."queued_managed_account_creations" ADD CONSTRAINT "queued_managed_account_creations_bulk_action_id_fkey" FOREIGN KEY ("bulk_action_id") REFERENCES "auth"."bulk_actions"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."queue_pauses" ADD CONSTRAINT "queue_pauses_family_id_fkey" FOREIGN KEY ("family_id") REFERENCES "auth"."families"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."bulk_action_entries" ADD CONSTRAINT "bulk_action_entries_bulk_action_id_fkey" FOREIGN KEY ("bulk_action_id") REFERENCES "auth"."bulk_actions"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."bulk_action_entries" ADD CONSTRAINT "bulk_action_entries_entry_id_fkey" FOREIGN KEY ("entry_id") REFERENCES "auth"."queued_managed_account_creations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema language cannot say.

-- Failures of one group, newest entry first; a status in the predicate would hide the index from Prisma's queries.
CREATE INDEX "queued_managed_account_creations_failure_group_idx"
  ON "auth"."queued_managed_account_creations" ("failure_group", "created_at" DESC, "id" DESC)
  WHERE "failure_group" IS NOT NULL;

-- When a group was seen first and last, and how often in the last hour.
CREATE INDEX "account_creation_attempts_failure_group_idx"
  ON "auth"."account_creation_attempts" ("failure_group", "finished_at") WHERE "failure_group" IS NOT NULL;

-- Claims in turn, family by family. Entries whose family is gone share a turn.
CREATE INDEX "queued_managed_account_creations_family_due_idx"
  ON "auth"."queued_managed_account_creations"
  (coalesce("family_id", 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid), coalesce("next_retry_at", '-infinity'::timestamptz))
  WHERE "status" = 'pending';

-- Processed events, oldest first, for their retention.
CREATE INDEX "outbox_events_processed_idx" ON "auth"."outbox_events" ("processed_at") WHERE "processed_at" IS NOT NULL;

-- So that deleting a bulk action finds the entries that name it.
CREATE INDEX "queued_managed_account_creations_bulk_action_id_idx"
  ON "auth"."queued_managed_account_creations" ("bulk_action_id") WHERE "bulk_action_id" IS NOT NULL;

-- The next batch of a bulk action.
CREATE INDEX "bulk_action_entries_planned_idx" ON "auth"."bulk_action_entries" ("bulk_action_id", "position") WHERE "state" = 'planned';

-- Bulk actions that are under way.
CREATE INDEX "bulk_actions_active_idx" ON "auth"."bulk_actions" ("status") WHERE "status" IN ('running', 'undoing');

ALTER TABLE "auth"."queue_limits"
  ADD CONSTRAINT "queue_limits_one_row_check" CHECK ("id" = 1),
  ADD CONSTRAINT "queue_limits_starts_per_second_check" CHECK ("starts_per_second" BETWEEN 1 AND 100000),
  ADD CONSTRAINT "queue_limits_concurrency_check" CHECK ("concurrency" BETWEEN 1 AND 100000);
INSERT INTO "auth"."queue_limits" ("id") VALUES (1);

ALTER TABLE "auth"."queue_pauses"
  ADD CONSTRAINT "queue_pauses_scope_check" CHECK ("scope" = coalesce("family_id"::text, 'queue'));

-- Probes of an open circuit take turns: the entry that was not probed for the longest time.
CREATE INDEX "queued_managed_account_creations_probe_idx"
  ON "auth"."queued_managed_account_creations" ("probed_at" NULLS FIRST, coalesce("next_retry_at", '-infinity'::timestamptz))
  WHERE "status" = 'pending';

-- Plans that nobody applied.
CREATE INDEX "bulk_actions_planned_idx" ON "auth"."bulk_actions" ("expires_at") WHERE "status" = 'planned';
