/** All rules of alerts, in one list, each with its thresholds: what is watched when nobody has set anything. */
import { DEFAULT_THRESHOLDS } from '../config/alerts.ts';
import type { AlertRule, Thresholds } from './alert-rule.ts';
import { auditRules } from './readings/audit-trail.ts';
import { circuitRules } from './readings/circuit.ts';
import { credentialRules } from './readings/credentials.ts';
import { databaseRules } from './readings/database.ts';
import { jobRules } from './readings/jobs.ts';
import { nodeRules } from './readings/nodes.ts';
import { outboxRules } from './readings/outbox.ts';
import { queueRules } from './readings/queue.ts';

/** A rule over the other rules: one of them cannot be asked. */
export const RULE_UNREADABLE = {
  name: 'RULE_UNREADABLE',
  severity: 'warning',
  description:
    'What another rule looks at cannot be read: it neither goes on nor off meanwhile. It is over when it can be read again. (A database that cannot be reached at all is told of by the log and by metrics alone.)',
  looksAt: 'The other rules.',
  threshold: 'for longer than 1 minute',
} as const satisfies Omit<AlertRule, 'find'>;

export const UNREADABLE_AFTER_MS = 60_000;

/**
 * The rules that are asked, those of most weight first. `embeddedFolder`: the folder of the embedded
 * database; left out with any other.
 */
export const createRules = (thresholds: Thresholds, embeddedFolder?: string): AlertRule[] => [
  ...queueRules(thresholds),
  ...circuitRules(thresholds),
  ...jobRules(thresholds),
  ...nodeRules(thresholds),
  ...outboxRules(thresholds),
  ...credentialRules(thresholds),
  ...auditRules(),
  ...databaseRules(thresholds, embeddedFolder),
];

/** All rules as they are shown, that over the others too. */
export const shownRules = (thresholds: Thresholds): Omit<AlertRule, 'find'>[] => [
  ...createRules(thresholds).map(({ find: _, ...rule }) => rule),
  RULE_UNREADABLE,
];

export const RULE_NAMES: readonly string[] = shownRules(DEFAULT_THRESHOLDS).map(({ name }) => name);
