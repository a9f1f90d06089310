/**
 * One look at everything that is watched: each rule is asked by itself, outside of any transaction
 * (asking.ts); then, in one transaction, it is decided what goes on and off, and that is
 * written with the events that tell of it. So nothing is told that is not so, or told twice.
 */
import { randomUUID } from 'node:crypto';
import type { Transactional } from '../database/database.ts';
import type { Logger } from '../telemetry/logger.ts';
import { recordEvents } from '../work/write-events.ts';
import { type Asked, type Change, decide } from './alert.rules.ts';
import type { Findings } from './alert-rule.ts';
import { RULE_UNREADABLE, UNREADABLE_AFTER_MS } from './alert-rules.ts';
import { eventsOf, logEdges } from './announce.ts';
import type { Ask } from './asking.ts';
import { loadOpenAlerts, loadSilences, storeChanges, tellEndedSilences } from './stored-alerts.ts';
import { endTurn, lockTurn, type Turn, takeTurn } from './turn.ts';

export interface EvaluationTools {
  readonly db: Transactional;
  readonly ask: Ask;
  readonly nodeId: string;
  readonly intervalMs: number;
  readonly holdMs: number;
  readonly logger: Logger;
}

export interface Look {
  readonly changes: readonly Change[];
  /** Silences are over by their time, so that alerts look otherwise than before. */
  readonly hasSilenceEnded: boolean;
}

/**
 * Looks, if it is this node's turn; answers what it made of it, or undefined when it was not, when the
 * turn ran out meanwhile, or when `stopping` came first: then the turn is given back. After it,
 * events may have been written.
 */
export async function evaluate(
  { db, ask, nodeId, intervalMs, holdMs, logger }: EvaluationTools,
  stopping: Promise<void>,
): Promise<Look | undefined> {
  const turn = await takeTurn(db, nodeId, intervalMs);
  if (turn === undefined) return undefined;
  const asked = await ask(stopping);
  if (asked === undefined) {
    await endTurn(db, turn.token, turn.unreadable);
    return undefined;
  }
  const look = await db.transaction(async (tx): Promise<Look | undefined> => {
    const now = await lockTurn(tx, turn.token);
    if (now === undefined) return undefined;
    const unreadable = unreadableSince(turn, asked, now);
    const all = [...asked, unreadableRules(unreadable, now)];
    const silences = await loadSilences(tx);
    const changes = decide(await loadOpenAlerts(tx), all, { now, holdMs, silences, newId: randomUUID });
    await storeChanges(tx, changes, now);
    const hasSilenceEnded = await tellEndedSilences(tx);
    await recordEvents(tx, eventsOf(changes));
    await endTurn(tx, turn.token, unreadable);
    return { changes, hasSilenceEnded };
  });
  if (look !== undefined) logEdges(logger, look.changes);
  return look;
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
