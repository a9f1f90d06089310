-- What a session was begun with: the admin token, or the configuration of the issuer. Of sessions
-- that were begun at an issuer before nobody knows it, and so they are over.
DELETE FROM "auth"."sessions" WHERE "kind" = 'oidc';
ALTER TABLE "auth"."sessions" RENAME COLUMN "admin_token_digest" TO "source_digest";
ALTER TABLE "auth"."sessions" DROP CONSTRAINT "sessions_kind_check";
ALTER TABLE "auth"."sessions" ADD CONSTRAINT "sessions_kind_check" CHECK (
  "kind" IN ('admin_token', 'api_token', 'oidc')
  AND ("kind" = 'api_token') = ("api_token_id" IS NOT NULL)
  AND ("kind" = 'api_token') = ("source_digest" IS NULL)
);
