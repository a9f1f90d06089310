-- CreateEnum
CREATE TYPE "auth"."api_role" AS ENUM ('viewer', 'operator', 'enqueuer', 'admin');

-- CreateTable
CREATE TABLE "auth"."api_tokens" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "name" TEXT NOT NULL,
    "role" "auth"."api_role" NOT NULL,
    "family_id" UUID,
    "prefix" TEXT NOT NULL,
    "digest" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "reason" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_by" TEXT,
    "revoke_reason" TEXT,

    CONSTRAINT "api_tokens_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "auth"."sessions" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "digest" BYTEA NOT NULL,
    "kind" TEXT NOT NULL,
    "caller_id" TEXT NOT NULL,
    "caller_name" TEXT NOT NULL,
    "role" "auth"."api_role" NOT NULL,
    "family_id" UUID,
    "api_token_id" UUID,
    "admin_token_digest" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "sessions_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "api_tokens_digest_key" ON "auth"."api_tokens"("digest");

-- CreateIndex
CREATE INDEX "api_tokens_name_idx" ON "auth"."api_tokens"("name");

-- CreateIndex
CREATE INDEX "api_tokens_family_id_idx" ON "auth"."api_tokens"("family_id");

-- CreateIndex
CREATE UNIQUE INDEX "sessions_digest_key" ON "auth"."sessions"("digest");

-- CreateIndex
CREATE INDEX "sessions_expires_at_idx" ON "auth"."sessions"("expires_at");

-- CreateIndex
CREATE INDEX "sessions_api_token_id_idx" ON "auth"."sessions"("api_token_id");

-- CreateIndex
CREATE INDEX "sessions_family_id_idx" ON "auth"."sessions"("family_id");

-- AddForeignKey
ALTER TABLE "auth"."api_tokens" ADD CONSTRAINT "api_tokens_family_id_fkey" FOREIGN KEY ("family_id") REFERENCES "auth"."families"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."sessions" ADD CONSTRAINT "sessions_family_id_fkey" FOREIGN KEY ("family_id") REFERENCES "auth"."families"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "auth"."sessions" ADD CONSTRAINT "sessions_api_token_id_fkey" FOREIGN KEY ("api_token_id") REFERENCES "auth"."api_tokens"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- What a session was begun with, so that it ends with that.
ALTER TABLE "auth"."sessions" ADD CONSTRAINT "sessions_kind_check" CHECK (
  "kind" IN ('admin_token', 'api_token', 'oidc')
  AND ("kind" = 'api_token') = ("api_token_id" IS NOT NULL)
  AND ("kind" = 'admin_token') = ("admin_token_digest" IS NOT NULL)
);
