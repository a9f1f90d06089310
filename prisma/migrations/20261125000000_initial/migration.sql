-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "auth";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "identity_simulator";

-- CreateEnum
CREATE TYPE "auth"."user_role" AS ENUM ('owner', 'admin', 'member', 'managed_account');

-- CreateEnum
CREATE TYPE "auth"."invitation_status" AS ENUM ('pending', 'accepted', 'expired', 'canceled');

-- CreateEnum
CREATE TYPE "auth"."entry_status" AS ENUM ('pending', 'processing', 'completed', 'failed', 'cancelled');

-- CreateEnum
CREATE TYPE "auth"."attempt_outcome" AS ENUM ('succeeded', 'transient_failure', 'permanent_failure', 'configuration_failure', 'unknown', 'interrupted');

-- CreateEnum
CREATE TYPE "auth"."circuit_state" AS ENUM ('closed', 'open', 'half_open');

-- CreateEnum
CREATE TYPE "auth"."misfire_policy" AS ENUM ('run_once', 'skip', 'run_all');

-- CreateEnum
CREATE TYPE "auth"."fire_outcome" AS ENUM ('on_time', 'late', 'caught_up', 'skipped_overlap', 'skipped_paused', 'skipped_policy', 'missed');

-- CreateEnum
CREATE TYPE "auth"."run_trigger" AS ENUM ('schedule', 'manual', 'catch_up');

-- CreateEnum
CREATE TYPE "auth"."run_status" AS ENUM ('running', 'succeeded', 'failed', 'interrupted');

-- CreateEnum
CREATE TYPE "auth"."node_state" AS ENUM ('starting', 'running', 'draining', 'gone');

-- CreateTable
CREATE TABLE "auth"."families" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "families_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."users" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "family_id" UUID NOT NULL,
    "username" TEXT,
    "full_name" TEXT NOT NULL,
    "email" TEXT,
    "role" "auth"."user_role" NOT NULL,
    "zitadel_user_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "users_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."family_member_invitations" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "family_id" UUID NOT NULL,
    "email" TEXT NOT NULL,
    "role" "auth"."user_role" NOT NULL,
    "status" "auth"."invitation_status" NOT NULL DEFAULT 'pending',
    "invitation_token" TEXT NOT NULL,
    "invitation_display_code" TEXT NOT NULL,
    "invited_by_user_id" UUID NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "family_member_invitations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."queued_managed_account_creations" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "family_id" UUID,
    "username" TEXT NOT NULL,
    "full_name" TEXT NOT NULL,
    "role" "auth"."user_role" NOT NULL DEFAULT 'managed_account',
    "encrypted_password" TEXT,
    "created_by_user_id" UUID,
    "retry_count" INTEGER NOT NULL DEFAULT 0,
    "status" "auth"."entry_status" NOT NULL DEFAULT 'pending',
    "next_retry_at" TIMESTAMPTZ(3) DEFAULT CURRENT_TIMESTAMP,
    "last_error_message" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_error_code" TEXT,
    "last_outcome" "auth"."attempt_outcome",
    "attempt_count" INTEGER NOT NULL DEFAULT 0,
    "interruption_count" INTEGER NOT NULL DEFAULT 0,
    "needs_look" BOOLEAN NOT NULL DEFAULT false,
    "is_look_only" BOOLEAN NOT NULL DEFAULT false,
    "is_password_replaced" BOOLEAN NOT NULL DEFAULT false,
    "lease_token" UUID,
    "lease_node_id" UUID,
    "leased_at" TIMESTAMPTZ(3),
    "lease_expires_at" TIMESTAMPTZ(3),
    "probed_at" TIMESTAMPTZ(3),
    "user_id" UUID,
    "completed_at" TIMESTAMPTZ(3),
    "failed_at" TIMESTAMPTZ(3),
    "cancelled_at" TIMESTAMPTZ(3),
    "password_destroyed_at" TIMESTAMPTZ(3),
    "password_destroyed_reason" TEXT,

    CONSTRAINT "queued_managed_account_creations_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."outbox_events" (
    "event_id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "event_type" TEXT NOT NULL,
    "event_version" INTEGER NOT NULL DEFAULT 1,
    "aggregate_type" TEXT NOT NULL,
    "aggregate_id" UUID NOT NULL,
    "payload" JSONB NOT NULL,
    "processed_at" TIMESTAMPTZ(3),
    "retry_count" INTEGER NOT NULL DEFAULT 0,
    "error_message" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "outbox_events_pkey" PRIMARY KEY ("event_id")
);

