-- The outbox gets what its publisher needs: an order, a family, a back-off and a parking place.
ALTER TABLE "auth"."outbox_events"
  ADD COLUMN "sequence" BIGSERIAL NOT NULL,
  ADD COLUMN "family_id" UUID,
  ADD COLUMN "next_attempt_at" TIMESTAMPTZ(3),
  ADD COLUMN "parked_at" TIMESTAMPTZ(3),
  ADD COLUMN "redelivered_at" TIMESTAMPTZ(3);

-- Everything about one entry has the entry as its aggregate, so that order within it means something.
UPDATE "auth"."outbox_events"
SET "aggregate_type" = 'ManagedAccountCreation', "aggregate_id" = ("payload" ->> 'entryId')::uuid
WHERE "event_type" = 'ManagedAccountCreated' AND "aggregate_type" = 'ManagedAccount'
  AND "payload" ->> 'entryId' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
UPDATE "auth"."outbox_events" SET "family_id" = ("payload" ->> 'familyId')::uuid
WHERE "payload" ->> 'familyId' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

-- An instant without end can neither be shown nor waited for.
ALTER TABLE "auth"."outbox_events"
  ADD CONSTRAINT "outbox_events_finite_check" CHECK (isfinite("created_at") AND isfinite(coalesce("next_attempt_at", "created_at")));

-- CreateIndex
CREATE UNIQUE INDEX "outbox_events_sequence_key" ON "auth"."outbox_events"("sequence");

-- CreateIndex
CREATE INDEX "outbox_events_event_type_idx" ON "auth"."outbox_events"("event_type", "sequence");

DROP INDEX "auth"."outbox_events_aggregate_id_idx";
CREATE INDEX "outbox_events_aggregate_id_idx" ON "auth"."outbox_events"("aggregate_id", "sequence");

-- What Prisma's schema language cannot say.

-- Events that wait to be published, in their order.
DROP INDEX "auth"."outbox_events_unprocessed_idx";
CREATE INDEX "outbox_events_pending_idx" ON "auth"."outbox_events" ("sequence")
  WHERE "processed_at" IS NULL AND "parked_at" IS NULL;

-- Those that failed and wait for their next attempt, which hold back what follows in their aggregate.
CREATE INDEX "outbox_events_waiting_idx" ON "auth"."outbox_events" ("aggregate_id", "sequence")
  WHERE "next_attempt_at" IS NOT NULL;

-- Those that failed too often, oldest first, for whoever looks and for their retention.
CREATE INDEX "outbox_events_parked_idx" ON "auth"."outbox_events" ("parked_at") WHERE "parked_at" IS NOT NULL;

-- Events of a span of time: they are written in its order, so that a summary of each block is enough.
CREATE INDEX "outbox_events_created_at_idx" ON "auth"."outbox_events" USING brin ("created_at");

-- Rows that someone inserts with SQL are told of as well. Our own statements write their events themselves.
CREATE FUNCTION "auth"."record_inserted_entries"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('application_name') <> 'family-hub-jobs' THEN
    INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
    SELECT 'ManagedAccountCreationQueued', 'ManagedAccountCreation', id, family_id,
           jsonb_build_object('entryId', id, 'familyId', family_id, 'username', username, 'role', role, 'dueAt', next_retry_at)
    FROM inserted WHERE status = 'pending';
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER "record_inserted_entries"
  AFTER INSERT ON "auth"."queued_managed_account_creations"
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_inserted_entries"();
