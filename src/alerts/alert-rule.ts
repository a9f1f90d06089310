/**
 * An alert rule: a query that returns where a condition holds now. A rule knows neither which alerts are on
 * nor who is notified: see alert.rules.ts.
 */
import type { Queryable } from '../database/database.ts';
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import type { Said, SubjectKind } from '../diagnosis/condition.ts';
import { type AlertCode, CONDITIONS, type FactsOf, said } from '../diagnosis/conditions.ts';

/** One place where a condition holds. */
export interface Finding extends Omit<Said, 'message'> {
  /** Distinguishes the findings of a rule; stable as long as the problem is the same. Empty if there is only one. */
  readonly groupKey: string;
  readonly subject: { readonly kind: SubjectKind; readonly key: string | null };
  /** How many cases it covers; at least 1. */
  readonly count: number;
  /** When the problem began; null if unknown: then the time when it was found counts. */
  readonly since: Date | null;
  readonly summary: string;
}

export interface Findings {
  readonly findings: readonly Finding[];
  /** False: not everything was read, so that a problem that was not found may still exist. */
  readonly isComplete: boolean;
}

export interface AlertRule {
  readonly name: string;
  readonly severity: AlertSeverity;
  /** Returns where the condition holds now, by the database's clock; the result is limited for any table size. */
  find(db: Queryable): Promise<Findings>;
}

/** A row of a rule's query: a finding, with the facts that its message depends on. */
export type FoundRow<Code extends AlertCode> = FactsOf<Code> & {
  /** The group's key; left out if there is only one. */
  readonly key?: string;
  /** The subject's key; left out: the group's. */
  readonly subjectKey?: string | null;
  /** Left out: 1. */
  readonly count?: number;
  readonly since: Date | null;
  /** True: not every row was read. */
  readonly isPartial?: boolean;
};

/** The conditions with a query; RULE_UNREADABLE is about the queries themselves. */
export type ReadCode = Exclude<AlertCode, 'RULE_UNREADABLE'>;

/** One query for each condition that raises alerts. */
export type Readings<Code extends ReadCode = ReadCode> = {
  readonly [C in Code]: (db: Queryable) => Promise<readonly FoundRow<C>[]>;
};

/** The most alerts of one rule; if it finds more, its result is marked as incomplete. */
const MOST_FINDINGS = 100;
/** For SQL: one row more than the limit shows that there are more. */
export const LIMIT = `LIMIT ${MOST_FINDINGS + 1}`;

export function findingOf<Code extends AlertCode>(code: Code, row: FoundRow<Code>): Finding {
  const { key = '', subjectKey = key === '' ? null : key, count = 1, since } = row;
  const { message: summary, advice, cure } = said(code, row);
  const subject = { kind: CONDITIONS[code].about, key: subjectKey };
  return { groupKey: key, subject, count: Math.max(1, count), since, summary, advice, cure };
}

export function ruleOf<Code extends ReadCode>(code: Code, read: Readings[Code]): AlertRule {
  return {
    name: code,
    severity: CONDITIONS[code].severity,
    async find(db) {
      const rows = await read(db);
      return {
        findings: rows.slice(0, MOST_FINDINGS).map((row) => findingOf(code, row as FoundRow<Code>)),
        isComplete: rows.length <= MOST_FINDINGS && rows.every(({ isPartial }) => isPartial !== true),
      };
    },
  };
}