-- CreateTable
CREATE TABLE "auth"."account_creation_attempts" (
    "entry_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "outcome" "auth"."attempt_outcome" NOT NULL,
    "node_id" UUID,
    "due_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,
    "error_code" TEXT,
    "error_message" TEXT,
    "provider_request_id" TEXT,
    "is_probe" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "account_creation_attempts_pkey" PRIMARY KEY ("entry_id","number")
);

-- CreateTable
CREATE TABLE "auth"."identity_circuits" (
    "provider" TEXT NOT NULL,
    "state" "auth"."circuit_state" NOT NULL DEFAULT 'closed',
    "cause" TEXT,
    "reason" TEXT,
    "opened_by" TEXT,
    "opened_at" TIMESTAMPTZ(3),
    "next_probe_at" TIMESTAMPTZ(3),
    "failed_probes" INTEGER NOT NULL DEFAULT 0,
    "failing_entry_ids" UUID[] DEFAULT ARRAY[]::UUID[],
    "probe_token" UUID,
    "probe_expires_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identity_circuits_pkey" PRIMARY KEY ("provider")
);

-- CreateTable
CREATE TABLE "auth"."job_schedules" (
    "name" TEXT NOT NULL,
    "cron" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "misfire_policy" "auth"."misfire_policy" NOT NULL,
    "is_overridden" BOOLEAN NOT NULL DEFAULT false,
    "version" INTEGER NOT NULL DEFAULT 1,
    "settled_through" TIMESTAMPTZ(3) NOT NULL,
    "paused_at" TIMESTAMPTZ(3),
    "paused_by" TEXT,
    "pause_reason" TEXT,
    "paused_until" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "job_schedules_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "auth"."job_fires" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "job_name" TEXT NOT NULL,
    "fired_at" TIMESTAMPTZ(3) NOT NULL,
    "through_at" TIMESTAMPTZ(3) NOT NULL,
    "count" INTEGER NOT NULL DEFAULT 1,
    "outcome" "auth"."fire_outcome" NOT NULL,
    "reason" TEXT,
    "actor" TEXT,
    "node_id" UUID,
    "schedule_version" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "job_fires_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."job_runs" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "job_name" TEXT NOT NULL,
    "trigger" "auth"."run_trigger" NOT NULL,
    "status" "auth"."run_status" NOT NULL DEFAULT 'running',
    "scheduled_for" TIMESTAMPTZ(3),
    "fire_id" UUID,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "counts" JSONB NOT NULL DEFAULT '{}',
    "error_message" TEXT,
    "reason" TEXT,
    "actor" TEXT,
    "node_id" UUID,
    "lease_token" UUID,
    "lease_expires_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "job_runs_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."server_nodes" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "version" TEXT NOT NULL,
    "state" "auth"."node_state" NOT NULL DEFAULT 'starting',
    "host_name" TEXT NOT NULL,
    "process_id" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_beat_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "server_nodes_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."data_protection_keys" (
    "id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "wrapped_key" TEXT NOT NULL,
    "master_key_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "activated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "data_protection_keys_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."idempotency_keys" (
    "caller" TEXT NOT NULL,
    "mutation" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "input_digests" JSONB NOT NULL,
    "result_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("caller","mutation","key")
);

-- CreateTable
CREATE TABLE "auth"."notices" (
    "id" BIGSERIAL NOT NULL,
    "payload" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "notices_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "identity_simulator"."accounts" (
    "user_id" TEXT NOT NULL,
    "organization_id" TEXT NOT NULL,
    "username" TEXT NOT NULL,
    "body" JSONB NOT NULL,
    "password_digest" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "accounts_pkey" PRIMARY KEY ("user_id")
);

-- CreateIndex
CREATE INDEX "families_created_at_idx" ON "auth"."families"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "users_zitadel_user_id_key" ON "auth"."users"("zitadel_user_id");

