/** Alerts that are over, and silences that have ended, beyond their time; what is on stays. */
import { type Delete, keys } from './deletion.ts';

/** Served by alerts_resolved_idx. Silences of these alerts alone go with them. */
export const deleteResolvedAlerts: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.alerts WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.alerts
         WHERE NOT is_on AND resolved_at < now() - $1 * interval '1 millisecond'
         ORDER BY resolved_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING id AS key`,
      [keepMs, limit],
    ),
  );

/** Served by alert_silences_ends_at_idx. One that was ended before its time stays until that. */
export const deleteEndedSilences: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.alert_silences WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.alert_silences
         WHERE ends_at < now() - $1 * interval '1 millisecond'
         ORDER BY ends_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING id AS key`,
      [keepMs, limit],
    ),
  );

/** Served by audit_findings_last_found_at_idx: what was settled, or was found long before any alert could tell of it. */
export const deleteOldFindings: Delete = (db, keepMs, limit) =>
  keys(
    db.query(
      `DELETE FROM auth.audit_findings WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM auth.audit_findings
         WHERE last_found_at < now() - $1 * interval '1 millisecond'
           AND (cleared_at IS NOT NULL OR last_found_at < now() - interval '365 days')
         ORDER BY last_found_at LIMIT $2
         FOR UPDATE SKIP LOCKED
       )) RETURNING id AS key`,
      [keepMs, limit],
    ),
  );
