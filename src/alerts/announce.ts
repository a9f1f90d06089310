/** What others are told of an alert: an event for whoever listens outside, and one line of the log, on and off. */

import type { Logger } from '../telemetry/logger.ts';
import type { UnitTransaction } from '../work/unit.ts';
import type { AlertState, Change } from './alert.rules.ts';

/** Names what went on and off, in order, each with its event. */
export function nameEdges(tx: UnitTransaction, changes: readonly Change[]): void {
  for (const { alert, edge } of changes) {
    const payload = payloadOf(alert);
    if (edge === 'raised') tx.happened('alertRaised', { id: alert.id, payload });
    else if (edge === 'resolved' && alert.resolvedAt !== null)
      tx.happened('alertResolved', {
        id: alert.id,
        payload: { ...payload, resolvedAt: alert.resolvedAt.toISOString() },
      });
  }
}

const payloadOf = ({
  id,
  rule,
  groupKey,
  severity,
  summary,
  advice,
  count,
  subject,
  startedAt,
  raisedAt,
}: AlertState) => ({
  alertId: id,
  rule,
  group: groupKey,
  severity,
  summary,
  advice,
  count,
  subjectKind: subject.kind,
  subjectKey: subject.key,
  startedAt: startedAt.toISOString(),
  raisedAt: raisedAt.toISOString(),
});

const LEVELS = { info: 'info', warning: 'warn', critical: 'error' } as const;

/** Once the change has committed. What a silence keeps back is in the log at debug only. */
export function logEdges(logger: Logger, changes: readonly Change[]): void {
  for (const { alert, isNew, edge } of changes) {
    const { id: alertId, rule, groupKey: group, severity, count, summary } = alert;
    const line = { alertId, rule, group, severity, count };
    if (edge === 'raised') logger[LEVELS[severity]](line, `Alert ${rule}: ${summary}`);
    else if (edge === 'resolved') logger.info(line, `Alert ${rule} is over. It had been: ${summary}`);
    else if (isNew) logger.debug(line, `Alert ${rule}, silenced: ${summary}`);
  }
}
