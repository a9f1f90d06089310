-- Instants that are none for the server: without an end, or of a year that has not four digits. One
-- such row, written by SQL, made whole batches fail. What is there already is brought within bounds.
CREATE FUNCTION "auth"."bounded_instant"(instant timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN instant < '0001-01-01 00:00:00+00' THEN '0001-01-01 00:00:00+00'::timestamptz
              WHEN instant >= '10000-01-01 00:00:00+00' THEN '9999-12-31 23:59:59.999+00'::timestamptz
              ELSE instant END
$$;

UPDATE "auth"."families"
SET "created_at" = "auth"."bounded_instant"("created_at"),
    "updated_at" = "auth"."bounded_instant"("updated_at")
WHERE NOT (least("created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("created_at", "updated_at") < '10000-01-01 00:00:00+00');
ALTER TABLE "auth"."families" ADD CONSTRAINT "families_instants_check"
  CHECK (least("created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("created_at", "updated_at") < '10000-01-01 00:00:00+00');

UPDATE "auth"."users"
SET "created_at" = "auth"."bounded_instant"("created_at"),
    "updated_at" = "auth"."bounded_instant"("updated_at")
WHERE NOT (least("created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("created_at", "updated_at") < '10000-01-01 00:00:00+00');
ALTER TABLE "auth"."users" ADD CONSTRAINT "users_instants_check"
  CHECK (least("created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("created_at", "updated_at") < '10000-01-01 00:00:00+00');

UPDATE "auth"."family_member_invitations"
SET "expires_at" = "auth"."bounded_instant"("expires_at"),
    "created_at" = "auth"."bounded_instant"("created_at"),
    "updated_at" = "auth"."bounded_instant"("updated_at")
WHERE NOT (least("expires_at", "created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("expires_at", "created_at", "updated_at") < '10000-01-01 00:00:00+00');
ALTER TABLE "auth"."family_member_invitations" ADD CONSTRAINT "family_member_invitations_instants_check"
  CHECK (least("expires_at", "created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("expires_at", "created_at", "updated_at") < '10000-01-01 00:00:00+00');

UPDATE "auth"."queued_managed_account_creations"
SET "next_retry_at" = "auth"."bounded_instant"("next_retry_at"),
    "created_at" = "auth"."bounded_instant"("created_at"),
    "updated_at" = "auth"."bounded_instant"("updated_at"),
    "look_final_at" = "auth"."bounded_instant"("look_final_at"),
    "leased_at" = "auth"."bounded_instant"("leased_at"),
    "lease_expires_at" = "auth"."bounded_instant"("lease_expires_at"),
    "probed_at" = "auth"."bounded_instant"("probed_at"),
    "completed_at" = "auth"."bounded_instant"("completed_at"),
    "failed_at" = "auth"."bounded_instant"("failed_at"),
    "cancelled_at" = "auth"."bounded_instant"("cancelled_at"),
    "password_destroyed_at" = "auth"."bounded_instant"("password_destroyed_at")
WHERE NOT (least("next_retry_at", "created_at", "updated_at", "look_final_at", "leased_at", "lease_expires_at", "probed_at", "completed_at", "failed_at", "cancelled_at", "password_destroyed_at") >= '0001-01-01 00:00:00+00' AND greatest("next_retry_at", "created_at", "updated_at", "look_final_at", "leased_at", "lease_expires_at", "probed_at", "completed_at", "failed_at", "cancelled_at", "password_destroyed_at") < '10000-01-01 00:00:00+00');
ALTER TABLE "auth"."queued_managed_account_creations" ADD CONSTRAINT "queued_managed_account_creations_instants_check"
  CHECK (least("next_retry_at", "created_at", "updated_at", "look_final_at", "leased_at", "lease_expires_at", "probed_at", "completed_at", "failed_at", "cancelled_at", "password_destroyed_at") >= '0001-01-01 00:00:00+00' AND greatest("next_retry_at", "created_at", "updated_at", "look_final_at", "leased_at", "lease_expires_at", "probed_at", "completed_at", "failed_at", "cancelled_at", "password_destroyed_at") < '10000-01-01 00:00:00+00');

ALTER TABLE "auth"."outbox_events" DROP CONSTRAINT "outbox_events_finite_check";
UPDATE "auth"."outbox_events"
SET "processed_at" = "auth"."bounded_instant"("processed_at"),
    "next_attempt_at" = "auth"."bounded_instant"("next_attempt_at"),
    "parked_at" = "auth"."bounded_instant"("parked_at"),
    "redelivered_at" = "auth"."bounded_instant"("redelivered_at"),
    "created_at" = "auth"."bounded_instant"("created_at"),
    "updated_at" = "auth"."bounded_instant"("updated_at")
WHERE NOT (least("processed_at", "next_attempt_at", "parked_at", "redelivered_at", "created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("processed_at", "next_attempt_at", "parked_at", "redelivered_at", "created_at", "updated_at") < '10000-01-01 00:00:00+00');
ALTER TABLE "auth"."outbox_events" ADD CONSTRAINT "outbox_events_instants_check"
  CHECK (least("processed_at", "next_attempt_at", "parked_at", "redelivered_at", "created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("processed_at", "next_attempt_at", "parked_at", "redelivered_at", "created_at", "updated_at") < '10000-01-01 00:00:00+00');

UPDATE "auth"."queue_pauses"
SET "paused_at" = "auth"."bounded_instant"("paused_at"),
    "paused_until" = "auth"."bounded_instant"("paused_until")
WHERE NOT (least("paused_at", "paused_until") >= '0001-01-01 00:00:00+00' AND greatest("paused_at", "paused_until") < '10000-01-01 00:00:00+00');
ALTER TABLE "auth"."queue_pauses" ADD CONSTRAINT "queue_pauses_instants_check"
  CHECK (least("paused_at", "paused_until") >= '0001-01-01 00:00:00+00' AND greatest("paused_at", "paused_until") < '10000-01-01 00:00:00+00');

UPDATE "auth"."job_schedules"
SET "settled_through" = "auth"."bounded_instant"("settled_through"),
    "paused_at" = "auth"."bounded_instant"("paused_at"),
    "paused_until" = "auth"."bounded_instant"("paused_until"),
    "created_at" = "auth"."bounded_instant"("created_at"),
    "updated_at" = "auth"."bounded_instant"("updated_at")
WHERE NOT (least("settled_through", "paused_at", "paused_until", "created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("settled_through", "paused_at", "paused_until", "created_at", "updated_at") < '10000-01-01 00:00:00+00');
ALTER TABLE "auth"."job_schedules" ADD CONSTRAINT "job_schedules_instants_check"
  CHECK (least("settled_through", "paused_at", "paused_until", "created_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("settled_through", "paused_at", "paused_until", "created_at", "updated_at") < '10000-01-01 00:00:00+00');

UPDATE "auth"."identity_circuits"
SET "opened_at" = "auth"."bounded_instant"("opened_at"),
    "next_probe_at" = "auth"."bounded_instant"("next_probe_at"),
    "probe_expires_at" = "auth"."bounded_instant"("probe_expires_at"),
    "updated_at" = "auth"."bounded_instant"("updated_at")
WHERE NOT (least("opened_at", "next_probe_at", "probe_expires_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("opened_at", "next_probe_at", "probe_expires_at", "updated_at") < '10000-01-01 00:00:00+00');
ALTER TABLE "auth"."identity_circuits" ADD CONSTRAINT "identity_circuits_instants_check"
  CHECK (least("opened_at", "next_probe_at", "probe_expires_at", "updated_at") >= '0001-01-01 00:00:00+00' AND greatest("opened_at", "next_probe_at", "probe_expires_at", "updated_at") < '10000-01-01 00:00:00+00');

-- Counters that the next attempt would carry beyond what the column holds.
UPDATE "auth"."queued_managed_account_creations"
SET "attempt_count" = least(greatest("attempt_count", 0), 1000000), "interruption_count" = least(greatest("interruption_count", 0), 2)
WHERE "attempt_count" NOT BETWEEN 0 AND 1000000 OR "interruption_count" NOT BETWEEN 0 AND 2;
ALTER TABLE "auth"."queued_managed_account_creations" ADD CONSTRAINT "queued_managed_account_creations_counts_check"
  CHECK ("attempt_count" BETWEEN 0 AND 1000000 AND "interruption_count" BETWEEN 0 AND 2);

DROP FUNCTION "auth"."bounded_instant";
