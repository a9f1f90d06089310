/** How each rule stands: what is on, what is silenced, and when somebody last looked. */
import type { Queryable } from '../database/database.ts';
import { covers } from './alert.rules.ts';
import type { AlertRule } from './alert-rule.ts';
import { loadSilences } from './stored-alerts.ts';

export type AlertRuleState = 'ok' | 'on' | 'silenced' | 'unreadable';

export interface AlertRuleView extends Omit<AlertRule, 'find'> {
  readonly state: AlertRuleState;
  readonly activeCount: number;
  readonly evaluatedAt: Date | null;
}

interface OnAlert {
  readonly id: string;
  readonly rule: string;
  readonly groupKey: string;
}

/** All rules, in the order given; three short statements. */
export async function loadRuleViews(
  db: Queryable,
  rules: readonly Omit<AlertRule, 'find'>[],
): Promise<AlertRuleView[]> {
  const [turn] = await db.query<{ doneAt: Date | null; unreadable: Record<string, string> }>(
    'SELECT done_at AS "doneAt", unreadable FROM auth.alert_turn WHERE id = 1',
  );
  const on = await db.query<OnAlert>(
    'SELECT id::text AS id, rule, group_key AS "groupKey" FROM auth.alerts WHERE is_on',
  );
  const silences = await loadSilences(db);
  return rules.map((rule) => {
    const active = on.filter((alert) => alert.rule === rule.name);
    const isSilenced = active.every((alert) => silences.some((silence) => covers(silence, alert)));
    const isUnreadable = turn !== undefined && Object.hasOwn(turn.unreadable, rule.name);
    const state = isUnreadable ? 'unreadable' : active.length === 0 ? 'ok' : isSilenced ? 'silenced' : 'on';
    return { ...rule, state, activeCount: active.length, evaluatedAt: turn?.doneAt ?? null };
  });
}