-- CreateIndex
CREATE INDEX "users_family_id_idx" ON "auth"."users"("family_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "family_member_invitations_token_key" ON "auth"."family_member_invitations"("invitation_token");

-- CreateIndex
CREATE INDEX "family_member_invitations_family_id_idx" ON "auth"."family_member_invitations"("family_id", "created_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "queued_managed_account_creations_user_id_key" ON "auth"."queued_managed_account_creations"("user_id");

-- CreateIndex
CREATE INDEX "queued_managed_account_creations_created_at_idx" ON "auth"."queued_managed_account_creations"("created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "queued_managed_account_creations_status_created_at_idx" ON "auth"."queued_managed_account_creations"("status", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "queued_managed_account_creations_family_id_idx" ON "auth"."queued_managed_account_creations"("family_id", "created_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "queued_managed_account_creations_created_by_user_id_idx" ON "auth"."queued_managed_account_creations"("created_by_user_id");

-- CreateIndex
CREATE INDEX "outbox_events_aggregate_id_idx" ON "auth"."outbox_events"("aggregate_id");

-- CreateIndex
CREATE INDEX "account_creation_attempts_finished_at_idx" ON "auth"."account_creation_attempts" USING BRIN ("finished_at");

-- CreateIndex
CREATE INDEX "account_creation_attempts_node_id_idx" ON "auth"."account_creation_attempts"("node_id");

-- CreateIndex
CREATE INDEX "job_fires_node_id_idx" ON "auth"."job_fires"("node_id");

-- CreateIndex
CREATE UNIQUE INDEX "job_fires_job_name_fired_at_key" ON "auth"."job_fires"("job_name", "fired_at");

-- CreateIndex
CREATE INDEX "job_runs_job_name_started_at_idx" ON "auth"."job_runs"("job_name", "started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "job_runs_started_at_idx" ON "auth"."job_runs"("started_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "job_runs_fire_id_idx" ON "auth"."job_runs"("fire_id");

-- CreateIndex
CREATE INDEX "job_runs_node_id_idx" ON "auth"."job_runs"("node_id");

-- CreateIndex
CREATE INDEX "server_nodes_last_beat_at_idx" ON "auth"."server_nodes"("last_beat_at" DESC, "id" DESC);

-- CreateIndex
CREATE INDEX "idempotency_keys_created_at_idx" ON "auth"."idempotency_keys"("created_at");

-- AddForeignKey
ALTER TABLE "auth"."users" ADD CONSTRAINT "users_family_id_fkey" FOREIGN KEY ("family_id") REFERENCES "auth"."families"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."family_member_invitations" ADD CONSTRAINT "family_member_invitations_family_id_fkey" FOREIGN KEY ("family_id") REFERENCES "auth"."families"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."family_member_invitations" ADD CONSTRAINT "family_member_invitations_invited_by_user_id_fkey" FOREIGN KEY ("invited_by_user_id") REFERENCES "auth"."users"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."queued_managed_account_creations" ADD CONSTRAINT "queued_managed_account_creations_family_id_fkey" FOREIGN KEY ("family_id") REFERENCES "auth"."families"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."queued_managed_account_creations" ADD CONSTRAINT "queued_managed_account_creations_created_by_user_id_fkey" FOREIGN KEY ("created_by_user_id") REFERENCES "auth"."users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."queued_managed_account_creations" ADD CONSTRAINT "queued_managed_account_creations_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "auth"."users"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."account_creation_attempts" ADD CONSTRAINT "account_creation_attempts_entry_id_fkey" FOREIGN KEY ("entry_id") REFERENCES "auth"."queued_managed_account_creations"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."account_creation_attempts" ADD CONSTRAINT "account_creation_attempts_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "auth"."server_nodes"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."job_fires" ADD CONSTRAINT "job_fires_job_name_fkey" FOREIGN KEY ("job_name") REFERENCES "auth"."job_schedules"("name") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."job_fires" ADD CONSTRAINT "job_fires_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "auth"."server_nodes"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."job_runs" ADD CONSTRAINT "job_runs_job_name_fkey" FOREIGN KEY ("job_name") REFERENCES "auth"."job_schedules"("name") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."job_runs" ADD CONSTRAINT "job_runs_fire_id_fkey" FOREIGN KEY ("fire_id") REFERENCES "auth"."job_fires"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."job_runs" ADD CONSTRAINT "job_runs_node_id_fkey" FOREIGN KEY ("node_id") REFERENCES "auth"."server_nodes"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- What Prisma's schema language cannot say. Each constraint has a name; where it is broken,
-- src/database/violations.ts turns that name into a refusal.

-- One account per name: case-insensitively, as at the identity provider.
CREATE UNIQUE INDEX "users_username_key" ON "auth"."users" (lower("username"));

-- One active entry per name.
CREATE UNIQUE INDEX "queued_managed_account_creations_active_username_key"
  ON "auth"."queued_managed_account_creations" (lower("username"))
  WHERE "status" IN ('pending', 'processing');

-- Claim by due time. A null due time (possible by hand) reads as "now".
CREATE INDEX "queued_managed_account_creations_due_idx"
  ON "auth"."queued_managed_account_creations" (coalesce("next_retry_at", '-infinity'::timestamptz))
  WHERE "status" = 'pending';

-- Leases that run out.
CREATE INDEX "queued_managed_account_creations_lease_idx"
  ON "auth"."queued_managed_account_creations" ("lease_expires_at")
  WHERE "status" = 'processing';

-- Passwords that are still to be destroyed after a cancel or a final failure.
CREATE INDEX "queued_managed_account_creations_cancelled_password_idx"
  ON "auth"."queued_managed_account_creations" (coalesce("cancelled_at", "updated_at"))
  WHERE "encrypted_password" IS NOT NULL AND "status" = 'cancelled';
CREATE INDEX "queued_managed_account_creations_failed_password_idx"
  ON "auth"."queued_managed_account_creations" (coalesce("failed_at", "updated_at"))
  WHERE "encrypted_password" IS NOT NULL AND "status" = 'failed';

-- Expired invitations, oldest first, for the nightly cleanup.
CREATE INDEX "family_member_invitations_expired_idx"
  ON "auth"."family_member_invitations" ("expires_at")
  WHERE "status" = 'expired';

-- Events that nobody has processed yet, oldest first.
CREATE INDEX "outbox_events_unprocessed_idx" ON "auth"."outbox_events" ("created_at") WHERE "processed_at" IS NULL;

-- A job never overlaps itself, on however many nodes; a fire runs once, a catch-up once more.
CREATE UNIQUE INDEX "job_runs_one_running_key" ON "auth"."job_runs" ("job_name") WHERE "status" = 'running';
CREATE UNIQUE INDEX "job_runs_scheduled_fire_key" ON "auth"."job_runs" ("job_name", "scheduled_for") WHERE "trigger" = 'schedule';

-- Fires that wait to be run late.
CREATE INDEX "job_fires_owed_idx" ON "auth"."job_fires" ("job_name", "fired_at") WHERE "outcome" = 'caught_up' AND "started_at" IS NULL;

ALTER TABLE "auth"."queued_managed_account_creations"
  ADD CONSTRAINT "queued_managed_account_creations_retry_count_check" CHECK ("retry_count" BETWEEN 0 AND 5),
  ADD CONSTRAINT "queued_managed_account_creations_completed_password_check"
    CHECK ("status" <> 'completed' OR "encrypted_password" IS NULL),
  ADD CONSTRAINT "queued_managed_account_creations_failed_due_check"
    CHECK ("status" <> 'failed' OR "next_retry_at" IS NULL);

ALTER TABLE "auth"."job_fires"
  ADD CONSTRAINT "job_fires_range_check" CHECK ("count" >= 1 AND "through_at" >= "fired_at" AND ("count" > 1 OR "through_at" = "fired_at"));

ALTER TABLE "auth"."job_runs"
  ADD CONSTRAINT "job_runs_finished_check" CHECK (("status" = 'running') = ("finished_at" IS NULL)),
  ADD CONSTRAINT "job_runs_scheduled_for_check" CHECK ("trigger" = 'manual' OR "scheduled_for" IS NOT NULL);

ALTER TABLE "auth"."data_protection_keys"
  ADD CONSTRAINT "data_protection_keys_purpose_check" CHECK ("purpose" IN ('seal', 'digest'));

-- One account per name in an organization of the simulator, as at Zitadel.
CREATE UNIQUE INDEX "accounts_username_key" ON "identity_simulator"."accounts" (lower("username"));

-- Rows that someone inserts with SQL wake the workers and are seen by subscriptions. Our own
-- connections say so themselves, coalesced: a NOTIFY in each transaction halves the commit rate.
CREATE FUNCTION "auth"."announce_inserted_entries"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids text;
BEGIN
  IF current_setting('application_name') <> 'family-hub-jobs' THEN
    SELECT string_agg('"' || id::text || '"', ',') INTO ids FROM (SELECT id FROM inserted LIMIT 150) AS announced;
    PERFORM pg_notify('family_hub_jobs', '{"work":true,"created":[' || coalesce(ids, '') || ']}');
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER "announce_inserted_entries"
  AFTER INSERT ON "auth"."queued_managed_account_creations"
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION "auth"."announce_inserted_entries"();
