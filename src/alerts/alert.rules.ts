/**
 * Decides when an alert is raised and resolved: a pure function of the alerts that are on, the findings and
 * the silences in force. An alert is raised when it is found, and resolved when it was not found for the hold
 * time, so that a flapping problem stays one alert. Raising and resolving are each announced once.
 */
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import type { Finding, Findings } from './alert-rule.ts';

/** A finding as an alert. */
export interface AlertState extends Omit<Finding, 'since'> {
  readonly id: string;
  readonly rule: string;
  readonly severity: AlertSeverity;
  readonly startedAt: Date;
  readonly raisedAt: Date;
  /** Null while a silence holds the announcement back. */
  readonly announcedAt: Date | null;
  /** Since when it is no longer found; null while it is found. */
  readonly clearSince: Date | null;
  readonly resolvedAt: Date | null;
}

/** The findings of a rule; undefined if it could not be evaluated. */
export interface Asked {
  readonly rule: string;
  readonly severity: AlertSeverity;
  readonly found: Findings | undefined;
}

/** A silence in force: of one alert, or of a rule, or of one group of a rule. */
export interface Silence {
  readonly alertId: string | null;
  readonly rule: string | null;
  readonly groupKey: string | null;
}

export interface Change {
  readonly alert: AlertState;
  readonly isNew: boolean;
  /** What is announced; null: nothing. */
  readonly edge: 'raised' | 'resolved' | null;
}

export interface Decision {
  readonly now: Date;
  readonly holdMs: number;
  readonly silences: readonly Silence[];
  /** Creates the id of a new alert. */
  readonly newId: () => string;
}

/** Whether a silence covers an alert. */
export const covers = (silence: Silence, alert: { id: string; rule: string; groupKey: string }): boolean =>
  silence.alertId === null
    ? silence.rule === alert.rule && (silence.groupKey === null || silence.groupKey === alert.groupKey)
    : silence.alertId === alert.id;

/**
 * Returns the changes. `open`: the alerts of all rules that are on. Alerts of a rule that was not evaluated,
 * or did not read everything, stay on, even if they were not found.
 */
export function decide(open: readonly AlertState[], asked: readonly Asked[], decision: Decision): Change[] {
  const before = new Map(open.map((alert) => [keyOf(alert.rule, alert.groupKey), alert]));
  return asked.flatMap(({ rule, severity, found }) => {
    if (found === undefined) return [];
    const keys = new Set(found.findings.map(({ groupKey }) => groupKey));
    const missing = open.filter((alert) => alert.rule === rule && !keys.has(alert.groupKey));
    return [
      ...found.findings.flatMap((finding) => {
        const alert = before.get(keyOf(rule, finding.groupKey));
        return alert === undefined ? raised({ rule, severity, finding }, decision) : stillOn(alert, finding, decision);
      }),
      ...(found.isComplete ? missing.flatMap((alert) => notFound(alert, decision)) : []),
    ];
  });
}

const keyOf = (rule: string, groupKey: string): string => `${rule}\n${groupKey}`;

function raised(
  { rule, severity, finding }: { rule: string; severity: AlertSeverity; finding: Finding },
  decision: Decision,
): Change[] {
  const { now, newId } = decision;
  const { since, ...what } = finding;
  const startedAt = since === null || since > now ? now : since;
  const started = { startedAt, raisedAt: now, announcedAt: null, clearSince: null, resolvedAt: null };
  return [announced({ ...what, id: newId(), rule, severity, ...started }, decision, true)];
}

/** A changed count or message is stored, but not announced. */
function stillOn(alert: AlertState, { since: _, ...what }: Finding, decision: Decision): Change[] {
  const next = announced({ ...alert, ...what, clearSince: null }, decision, false);
  return next.edge === null && isSame(alert, next.alert) ? [] : [next];
}

function announced(alert: AlertState, { now, silences }: Decision, isNew: boolean): Change {
  const isKeptBack = alert.announcedAt !== null || silences.some((silence) => covers(silence, alert));
  return isKeptBack ? { alert, isNew, edge: null } : { alert: { ...alert, announcedAt: now }, isNew, edge: 'raised' };
}

function notFound(alert: AlertState, { now, holdMs }: Decision): Change[] {
  const clearSince = alert.clearSince ?? now;
  if (now.getTime() - clearSince.getTime() < holdMs)
    return alert.clearSince === null ? [{ alert: { ...alert, clearSince }, isNew: false, edge: null }] : [];
  const edge = alert.announcedAt === null ? null : 'resolved';
  return [{ alert: { ...alert, clearSince, resolvedAt: now }, isNew: false, edge }];
}

const SHOWN = ['summary', 'advice', 'count'] as const;

const isSame = (one: AlertState, other: AlertState): boolean =>
  SHOWN.every((name) => one[name] === other[name]) &&
  one.subject.kind === other.subject.kind &&
  one.subject.key === other.subject.key &&
  (one.clearSince === null) === (other.clearSince === null);
