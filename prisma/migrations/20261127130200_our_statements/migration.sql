-- What the server writes it announces itself; what others write is announced here. Our statements are
-- known by how they begin (OURS in src/database/database.ts): a session's name may be changed by a
-- parameter of the URL or by a pooler, and then each entry was told of twice.
DROP TRIGGER "announce_changes" ON "auth"."changes";
CREATE TRIGGER "announce_changes" AFTER INSERT ON "auth"."changes"
  FOR EACH STATEMENT WHEN (NOT starts_with(current_query(), '/* family-hub-jobs */'))
  EXECUTE FUNCTION "auth"."announce_changes"();

DROP TRIGGER "announce_work" ON "auth"."queued_managed_account_creations";
CREATE TRIGGER "announce_work" AFTER INSERT ON "auth"."queued_managed_account_creations"
  FOR EACH STATEMENT WHEN (NOT starts_with(current_query(), '/* family-hub-jobs */'))
  EXECUTE FUNCTION "auth"."announce_work"();

-- Whoever writes the event himself beside the entry has written it.
CREATE OR REPLACE FUNCTION "auth"."record_inserted_entries"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO auth.outbox_events (event_type, aggregate_type, aggregate_id, family_id, payload)
  SELECT 'ManagedAccountCreationQueued', 'ManagedAccountCreation', id, family_id,
         jsonb_build_object('entryId', id, 'familyId', family_id, 'username', username, 'role', role, 'dueAt', next_retry_at)
  FROM inserted
  WHERE status = 'pending' AND NOT EXISTS (
    SELECT FROM auth.outbox_events AS told
    WHERE told.aggregate_id = inserted.id AND told.event_type = 'ManagedAccountCreationQueued');
  RETURN NULL;
END
$$;
DROP TRIGGER "record_inserted_entries" ON "auth"."queued_managed_account_creations";
CREATE TRIGGER "record_inserted_entries"
  AFTER INSERT ON "auth"."queued_managed_account_creations"
  REFERENCING NEW TABLE AS inserted
  FOR EACH STATEMENT WHEN (NOT starts_with(current_query(), '/* family-hub-jobs */'))
  EXECUTE FUNCTION "auth"."record_inserted_entries"();
