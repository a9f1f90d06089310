-- What people order to go wrong with the built-in simulator, on every node and over restarts.
-- CreateEnum
CREATE TYPE "identity_simulator"."fault" AS ENUM ('none', 'unavailable', 'invalid_token', 'invalid_username', 'slow');

-- CreateTable
CREATE TABLE "identity_simulator"."fault_order" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "fault" "identity_simulator"."fault" NOT NULL DEFAULT 'none',
    "delay_ms" INTEGER,
    "reason" TEXT,
    "changed_by" TEXT,
    "changed_at" TIMESTAMPTZ(3),

    CONSTRAINT "fault_order_pkey" PRIMARY KEY ("id")
);

ALTER TABLE "identity_simulator"."fault_order" ADD CONSTRAINT "fault_order_one_row_check" CHECK ("id" = 1);
ALTER TABLE "identity_simulator"."fault_order" ADD CONSTRAINT "fault_order_delay_check"
  CHECK (("fault" = 'slow') = ("delay_ms" IS NOT NULL) AND "delay_ms" > 0);
INSERT INTO "identity_simulator"."fault_order" ("id") VALUES (1);
