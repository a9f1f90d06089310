/**
 * One evaluation of all alert rules. Their queries run outside of any transaction (asking.ts). Then one
 * transaction decides which alerts are raised and resolved, and stores them with their events, so that no alert
 * is announced falsely or twice.
 *
 * The lease (the turn) for evaluating the alert rules: one node holds it in each interval. A lease that was not
 * released, because its node crashed or hangs, expires; later findings of that node are dropped. The node that
 * holds the lease need not wait for its expiry: if it asks again, its last evaluation has failed, because the
 * database was unreachable.
 *
 * Evaluates the alert rules at intervals, one evaluation at a time, until it is stopped.
 */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../database/database.ts';
import { CONDITIONS } from '../diagnosis/conditions.ts';
import { UNREADABLE_AFTER_MS } from '../diagnosis/system-conditions.ts';
import type { Logger } from '../telemetry/logger.ts';
import { within } from '../within.ts';
import { asSystem, type Services } from '../work/context.ts';
import { loop } from '../work/loop.ts';
import { type UnitTransaction, unit } from '../work/unit.ts';
import { type AlertState, type Asked, type Change, decide } from './alert.rules.ts';
import { findingOf } from './alert-rule.ts';
import type { Ask } from './asking.ts';
import { loadOpenAlerts, loadSilences, markEndedSilences, storeChanges } from './stored-alerts.ts';

/** After this time another node may take the lease; the queries take at most 30 s (asking.ts). */
const TURN_MS = 40_000;
/** Timers are not exact, so the lease can be taken a little before its interval is over. */
const EARLY = 0.9;

export interface Turn {
  readonly token: string;
  /** The rules that could not be evaluated, each with the time since when. */
  readonly unreadable: Readonly<Record<string, string>>;
}

/** Takes the lease if it is due, in one conditional statement; returns undefined if not, or if another node has it. */
export async function takeTurn(db: Queryable, nodeId: string, intervalMs: number): Promise<Turn | undefined> {
  const [turn] = await db.query<Turn>(
    `UPDATE auth.alert_turn SET token = gen_random_uuid(), node_id = $1, taken_at = clock_timestamp()
     WHERE id = 1
       AND (taken_at IS NULL
            OR (taken_at <= clock_timestamp() - $2 * interval '1 millisecond'
                AND (token IS NULL OR node_id = $1 OR taken_at <= clock_timestamp() - $3 * interval '1 millisecond')))
     RETURNING token::text AS token, unreadable`,
    [nodeId, intervalMs * EARLY, TURN_MS],
  );
  return turn;
}

/** Locks the lease until the transaction ends; returns the database's time, or undefined if the lease was lost. */
export async function lockTurn(tx: Queryable, token: string): Promise<Date | undefined> {
  const [turn] = await tx.query<{ now: Date }>(
    `SELECT date_trunc('milliseconds', clock_timestamp()) AS now FROM auth.alert_turn WHERE id = 1 AND token = $1 FOR UPDATE`,
    [token],
  );
  return turn?.now;
}

/** Releases the lease. The null token marks that, because taken_at and done_at can be the same millisecond. */
export async function endTurn(tx: Queryable, token: string, unreadable: Turn['unreadable']): Promise<void> {
  await tx.query(
    'UPDATE auth.alert_turn SET token = NULL, done_at = clock_timestamp(), unreadable = $2::jsonb WHERE id = 1 AND token = $1',
    [token, JSON.stringify(unreadable)],
  );
}

export type EvaluationTools = Pick<Services, 'config' | 'db' | 'logger' | 'nodeId' | 'notices' | 'trail'> & {
  readonly ask: Ask;
};

/**
 * Evaluates the rules if this node gets the lease; returns the changes. Returns undefined if it did not get
 * it, if the lease expired meanwhile, or if `stopping` resolved first: then the lease is released.
 */
