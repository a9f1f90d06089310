/**
 * One look at everything that is watched: each rule is asked by itself, outside of any transaction
 * and bounded in time; then, in one transaction, it is decided what goes on and off, and that is
 * written with the events that tell of it. So nothing is told that is not so, or told twice.
 */
import { randomUUID } from 'node:crypto';
import type { Database, Queryable, Transactional } from '../database/database.ts';
import { recordEvents } from '../events/outbox/record.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type Asked, type Change, decide } from './alert.rules.ts';
import type { AlertRule, Findings } from './alert-rule.ts';
import { RULE_UNREADABLE, UNREADABLE_AFTER_MS } from './alert-rules.ts';
import { eventsOf, logEdges } from './announce.ts';
import { loadOpenAlerts, loadSilences, storeChanges } from './stored-alerts.ts';
import { endTurn, lockTurn, type Turn, takeTurn } from './turn.ts';

export interface EvaluationTools {
  readonly db: Transactional & Pick<Database, 'outage'>;
  /** Bounded in time: what takes too long is told of as unreadable. */
  readonly reading: Queryable;
  readonly rules: readonly AlertRule[];
  readonly nodeId: string;
  readonly intervalMs: number;
  readonly holdMs: number;
  readonly logger: Logger;
  /** Once it is true, no further rule is asked, and the turn is given back. */
  readonly isStopping?: () => boolean;
}

/**
 * Looks, if it is this node's turn; answers what changed, or undefined when it was not, when the
 * turn ran out meanwhile, or when the node stops. After it, events may have been written.
 */
export async function evaluate(tools: EvaluationTools): Promise<readonly Change[] | undefined> {
  const { db, nodeId, intervalMs, holdMs, logger } = tools;
  const turn = await takeTurn(db, nodeId, intervalMs);
  if (turn === undefined) return undefined;
  const asked = await askAll(tools);
  if (asked === undefined) {
    await endTurn(db, turn.token, turn.unreadable);
    return undefined;
  }
  const changes = await db.transaction(async (tx) => {
    const now = await lockTurn(tx, turn.token);
    if (now === undefined) return undefined;
    const unreadable = unreadableSince(turn, asked, now);
    const all = [...asked, unreadableRules(unreadable, now)];
    const silences = await loadSilences(tx);
    const decided = decide(await loadOpenAlerts(tx), all, { now, holdMs, silences, newId: randomUUID });
    await storeChanges(tx, decided, now);
    await recordEvents(tx, eventsOf(decided));
    await endTurn(tx, turn.token, unreadable);
    return decided;
  });
  if (changes !== undefined) logEdges(logger, changes);
  return changes;
}

/** One after the other: there is no hurry, and the others need connections too. Throws when the database is away. */
async function askAll({ rules, reading, db, isStopping }: EvaluationTools): Promise<Asked[] | undefined> {
  const asked: Asked[] = [];
  for (const { name: rule, severity, find } of rules) {
    if (isStopping?.()) return undefined;
    const found = await find(reading).catch((error: unknown) => {
      if (db.outage.explains(error)) throw error;
      db.outage.warn(error, `What the alert rule ${rule} looks at could not be read`);
      return undefined;
    });
    asked.push({ rule, severity, found });
  }
  return asked;
}

function unreadableSince({ unreadable }: Turn, asked: readonly Asked[], now: Date): Turn['unreadable'] {
  const failed = asked.filter(({ found }) => found === undefined);
  return Object.fromEntries(failed.map(({ rule }) => [rule, unreadable[rule] ?? now.toISOString()]));
}

function unreadableRules(unreadable: Turn['unreadable'], now: Date): Asked {
  const { name, severity } = RULE_UNREADABLE;
  const findings: Findings['findings'] = Object.entries(unreadable)
    .map(([rule, since]) => ({ rule, since: new Date(since) }))
    .filter(({ since }) => now.getTime() - since.getTime() >= UNREADABLE_AFTER_MS)
    .map(({ rule, since }) => ({
      groupKey: rule,
      subject: { kind: 'alert_rule', key: rule },
      count: 1,
      since,
      summary: `What ${rule} looks at cannot be read: the rule neither goes on nor off.`,
      advice:
        'The log says what the database answered. Most often it is too slow (STATEMENT_TIMEOUT), or lets this user read too little.',
      cure: null,
    }));
  return { rule: name, severity, found: { findings, isComplete: true } };
}
