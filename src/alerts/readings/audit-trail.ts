/** Reads whether the audit trail was found broken. */
import { AUDIT_FINDING_DAYS } from '../../diagnosis/system-conditions.ts';
import type { Readings } from '../alert-rule.ts';

// By audit_findings_last_found_at_idx.
const BROKEN = `
  SELECT count(*)::int AS count, min(first_found_at) AS since
  FROM (SELECT first_found_at FROM auth.audit_findings
        WHERE cleared_at IS NULL AND last_found_at > now() - $1 * interval '1 day'
        ORDER BY last_found_at DESC LIMIT 1000) AS found
  HAVING count(*) > 0`;

export const auditReadings = (): Readings<'AUDIT_BROKEN'> => ({
  AUDIT_BROKEN: (db) => db.query(BROKEN, [AUDIT_FINDING_DAYS]),
});