export async function evaluate(
  tools: EvaluationTools,
  stopping: Promise<void>,
): Promise<readonly Change[] | undefined> {
  const { ask, config, db, logger, nodeId } = tools;
  const turn = await takeTurn(db, nodeId, config.alertIntervalMs);
  if (turn === undefined) return undefined;
  const asked = await ask(stopping);
  if (asked === undefined) {
    await endTurn(db, turn.token, turn.unreadable);
    return undefined;
  }
  const changes = await unit(asSystem(tools, 'alerts'), async (tx) => {
    const now = await lockTurn(tx, turn.token);
    if (now === undefined) return undefined;
    const unreadable = unreadableSince(turn, asked, now);
    const all = [...asked, unreadableRules(unreadable, now)];
    const silences = await loadSilences(tx);
    const changes = decide(await loadOpenAlerts(tx), all, {
      now,
      holdMs: config.alertHoldMs,
      silences,
      newId: randomUUID,
    });
    await storeChanges(tx, changes, now);
    const hasSilenceEnded = await markEndedSilences(tx);
    if (changes.length > 0 || hasSilenceEnded) tx.happened('alertsChanged', {});
    nameEdges(tx, changes);
    await endTurn(tx, turn.token, unreadable);
    return changes;
  });
  if (changes !== undefined) logEdges(logger, changes);
  return changes;
}

function unreadableSince({ unreadable }: Turn, asked: readonly Asked[], now: Date): Turn['unreadable'] {
  const failed = asked.filter(({ found }) => found === undefined);
  return Object.fromEntries(failed.map(({ rule }) => [rule, unreadable[rule] ?? now.toISOString()]));
}

function unreadableRules(unreadable: Turn['unreadable'], now: Date): Asked {
  const findings = Object.entries(unreadable)
    .map(([key, since]) => ({ key, since: new Date(since) }))
    .filter(({ since }) => now.getTime() - since.getTime() >= UNREADABLE_AFTER_MS)
    .map((row) => findingOf('RULE_UNREADABLE', row));
  const { severity } = CONDITIONS.RULE_UNREADABLE;
  return { rule: 'RULE_UNREADABLE', severity, found: { findings, isComplete: true } };
}

/** Writes an audit entry and an event for each alert that was raised or resolved, in order. */
function nameEdges(tx: UnitTransaction, changes: readonly Change[]): void {
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

/** Logs what was raised and resolved; silenced alerts only at debug level. Call it after the commit. */
function logEdges(logger: Logger, changes: readonly Change[]): void {
  for (const { alert, isNew, edge } of changes) {
    const { id: alertId, rule, groupKey: group, severity, count, summary } = alert;
    const line = { alertId, rule, group, severity, count };
    if (edge === 'raised') logger[LEVELS[severity]](line, `Alert ${rule}: ${summary}`);
    else if (edge === 'resolved') logger.info(line, `Alert ${rule} is over. It was: ${summary}`);
    else if (isNew) logger.debug(line, `Alert ${rule}, silenced: ${summary}`);
  }
}

export interface AlertWatch {
  begin(): void;
  /** Evaluates the rules now, if this node gets the lease. Rejects when the database is unreachable. */
  look(): Promise<void>;
  /** Aborts an evaluation in progress, and waits at most `timeoutMs` for its end. */
  stop(timeoutMs: number): Promise<void>;
}

export function createAlertWatch(tools: EvaluationTools): AlertWatch {
  const { db, config } = tools;
  const intervalMs = config.alertIntervalMs;
  let last: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  let breakOff = (): void => undefined;

  const look = (): Promise<void> => {
    const looked = last.then(async () => {
      if (isStopped) return;
      // A promise for each evaluation: a shared one would accumulate listeners.
      const stopping = new Promise<void>((resolve) => {
        breakOff = resolve;
      });
      await evaluate(tools, stopping);
    });
    last = looked.catch(() => undefined);
    return looked;
  };
  const looks = loop({
    name: 'Evaluating the alert rules',
    outage: db.outage,
    retryMs: intervalMs,
    async once() {
      await look();
      return intervalMs;
    },
  });
  return {
    begin: () => looks.wakeIn(intervalMs),
    look,
    async stop(timeoutMs) {
      isStopped = true;
      void looks.stop();
      breakOff();
      await within(timeoutMs, last);
    },
  };
}
