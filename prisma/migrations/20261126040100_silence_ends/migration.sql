-- That a silence has ended by its time is told like any other end: by the first look that finds it, which marks it so.
-- AlterTable
ALTER TABLE "auth"."alert_silences" ADD COLUMN "end_told_at" TIMESTAMPTZ(3);

-- An alert that is announced because its silence has ended is told of once, not twice.
CREATE OR REPLACE FUNCTION "auth"."record_silence_changes"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO auth.changes (topic, kind, keys)
  SELECT 'alert', 'updated', array_agg(DISTINCT alert.id::text)
  FROM new_rows silence
  JOIN auth.alerts alert ON alert.is_on
    AND (alert.id = silence.alert_id OR (alert.rule = silence.rule AND alert.group_key = coalesce(silence.group_key, alert.group_key)))
    AND NOT EXISTS (SELECT FROM auth.changes
                    WHERE transaction_id = (pg_current_xact_id())::text::bigint AND topic = 'alert' AND alert.id::text = ANY (keys))
  HAVING count(*) > 0;
  RETURN NULL;
END
$$;
