-- CreateTable
CREATE TABLE "auth"."audit_entries" (
    "id" UUID NOT NULL,
    "sequence" BIGSERIAL NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "actor_kind" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "actor" TEXT NOT NULL,
    "token_prefix" TEXT,
    "role" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "target_type" TEXT,
    "target_id" TEXT,
    "family_id" UUID,
    "reason" TEXT,
    "before" TEXT,
    "after" TEXT,
    "request_id" TEXT,
    "address" TEXT,
    "node_id" UUID,
    "key_id" UUID NOT NULL,
    "mac" BYTEA NOT NULL,
    "link" BIGINT,
    "chain" BYTEA,
    "chained_at" TIMESTAMPTZ(3),

    CONSTRAINT "audit_entries_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."audit_anchors" (
    "link" BIGINT NOT NULL,
    "is_cut" BOOLEAN NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "chain" BYTEA NOT NULL,
    "key_id" UUID NOT NULL,
    "mac" BYTEA NOT NULL,

    CONSTRAINT "audit_anchors_pkey" PRIMARY KEY ("link","is_cut")
);

-- CreateIndex
CREATE UNIQUE INDEX "audit_entries_sequence_key" ON "auth"."audit_entries"("sequence");

-- CreateIndex
CREATE UNIQUE INDEX "audit_entries_link_key" ON "auth"."audit_entries"("link");

-- CreateIndex
CREATE INDEX "audit_entries_at_idx" ON "auth"."audit_entries"("at");

-- CreateIndex
CREATE INDEX "audit_entries_target_id_idx" ON "auth"."audit_entries"("target_id", "sequence");

-- CreateIndex
CREATE INDEX "audit_entries_actor_idx" ON "auth"."audit_entries"("actor", "sequence");

-- CreateIndex
CREATE INDEX "audit_entries_action_idx" ON "auth"."audit_entries"("action", "sequence");

-- Of acts that concern a family: its own callers see these alone.
CREATE INDEX "audit_entries_family_id_idx" ON "auth"."audit_entries" ("family_id", "sequence") WHERE "family_id" IS NOT NULL;

-- What the sealer has not chained yet: a handful of rows.
CREATE INDEX "audit_entries_unchained_idx" ON "auth"."audit_entries" ("sequence") WHERE "link" IS NULL;

-- A row is chained with all three or with none.
ALTER TABLE "auth"."audit_entries" ADD CONSTRAINT "audit_entries_chain_check" CHECK (num_nulls("link", "chain", "chained_at") IN (0, 3));

-- The key that proves the audit trail stands in the key ring beside the others.
ALTER TABLE "auth"."data_protection_keys" DROP CONSTRAINT "data_protection_keys_purpose_check";
ALTER TABLE "auth"."data_protection_keys" ADD CONSTRAINT "data_protection_keys_purpose_check" CHECK ("purpose" IN ('seal', 'digest', 'audit'));
