-- Which identity provider a node makes accounts at: the circuit of one that no living node uses is nobody's trouble.
-- AlterTable
ALTER TABLE "auth"."server_nodes" ADD COLUMN "provider" TEXT;
