-- Alerts: what is on or was, once for all nodes; silences; whose turn it is to look; what the
-- audit trail was found to be; and which nodes fell silent without having stopped.

-- CreateEnum
CREATE TYPE "auth"."alert_severity" AS ENUM ('info', 'warning', 'critical');

-- AlterTable
ALTER TABLE "auth"."server_nodes" ADD COLUMN     "lost_at" TIMESTAMPTZ(3);

-- CreateTable
CREATE TABLE "auth"."alerts" (
    "id" UUID NOT NULL,
    "number" BIGSERIAL NOT NULL,
    "rule" TEXT NOT NULL,
    "group_key" TEXT NOT NULL,
    "severity" "auth"."alert_severity" NOT NULL,
    "summary" TEXT NOT NULL,
    "advice" TEXT NOT NULL,
    "cure" JSONB,
    "subject_kind" TEXT NOT NULL,
    "subject_key" TEXT,
    "count" INTEGER NOT NULL,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "raised_at" TIMESTAMPTZ(3) NOT NULL,
    "announced_at" TIMESTAMPTZ(3),
    "clear_since" TIMESTAMPTZ(3),
    "is_on" BOOLEAN NOT NULL DEFAULT true,
    "resolved_at" TIMESTAMPTZ(3),
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "alerts_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."alert_silences" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "alert_id" UUID,
    "rule" TEXT,
    "group_key" TEXT,
    "reason" TEXT NOT NULL,
    "created_by" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "ends_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "ended_by" TEXT,

    CONSTRAINT "alert_silences_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."alert_turn" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "token" UUID,
    "node_id" UUID,
    "taken_at" TIMESTAMPTZ(3),
    "done_at" TIMESTAMPTZ(3),
    "unreadable" JSONB NOT NULL DEFAULT '{}',

    CONSTRAINT "alert_turn_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."audit_findings" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "found_by" TEXT NOT NULL,
    "problem" TEXT NOT NULL,
    "node_id" UUID,
    "first_found_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_found_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "cleared_at" TIMESTAMPTZ(3),

    CONSTRAINT "audit_findings_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "alerts_number_key" ON "auth"."alerts"("number");

-- CreateIndex
CREATE INDEX "alerts_page_idx" ON "auth"."alerts"("is_on" DESC, "number" DESC);

-- CreateIndex
CREATE INDEX "alert_silences_ends_at_idx" ON "auth"."alert_silences"("ends_at");

-- CreateIndex
CREATE INDEX "alert_silences_alert_id_idx" ON "auth"."alert_silences"("alert_id");

-- CreateIndex
CREATE INDEX "audit_findings_last_found_at_idx" ON "auth"."audit_findings"("last_found_at");

-- AddForeignKey
ALTER TABLE "auth"."alert_silences" ADD CONSTRAINT "alert_silences_alert_id_fkey" FOREIGN KEY ("alert_id") REFERENCES "auth"."alerts"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema language cannot say.

-- One alert of a rule and group is on at a time, whoever evaluates.
CREATE UNIQUE INDEX "alerts_one_on_key" ON "auth"."alerts" ("rule", "group_key") WHERE "is_on";

-- Resolved ones, oldest first, for their retention.
CREATE INDEX "alerts_resolved_idx" ON "auth"."alerts" ("resolved_at") WHERE NOT "is_on";

ALTER TABLE "auth"."alerts"
  ADD CONSTRAINT "alerts_count_check" CHECK ("count" >= 1),
  ADD CONSTRAINT "alerts_resolved_check" CHECK ("is_on" = ("resolved_at" IS NULL));

-- Of one alert, or of a rule (and one group of it).
ALTER TABLE "auth"."alert_silences"
  ADD CONSTRAINT "alert_silences_target_check" CHECK (num_nonnulls("alert_id", "rule") = 1 AND ("group_key" IS NULL OR "rule" IS NOT NULL));

ALTER TABLE "auth"."alert_turn" ADD CONSTRAINT "alert_turn_one_row_check" CHECK ("id" = 1);
INSERT INTO "auth"."alert_turn" ("id") VALUES (1);

ALTER TABLE "auth"."audit_findings"
  ADD CONSTRAINT "audit_findings_found_by_check" CHECK ("found_by" IN ('chaining', 'witness', 'verification'));

-- The same problem is found again, not anew.
CREATE UNIQUE INDEX "audit_findings_open_key" ON "auth"."audit_findings" ("found_by", md5("problem")) WHERE "cleared_at" IS NULL;

-- What failed for good lately, with its cause: read without the rows themselves.
CREATE INDEX "queued_managed_account_creations_failed_at_idx"
  ON "auth"."queued_managed_account_creations" ("failed_at") INCLUDE ("failure_group", "last_error_code") WHERE "status" = 'failed';

-- Nodes that fell silent.
CREATE INDEX "server_nodes_lost_at_idx" ON "auth"."server_nodes" ("lost_at") WHERE "lost_at" IS NOT NULL;
