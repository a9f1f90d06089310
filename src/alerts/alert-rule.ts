/**
 * What every rule of an alert is: a question to the database that answers what is wrong now, each
 * thing in its group. A rule knows neither what was on before nor who is told: see alert.rules.ts.
 */
import type { Queryable } from '../database/database.ts';
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import type { Cure } from '../diagnosis/cure.ts';

/** What an alert is about, so that a page can lead there; `key` is what the API's selectors take. */
export type SubjectKind =
  | 'failure_group'
  | 'queue'
  | 'identity_provider'
  | 'job'
  | 'node'
  | 'outbox'
  | 'webhook'
  | 'encryption_key'
  | 'api_token'
  | 'audit_trail'
  | 'database'
  | 'alert_rule';

/** Something that is wrong now. */
export interface Finding {
  /** Which of the rule's many; the same as long as it is the same trouble. Empty where there is only one. */
  readonly groupKey: string;
  readonly subject: { readonly kind: SubjectKind; readonly key: string | null };
  /** How many it stands for; 1 at least. */
  readonly count: number;
  /** Since when it is so; null where nothing tells: since it was found. */
  readonly since: Date | null;
  /** What is wrong, in a sentence. It leaves the server: no names of people, no texts of others. */
  readonly summary: string;
  /** What to do about it. */
  readonly advice: string;
  readonly cure: Cure | null;
}

export interface Findings {
  readonly findings: readonly Finding[];
  /** False: there was more than was looked at, so that what is not among them may still be so. */
  readonly isComplete: boolean;
}

export interface AlertRule {
  /** In SCREAMING_SNAKE: for scripts, silences and webhooks. */
  readonly name: string;
  readonly severity: AlertSeverity;
  /** What it means when an alert of it is on, and when that is over. */
  readonly description: string;
  /** Where it looks. */
  readonly looksAt: string;
  /** What decides, in words; null where there is nothing to set. */
  readonly threshold: string | null;
  /** Reads what is wrong now, by the database's clock; bounded, however many rows there are. */
  find(db: Queryable): Promise<Findings>;
}

export type { Thresholds } from '../config/alerts.ts';

/** So many alerts of one rule at the most; a rule that finds more says that it is not complete. */
export const MOST_FINDINGS = 100;

/** What a statement with `LIMIT MOST_FINDINGS + 1` answered. */
export function findingsOf<Row>(rows: readonly Row[], toFinding: (row: Row) => Finding): Findings {
  return {
    findings: rows.slice(0, MOST_FINDINGS).map(toFinding),
    isComplete: rows.length <= MOST_FINDINGS,
  };
}
