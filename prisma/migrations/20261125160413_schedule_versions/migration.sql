-- AlterTable
ALTER TABLE "auth"."job_runs" ADD COLUMN     "interrupt_reason" TEXT,
ADD COLUMN     "interrupted_at" TIMESTAMPTZ(3),
ADD COLUMN     "interrupted_by" TEXT;

-- AlterTable
ALTER TABLE "auth"."server_nodes" ADD COLUMN     "attempts_in_hand" INTEGER NOT NULL DEFAULT 0,
ADD COLUMN     "drain_asked_at" TIMESTAMPTZ(3),
ADD COLUMN     "drain_asked_by" TEXT,
ADD COLUMN     "drain_reason" TEXT,
ADD COLUMN     "runs_in_hand" INTEGER NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "auth"."job_schedule_versions" (
    "job_name" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "in_force_after" TIMESTAMPTZ(3) NOT NULL,
    "cron" TEXT NOT NULL,
    "time_zone" TEXT NOT NULL,
    "misfire_policy" "auth"."misfire_policy" NOT NULL,
    "is_overridden" BOOLEAN NOT NULL,
    "paused_at" TIMESTAMPTZ(3),
    "paused_by" TEXT,
    "pause_reason" TEXT,
    "paused_until" TIMESTAMPTZ(3),
    "changed_by" TEXT,
    "change_reason" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "job_schedule_versions_pkey" PRIMARY KEY ("job_name","version")
);

-- CreateIndex
CREATE INDEX "job_fires_job_name_outcome_idx" ON "auth"."job_fires"("job_name", "outcome", "fired_at" DESC);

-- AddForeignKey
ALTER TABLE "auth"."job_schedule_versions" ADD CONSTRAINT "job_schedule_versions_job_name_fkey" FOREIGN KEY ("job_name") REFERENCES "auth"."job_schedules"("name") ON DELETE CASCADE ON UPDATE CASCADE;

-- What was in force before versions were kept: of a schedule that never changed it is known from
-- its first fire on, of another from now.
INSERT INTO auth.job_schedule_versions
  (job_name, version, in_force_after, cron, time_zone, misfire_policy, is_overridden,
   paused_at, paused_by, pause_reason, paused_until)
SELECT name, version,
       CASE WHEN version = 1
            THEN least(settled_through, (SELECT min(fired_at) - interval '1 millisecond' FROM auth.job_fires WHERE job_name = name))
            ELSE settled_through END,
       cron, time_zone, misfire_policy, is_overridden, paused_at, paused_by, pause_reason, paused_until
  FROM auth.job_schedules;

-- How many entries, of how many families, fail for one cause: counted in the index alone.
CREATE INDEX "queued_managed_account_creations_failing_family_idx"
  ON "auth"."queued_managed_account_creations" ("failure_group", "family_id")
  WHERE "failure_group" IS NOT NULL AND "status" IN ('pending', 'failed');
