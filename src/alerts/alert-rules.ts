/** The alert rules: a query for each condition that raises alerts. */
import type { Thresholds } from '../config/alerts.ts';
import { type AlertRule, type ReadCode, type Readings, ruleOf } from './alert-rule.ts';
import { circuitReadings } from './readings/circuit.ts';
import { credentialReadings } from './readings/credentials.ts';
import { databaseReadings } from './readings/database.ts';
import { jobReadings } from './readings/jobs.ts';
import { nodeReadings } from './readings/nodes.ts';
import { outboxReadings } from './readings/outbox.ts';
import { queueReadings } from './readings/queue.ts';

/** Creates the rules. `embeddedFolder`: the folder of the embedded database; left out for any other database. */
export function createRules(thresholds: Thresholds, embeddedFolder?: string): AlertRule[] {
  const readings: Readings = {
    ...queueReadings(thresholds),
    ...circuitReadings(thresholds),
    ...jobReadings(thresholds),
    ...nodeReadings(thresholds),
    ...outboxReadings(thresholds),
    ...credentialReadings(thresholds),
    ...databaseReadings(thresholds, embeddedFolder),
  };
  return (Object.keys(readings) as ReadCode[]).map((code) => ruleOf(code, readings[code]));
}
