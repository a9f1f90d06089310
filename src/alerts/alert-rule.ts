/**
 * What an alert rule is: a reading of the database that answers where a condition holds now. A rule
 * knows neither which alerts are on nor who is notified: see alert.rules.ts.
 */
import type { Queryable } from '../database/database.ts';
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import type { Said, SubjectKind } from '../diagnosis/condition.ts';
import { type AlertCode, CONDITIONS, type FactsOf, said } from '../diagnosis/conditions.ts';

/** One place where a condition holds. */
export interface Finding extends Omit<Said, 'message'> {
  /** Which of the rule's many; the same as long as it is the same problem. Empty where there is only one. */
  readonly groupKey: string;
  readonly subject: { readonly kind: SubjectKind; readonly key: string | null };
  /** How many it stands for; at least 1. */
  readonly count: number;
  /** Since when; null where that is not known: since it was found. */
  readonly since: Date | null;
  readonly summary: string;
}

export interface Findings {
  readonly findings: readonly Finding[];
  /** False: there was more than was read, so that alerts that were not found may still be on. */
  readonly isComplete: boolean;
}

export interface AlertRule {
  readonly name: string;
  readonly severity: AlertSeverity;
  /** Reads where the condition holds now, by the database's clock; bounded, however many rows there are. */
  find(db: Queryable): Promise<Findings>;
}

/** A row of a reading: a finding with the facts that its words depend on. */
export type FoundRow<Code extends AlertCode> = FactsOf<Code> & {
  /** The group's key; left out where there is only one. */
  readonly key?: string;
  /** The subject's key; left out: the group's. */
  readonly subjectKey?: string | null;
  /** Left out: 1. */
  readonly count?: number;
  readonly since: Date | null;
  /** Not every row was read. */
  readonly isPartial?: boolean;
};

/** The conditions that a statement reads; RULE_UNREADABLE is about the readings themselves. */
export type ReadCode = Exclude<AlertCode, 'RULE_UNREADABLE'>;

/** One reading for each condition that raises alerts. */
export type Readings<Code extends ReadCode = ReadCode> = {
  readonly [C in Code]: (db: Queryable) => Promise<readonly FoundRow<C>[]>;
};

/** At most so many alerts of one rule; a rule that finds more says that it is not complete. */
const MOST_FINDINGS = 100;
/** For statements: one row more shows that there are more. */
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
