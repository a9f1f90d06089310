-- CreateEnum
CREATE TYPE "auth"."webhook_state" AS ENUM ('active', 'paused', 'disabled');

-- CreateEnum
CREATE TYPE "auth"."webhook_delivery_status" AS ENUM ('pending', 'delivered', 'failed');

-- CreateTable
CREATE TABLE "auth"."webhooks" (
    "id" UUID NOT NULL,
    "url" TEXT NOT NULL,
    "description" TEXT,
    "event_types" TEXT[] DEFAULT ARRAY[]::TEXT[],
    "state" "auth"."webhook_state" NOT NULL DEFAULT 'active',
    "state_reason" TEXT,
    "state_changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "state_changed_by" TEXT NOT NULL,
    "disabled_at" TIMESTAMPTZ(3),
    "failing_since" TIMESTAMPTZ(3),
    "last_success_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."webhook_secrets" (
    "id" UUID NOT NULL,
    "webhook_id" UUID NOT NULL,
    "sealed_secret" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_secrets_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."webhook_deliveries" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "position" BIGSERIAL NOT NULL,
    "webhook_id" UUID NOT NULL,
    "event_id" UUID NOT NULL,
    "event_type" TEXT NOT NULL,
    "aggregate_id" UUID NOT NULL,
    "body" TEXT NOT NULL,
    "is_test" BOOLEAN NOT NULL DEFAULT false,
    "status" "auth"."webhook_delivery_status" NOT NULL DEFAULT 'pending',
    "due_at" TIMESTAMPTZ(3),
    "lease_token" UUID,
    "lease_node_id" UUID,
    "leased_at" TIMESTAMPTZ(3),
    "attempt_count" INTEGER NOT NULL DEFAULT 0,
    "series_attempt_count" INTEGER NOT NULL DEFAULT 0,
    "series_started_at" TIMESTAMPTZ(3),
    "redelivered_at" TIMESTAMPTZ(3),
    "redelivered_by" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."webhook_attempts" (
    "delivery_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "outcome" TEXT NOT NULL,
    "error_message" TEXT,
    "http_status" INTEGER,
    "answer" TEXT,
    "node_id" UUID,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "webhook_attempts_pkey" PRIMARY KEY ("delivery_id","number")
);

-- CreateIndex
CREATE INDEX "webhook_secrets_webhook_id_idx" ON "auth"."webhook_secrets"("webhook_id");

-- CreateIndex
CREATE UNIQUE INDEX "webhook_deliveries_position_key" ON "auth"."webhook_deliveries"("position");

-- CreateIndex
CREATE INDEX "webhook_deliveries_webhook_id_idx" ON "auth"."webhook_deliveries"("webhook_id", "position");

-- CreateIndex
CREATE INDEX "webhook_deliveries_status_idx" ON "auth"."webhook_deliveries"("webhook_id", "status", "position");

-- CreateIndex
CREATE INDEX "webhook_deliveries_event_id_idx" ON "auth"."webhook_deliveries"("event_id");

-- AddForeignKey
ALTER TABLE "auth"."webhook_secrets" ADD CONSTRAINT "webhook_secrets_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "auth"."webhooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."webhook_deliveries" ADD CONSTRAINT "webhook_deliveries_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "auth"."webhooks"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."webhook_attempts" ADD CONSTRAINT "webhook_attempts_delivery_id_fkey" FOREIGN KEY ("delivery_id") REFERENCES "auth"."webhook_deliveries"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What Prisma's schema language cannot say.

ALTER TABLE "auth"."webhooks"
  ADD CONSTRAINT "webhooks_disabled_check" CHECK (("state" = 'disabled') = ("disabled_at" IS NOT NULL));

ALTER TABLE "auth"."webhook_deliveries"
  ADD CONSTRAINT "webhook_deliveries_closed_check" CHECK (("status" = 'pending') = ("closed_at" IS NULL)),
  ADD CONSTRAINT "webhook_deliveries_lease_check" CHECK ("status" = 'pending' OR ("lease_token" IS NULL AND "due_at" IS NULL));

-- What is due, webhook by webhook; what waits behind another of its aggregate has no due time, and is not here.
CREATE INDEX "webhook_deliveries_due_idx" ON "auth"."webhook_deliveries" ("webhook_id", "due_at", "position")
  WHERE "status" = 'pending' AND "due_at" IS NOT NULL;

-- Who is next of an aggregate.
CREATE INDEX "webhook_deliveries_next_idx" ON "auth"."webhook_deliveries" ("webhook_id", "aggregate_id", "position")
  WHERE "status" = 'pending';

-- What failed and waits for its next attempt, by when it was first tried: once its webhook is resumed, it waits no more.
CREATE INDEX "webhook_deliveries_back_off_idx" ON "auth"."webhook_deliveries" ("webhook_id", "series_started_at")
  WHERE "status" = 'pending' AND "lease_token" IS NULL AND "series_started_at" IS NOT NULL;

-- What is old.
CREATE INDEX "webhook_deliveries_closed_idx" ON "auth"."webhook_deliveries" ("closed_at") WHERE "closed_at" IS NOT NULL;

-- As for passwords: nothing is sealed under a key once it is closed.
CREATE FUNCTION "auth"."refuse_closed_keys_of_secrets"() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  closed uuid;
BEGIN
  SELECT k.id INTO closed FROM auth.data_protection_keys k
   WHERE k.closed_at IS NOT NULL AND encode(k.id::text::bytea, 'base64') = substr(NEW.sealed_secret, 49, 48);
  IF closed IS NOT NULL THEN
    RAISE EXCEPTION 'The encryption key % is closed: nothing is sealed under it any more', closed
      USING ERRCODE = 'object_not_in_prerequisite_state', CONSTRAINT = 'webhook_secrets_closed_key';
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER "refuse_closed_keys"
  BEFORE INSERT OR UPDATE OF "sealed_secret" ON "auth"."webhook_secrets"
  FOR EACH ROW EXECUTE FUNCTION "auth"."refuse_closed_keys_of_secrets"();
