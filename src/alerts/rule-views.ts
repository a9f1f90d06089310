/** The status of each alert rule: how many alerts are on, whether they are silenced, and the last evaluation. */
import type { Thresholds } from '../config/alerts.ts';
import type { Queryable } from '../database/database.ts';
import type { AlertSeverity } from '../database/generated/prisma/enums.ts';
import type { Condition, SubjectKind } from '../diagnosis/condition.ts';
import { ALERT_CODES, CONDITIONS } from '../diagnosis/conditions.ts';
import { covers } from './alert.rules.ts';
import { loadSilences } from './stored-alerts.ts';

export type AlertRuleState = 'ok' | 'on' | 'silenced' | 'unreadable';

export interface ShownRule {
  readonly name: string;
  readonly title: string;
  readonly severity: AlertSeverity;
  readonly description: string;
  /** What it reads. */
  readonly looksAt: string;
  /** When it raises an alert, in words; null: at once. */
  readonly threshold: string | null;
}

export interface AlertRuleView extends ShownRule {
  readonly state: AlertRuleState;
  readonly activeCount: number;
  readonly evaluatedAt: Date | null;
}

const SOURCES: Readonly<Record<SubjectKind, string>> = {
  failure_group: 'Failed entries, by failure group.',
  queue: 'Due entries, and the pause of the whole queue.',
  identity_provider: 'The circuit of each identity provider that a living node uses.',
  job: 'The newest fires and runs of each job.',
  node: 'The heartbeats of the nodes.',
  outbox: 'Events that are not published.',
  webhook: 'Webhooks that are in use or disabled, and their pending deliveries.',
  encryption_key: 'The active encryption key.',
  api_token: 'Valid API tokens that expire.',
  database: 'Open transactions, replication slots, and the disk of the embedded database.',
  alert_rule: 'The other rules.',
};

/** Returns all alert rules, from the list of conditions. */
export const shownRules = (thresholds: Thresholds): ShownRule[] =>
  ALERT_CODES.map((name) => {
    const {
      title,
      severity,
      about,
      alert: description,
      threshold,
    }: Condition<never> & { alert: string } = CONDITIONS[name];
    const looksAt = SOURCES[about];
    return { name, title, severity, description, looksAt, threshold: threshold?.(thresholds) ?? null };
  });

interface OnAlert {
  readonly id: string;
  readonly rule: string;
  readonly groupKey: string;
}

/** Returns all rules with their status, with three short queries. */
export async function loadRuleViews(db: Queryable, thresholds: Thresholds): Promise<AlertRuleView[]> {
  const [turn] = await db.query<{ doneAt: Date | null; unreadable: Record<string, string> }>(
    'SELECT done_at AS "doneAt", unreadable FROM auth.alert_turn WHERE id = 1',
  );
  const on = await db.query<OnAlert>(
    'SELECT id::text AS id, rule, group_key AS "groupKey" FROM auth.alerts WHERE is_on',
  );
  const silences = await loadSilences(db);
  return shownRules(thresholds).map((rule) => {
    const active = on.filter((alert) => alert.rule === rule.name);
    const isSilenced = active.every((alert) => silences.some((silence) => covers(silence, alert)));
    const isUnreadable = turn !== undefined && Object.hasOwn(turn.unreadable, rule.name);
    const state = isUnreadable ? 'unreadable' : active.length === 0 ? 'ok' : isSilenced ? 'silenced' : 'on';
    return { ...rule, state, activeCount: active.length, evaluatedAt: turn?.doneAt ?? null };
  });
}
