/**
 * ManagedAccountRetryJob: a safety net that also reports what was due. Retries do not depend on it and continue
 * while it is paused (worker.ts). Each run takes over entries of crashed nodes, wakes the workers of all nodes,
 * waits until the entries that were due at its start are done or no node works on them any more, and counts the
 * outcomes. Like each heartbeat, it destroys some of the passwords that are no longer needed.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '../database/database.ts';
import type { CircuitState } from '../database/generated/prisma/enums.ts';
import type { Job, JobContext, RunCounts, RunLog, RunProgress } from '../jobs/job.ts';
import { announce } from '../work/unit.ts';
import { IS_NOT_PAUSED } from './lease.ts';
import { destroySomePasswords } from './passwords.ts';
import { takeOverAllExpired } from './takeover.ts';

export const managedAccountRetryJob: Job = {
  name: 'ManagedAccountRetryJob',
  description:
    'Makes sure that every due entry is attempted, and takes over the work of stopped nodes. Retries also happen without it: to stop them, pause the queue.',
  cron: '* * * * *',
  timeZone: 'UTC',
  misfirePolicy: 'run_once',
  // A stopping node starts no more attempts, so its run would wait for nothing.
  endsWhenStopping: true,
  run: retryDueEntries,
};

async function retryDueEntries(ctx: JobContext): Promise<RunCounts> {
  const { db, log, progress } = ctx;
  const { entryIds: takenOver, refused } = await takeOverAllExpired(ctx);
  for (const { entryId, reason } of refused)
    log.error(`The database refuses to have the entry ${entryId} taken over (${reason}).`, { entryId });
  if (takenOver.length > 0)
    log.warn(`Took over ${entries(takenOver.length)} whose node had stopped.`, { takenOver: takenOver.length });
  const { now, due } = await dueNow(db);
  announce(ctx, 'entriesDue');
  const { count: destroyed } = await destroySomePasswords(ctx);
  if (destroyed > 0)
    log.info(`Destroyed the passwords of ${entries(destroyed)}, whose time had come.`, {
      passwordsDestroyed: destroyed,
    });
  const counts = { due, takenOver: takenOver.length, passwordsDestroyed: destroyed };
  if (due === 0) {
    log.debug('No pending jobs ready for retry');
    return counts;
  }
  const nodes = await nodesAwake(db);
  log.info(`${entries(due)} due. Woken: ${nodes.join(', ') || 'no node'}.`, { due, nodes });
  progress(progressOf({}, due));
  const circuit = await untilSettled(ctx, { now, due });
  const outcomes = await countOutcomes(db, now);
  progress(progressOf(outcomes, due));
  sayOutcomes(log, due, outcomes, circuit);
  return { ...counts, ...outcomes };
}

const entries = (count: number): string => `${count.toLocaleString('en-US')} ${count === 1 ? 'entry' : 'entries'}`;

const resolvedOf = (outcomes: RunCounts): number => Object.values(outcomes).reduce((sum, count) => sum + count, 0);

/** More entries may be done than were due at the start: some were taken over, or retried manually. */
function progressOf(outcomes: RunCounts, due: number): RunProgress {
  const done = resolvedOf(outcomes);
  return { done, total: Math.max(due, done), label: 'Attempting the entries that are due' };
}

function sayOutcomes(log: RunLog, due: number, outcomes: RunCounts, circuit: CircuitState | null): void {
  const { completed = 0, failed = 0, retrying = 0 } = outcomes;
  const attempted = resolvedOf(outcomes);
  log.info(
    `Attempted ${entries(attempted)}: ${completed} completed, ${failed} failed, ${retrying} to be tried again later.`,
    { completed, failed, retrying },
  );
  if (circuit !== null && circuit !== 'closed') {
    log.warn(
      `The circuit is ${circuit.replace('_', '-')}: what is still due waits until the identity provider answers.`,
      { circuit },
    );
  } else if (attempted < due) {
    log.info(
      `${entries(due - attempted)} not attempted: paused, limited, cancelled, held by another transaction, or not waited for.`,
      { left: due - attempted },
    );
  }
}

