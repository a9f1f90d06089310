/** The alert over the audit trail: it was found not to be as it was written. */

import { type AlertRule, type Finding, findingsOf } from '../alert-rule.ts';
import { counted } from '../wording.rules.ts';

/** Nothing mends a trail; after so long everybody knows. */
const TOLD_FOR_DAYS = 30;

// By audit_findings_last_found_at_idx.
const BROKEN = `
  SELECT count(*)::int AS count, min(first_found_at) AS since,
         (array_agg(found_by ORDER BY last_found_at DESC))[1] AS "foundBy"
  FROM (SELECT first_found_at, last_found_at, found_by FROM auth.audit_findings
        WHERE cleared_at IS NULL AND last_found_at > now() - $1 * interval '1 day'
        ORDER BY last_found_at DESC LIMIT 1000) AS found
  HAVING count(*) > 0`;

interface BrokenRow {
  readonly count: number;
  readonly since: Date;
  readonly foundBy: string;
}

const WORDS: Readonly<Record<string, string>> = {
  chaining: 'a row is not as it was signed',
  witness: 'its end, as a node saw it, is gone',
  verification: 'verifying it found what does not fit',
};

const brokenFinding = ({ count, since, foundBy }: BrokenRow): Finding => ({
  groupKey: '',
  subject: { kind: 'audit_trail', key: null },
  count,
  since,
  summary: `The audit trail is broken: ${WORDS[foundBy] ?? foundBy}${count === 1 ? '' : ` (${counted(count, 'finding')})`}.`,
  advice:
    'Somebody changed it who can write to the database. Verify it whole (verifyAuditTrail) with an anchor from elsewhere, keep a dump as it is now, and find out who has access. The log has each finding.',
  cure: null,
});

export const auditRules = (): AlertRule[] => [
  {
    name: 'AUDIT_BROKEN',
    severity: 'critical',
    description: `The audit trail is not as it was written, or a part of it cannot be checked. It is over when verifying the whole of it finds it intact, which does not settle an end that was gone, or ${TOLD_FOR_DAYS} days after it was last found so.`,
    looksAt: 'What chaining and verifying the trail found.',
    threshold: null,
    find: async (db) => findingsOf(await db.query<BrokenRow>(BROKEN, [TOLD_FOR_DAYS]), brokenFinding),
  },
];
