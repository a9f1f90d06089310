-- CreateTable
CREATE TABLE "auth"."readings" (
    "name" TEXT NOT NULL,
    "reading" JSONB NOT NULL DEFAULT '{}',
    "taken_at" TIMESTAMPTZ(3),
    "next_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "readings_pkey" PRIMARY KEY ("name")
);

-- Whoever has the turn writes it, so it must be there.
INSERT INTO "auth"."readings" ("name") VALUES ('metrics');