/** The names of the running nodes, which are notified of due entries. */
async function nodesAwake(db: Database): Promise<string[]> {
  const nodes = await db.query<{ name: string }>(
    `SELECT name FROM auth.server_nodes WHERE state = 'running' ORDER BY name`,
  );
  return nodes.map(({ name }) => name);
}

// The timestamp is text, because a Date would drop the database's microseconds.
async function dueNow(db: Database): Promise<{ now: string; due: number }> {
  const [row] = await db.query<{ now: string; due: number }>(
    `SELECT now()::text AS now, count(*)::int AS due FROM auth.queued_managed_account_creations
     WHERE status = 'pending' AND next_retry_at <= now()`,
  );
  return row ?? { now: new Date(0).toISOString(), due: 0 };
}

const REPORT_EVERY_MS = 2_000;
/**
 * After this time without an attempt, the run stops waiting: a transaction has locked the remaining entries, or
 * no node is free.
 */
const IDLE_FOR_MS = 5_000;

const UNSETTLED = `
  SELECT circuit.state AS circuit, circuit.state = 'closed' AND (
      EXISTS (SELECT 1 FROM auth.queued_managed_account_creations q
              WHERE status = 'pending' AND next_retry_at <= $1::timestamptz
                AND ${IS_NOT_PAUSED})
      OR EXISTS (SELECT 1 FROM auth.queued_managed_account_creations
                 WHERE status = 'processing' AND next_retry_at <= $1::timestamptz)
    ) AS unresolved,
    EXISTS (SELECT 1 FROM auth.queued_managed_account_creations
            WHERE status = 'processing' AND lease_expires_at > now()
              AND next_retry_at <= $1::timestamptz) AS "isUnderWay"
    FROM auth.identity_circuits AS circuit WHERE provider = $2`;

/**
 * Waits until every entry that was due at `now` is done or paused, the circuit is not closed, or no node has
 * worked on the remaining entries for IDLE_FOR_MS. Returns the circuit's state, or null if entries are left.
 */
async function untilSettled(
  { db, provider, signal, report, progress }: JobContext,
  { now, due }: { now: string; due: number },
): Promise<CircuitState | null> {
  let nextReportAt = performance.now() + REPORT_EVERY_MS;
  let lastUnderWayAt = performance.now();
  for (let wait = 20; !signal.aborted; wait = Math.min(2 * wait, 1_000)) {
    const [row] = await db.query<{ unresolved: boolean; isUnderWay: boolean; circuit: CircuitState }>(UNSETTLED, [
      now,
      provider.name,
    ]);
    if (!row?.unresolved) return row?.circuit ?? null;
    if (row.isUnderWay) lastUnderWayAt = performance.now();
    else if (performance.now() - lastUnderWayAt > IDLE_FOR_MS) return null;
    await delay(wait, undefined, { signal }).catch(() => undefined);
    const begun = performance.now();
    if (begun < nextReportAt) continue;
    const outcomes = await countOutcomes(db, now);
    report(outcomes);
    progress(progressOf(outcomes, due));
    // Counting takes longer the more entries are done: it may take at most a fiftieth of the time.
    const ended = performance.now();
    nextReportAt = ended + Math.max(REPORT_EVERY_MS, 50 * (ended - begun));
  }
  return null;
}

/** Counts the latest attempts that ended since `now`, by outcome, of entries that were due by then. */
async function countOutcomes(db: Database, now: string): Promise<RunCounts> {
  const [row] = await db.query<Record<'completed' | 'failed' | 'retrying', number>>(
    `SELECT count(*) FILTER (WHERE a.outcome = 'succeeded')::int AS completed,
            count(*) FILTER (WHERE a.outcome <> 'succeeded' AND e.status = 'failed')::int AS failed,
            count(*) FILTER (WHERE a.outcome <> 'succeeded' AND e.status <> 'failed')::int AS retrying
     FROM auth.account_creation_attempts a
     JOIN auth.queued_managed_account_creations e ON e.id = a.entry_id
     WHERE a.finished_at >= $1::timestamptz AND coalesce(a.due_at, '-infinity'::timestamptz) <= $1::timestamptz
       AND a.number = e.attempt_count`,
    [now],
  );
  return row ?? {};
}
