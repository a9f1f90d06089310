-- What a broken-off attempt sent may still be done at the identity provider for a while. Until then a
-- look that finds no account is not the last word: nothing is given up before it.
ALTER TABLE "auth"."queued_managed_account_creations" ADD COLUMN "look_final_at" TIMESTAMPTZ(3);
