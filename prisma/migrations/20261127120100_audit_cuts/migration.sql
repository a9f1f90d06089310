-- Anchors are kept outside of the database: who could cut the trail could delete those in it. What
-- stays is where retention cut.
DELETE FROM "auth"."audit_anchors" WHERE NOT "is_cut";
ALTER TABLE "auth"."audit_anchors" RENAME TO "audit_cuts";
ALTER TABLE "auth"."audit_cuts" DROP CONSTRAINT "audit_anchors_pkey";
ALTER TABLE "auth"."audit_cuts" DROP COLUMN "is_cut";
ALTER TABLE "auth"."audit_cuts" ADD CONSTRAINT "audit_cuts_pkey" PRIMARY KEY ("link");
