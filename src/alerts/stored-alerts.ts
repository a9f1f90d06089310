/** Loads alerts and silences from the database, and stores the changes of a decision in one statement. */

import type { Queryable } from '../database/database.ts';
import { shareReading } from '../database/shared-reading.ts';
import type { SubjectKind } from '../diagnosis/condition.ts';
import type { Cure } from '../diagnosis/cure.ts';
import type { AlertState, Change, Silence } from './alert.rules.ts';

type StoredAlert = Omit<AlertState, 'subject'> & {
  readonly subjectKind: SubjectKind;
  readonly subjectKey: string | null;
};

const OPEN = `
  SELECT id::text AS id, rule, group_key AS "groupKey", severity, summary, advice, cure, subject_kind AS "subjectKind",
         subject_key AS "subjectKey", count, started_at AS "startedAt", raised_at AS "raisedAt",
         announced_at AS "announcedAt", clear_since AS "clearSince", NULL::timestamptz AS "resolvedAt"
  FROM auth.alerts WHERE is_on ORDER BY number`;

/** Returns the alerts that are on; the limit on findings of each rule keeps them few. */
export async function loadOpenAlerts(db: Queryable): Promise<AlertState[]> {
  const rows = await db.query<StoredAlert & { readonly cure: Cure | null }>(OPEN);
  return rows.map(({ subjectKind: kind, subjectKey: key, ...alert }) => ({ ...alert, subject: { kind, key } }));
}

/** Returns the silences in force, by the database's clock. */
export const loadSilences = (db: Queryable): Promise<Silence[]> =>
  db.query<Silence>(
    `SELECT alert_id::text AS "alertId", rule, group_key AS "groupKey" FROM auth.alert_silences
     WHERE ends_at > clock_timestamp() AND ended_at IS NULL`,
  );

/** The same; concurrent callers share one query. */
export const loadSilencesTogether = shareReading((db: Queryable) => loadSilences(db));

/**
 * Marks silences that have expired. A trigger then publishes a change of the alerts that they covered, except
 * those that this transaction changes anyway. Returns whether there were any.
 */
export async function markEndedSilences(tx: Queryable): Promise<boolean> {
  const ended = await tx.query(
    `UPDATE auth.alert_silences SET end_told_at = clock_timestamp()
     WHERE ends_at <= clock_timestamp() AND ended_at IS NULL AND end_told_at IS NULL RETURNING 1`,
  );
  return ended.length > 0;
}

// The sequence also advances for rows that already exist, so its gaps mean nothing.
const STORE = `
  INSERT INTO auth.alerts (id, rule, group_key, severity, summary, advice, cure, subject_kind, subject_key, count,
                           started_at, raised_at, announced_at, clear_since, is_on, resolved_at, updated_at)
  SELECT id, rule, "groupKey", severity, summary, advice, nullif(cure, 'null'::jsonb), "subjectKind", "subjectKey", count,
         "startedAt", "raisedAt", "announcedAt", "clearSince", "resolvedAt" IS NULL, "resolvedAt", $2
  FROM jsonb_to_recordset($1::jsonb) AS change(
    place int, id uuid, rule text, "groupKey" text, severity auth.alert_severity, summary text, advice text, cure jsonb,
    "subjectKind" text, "subjectKey" text, count int, "startedAt" timestamptz, "raisedAt" timestamptz,
    "announcedAt" timestamptz, "clearSince" timestamptz, "resolvedAt" timestamptz)
  ORDER BY place
  ON CONFLICT (id) DO UPDATE
  SET summary = excluded.summary, advice = excluded.advice, cure = excluded.cure, subject_kind = excluded.subject_kind,
      subject_key = excluded.subject_key, count = excluded.count, announced_at = excluded.announced_at,
      clear_since = excluded.clear_since, is_on = excluded.is_on, resolved_at = excluded.resolved_at,
      updated_at = excluded.updated_at`;

/**
 * Stores the changes. If another alert of the same rule and group is on, this violates alerts_one_on_key and
 * the whole transaction fails, so that no alert is announced twice.
 */
export async function storeChanges(tx: Queryable, changes: readonly Change[], now: Date): Promise<void> {
  if (changes.length === 0) return;
  const rows = changes.map(({ alert: { subject, ...alert } }, place) => ({
    ...alert,
    place,
    subjectKind: subject.kind,
    subjectKey: subject.key,
  }));
  await tx.query(STORE, [JSON.stringify(rows), now]);
}
