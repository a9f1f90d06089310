-- A start logs the settings that are not default; they are no longer stored.
DROP TABLE "auth"."known_settings";
