/** Alerts put together: the watch of a node, and what the API needs. */
import type { Acts } from '../access/acts.ts';
import type { Digester } from '../access/idempotency.ts';
import type { Database, Queryable } from '../database/database.ts';
import { shareReading } from '../database/shared-reading.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { Notices } from '../work/notices.ts';
import type { RuleTools } from './alert-rule.ts';
import { createRules, shownRules } from './alert-rules.ts';
import { createAsking } from './asking.ts';
import { loadRuleViews } from './rule-views.ts';
import { createSilences } from './silences.ts';
import { loadSilences } from './stored-alerts.ts';
import { createAlertWatch } from './watch.ts';

export interface AlertOptions extends RuleTools {
  readonly db: Database;
  readonly acts: Acts;
  readonly digester: Digester;
  readonly notices: Notices;
  readonly nodeId: string;
  readonly logger: Logger;
}

export type AlertTools = ReturnType<typeof createAlerts>['tools'];

export function createAlerts({ db, acts, digester, notices, nodeId, logger, ...ruleTools }: AlertOptions) {
  const rules = createRules(ruleTools);
  const shown = shownRules(rules);
  const ruleNames = shown.map(({ name }) => name);
  const sharedSilences = shareReading((on: Queryable) => loadSilences(on));
  const { ALERT_INTERVAL: intervalMs, ALERT_HOLD: holdMs } = ruleTools.settings;
  return {
    watch: createAlertWatch({
      db,
      ask: createAsking({ rules, reading: db.reading, outage: db.outage }),
      notices,
      nodeId,
      intervalMs,
      holdMs,
      logger,
    }),
    tools: {
      loadSilences: () => sharedSilences(db.reading),
      loadRules: () => loadRuleViews(db.reading, shown),
      ruleNames,
      ...createSilences({ acts, digester, ruleNames, onChanged: () => notices.notify('changes') }),
    },
  };
}
