-- Alerts in the record of changes. That one was looked at again, or is quiet for a while, is no change.
CREATE FUNCTION "auth"."record_alert_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'alert', 'created', array_agg(id::text) FROM new_rows HAVING count(*) > 0;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'alert', 'updated', array_agg(id::text)
    FROM (SELECT id, is_on, count, severity, summary, advice, announced_at, resolved_at FROM new_rows EXCEPT ALL SELECT id, is_on, count, severity, summary, advice, announced_at, resolved_at FROM old_rows) AS changed
    HAVING count(*) > 0;
  ELSE
    INSERT INTO auth.changes (topic, kind, keys)
    SELECT 'alert', 'removed', array_agg(id::text) FROM old_rows HAVING count(*) > 0;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER "record_inserts" AFTER INSERT ON "auth"."alerts"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_alert_changes"();
CREATE TRIGGER "record_updates" AFTER UPDATE ON "auth"."alerts"
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_alert_changes"();
CREATE TRIGGER "record_deletes" AFTER DELETE ON "auth"."alerts"
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_alert_changes"();

-- A silence that is set or ended changes how the alerts look that it is about.
CREATE FUNCTION "auth"."record_silence_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO auth.changes (topic, kind, keys)
  SELECT 'alert', 'updated', array_agg(DISTINCT alert.id::text)
  FROM new_rows silence
  JOIN auth.alerts alert ON alert.is_on
    AND (alert.id = silence.alert_id OR (alert.rule = silence.rule AND alert.group_key = coalesce(silence.group_key, alert.group_key)))
  HAVING count(*) > 0;
  RETURN NULL;
END
$$;
CREATE TRIGGER "record_inserts" AFTER INSERT ON "auth"."alert_silences"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_silence_changes"();
CREATE TRIGGER "record_updates" AFTER UPDATE ON "auth"."alert_silences"
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION "auth"."record_silence_changes"();
