/** The alert rules: a query for each condition that raises alerts. */
import type { Thresholds } from '../config/alerts.ts';
import { type AlertRule, type ReadCode, type Readings, ruleOf } from './alert-rule.ts';
import { systemReadings } from './readings/system.ts';
import { workReadings } from './readings/work.ts';

/** Creates the rules. `embeddedFolder`: the folder of the embedded database; left out for any other database. */
export function createRules(thresholds: Thresholds, embeddedFolder?: string): AlertRule[] {
  const readings: Readings = { ...workReadings(thresholds), ...systemReadings(thresholds, embeddedFolder) };
  return (Object.keys(readings) as ReadCode[]).map((code) => ruleOf(code, readings[code]));
}
