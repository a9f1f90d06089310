-- A token's name is who acted, for ever: it outlives the tokens, which go with their family.
-- CreateTable
CREATE TABLE "auth"."api_token_names" (
    "name" TEXT NOT NULL,
    "role" "auth"."api_role" NOT NULL,
    "family_id" UUID,

    CONSTRAINT "api_token_names_pkey" PRIMARY KEY ("name")
);

INSERT INTO "auth"."api_token_names" ("name", "role", "family_id")
SELECT DISTINCT ON ("name") "name", "role", "family_id" FROM "auth"."api_tokens" ORDER BY "name", "created_at";
