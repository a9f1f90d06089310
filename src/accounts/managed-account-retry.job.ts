/**
 * ManagedAccountRetryJob: the retry clock and the safety net. Each run takes over what crashed
 * nodes held, wakes every node's worker, ends when all that was due at its start is settled,
 * and counts that. It destroys passwords whose time has come.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Acts } from '../access/acts.ts';
import type { Database } from '../database/database.ts';
import type { Notices } from '../events/notices.ts';
import type { Job, JobContext, RunCounts } from '../jobs/job.ts';
import { destroyOldPasswords } from './passwords.ts';
import { takeOverAllExpired } from './takeover.ts';

export interface RetryJobOptions {
  readonly acts: Acts;
  readonly notices: Notices;
  readonly provider: string;
  readonly undoWindowMs: number;
  readonly failedPasswordRetentionMs: number;
}

/** The job, for the scheduler. */
export function managedAccountRetryJob(options: RetryJobOptions): Job {
  return {
    name: 'ManagedAccountRetryJob',
    description: 'Attempts every queued managed account that is due.',
    cron: '* * * * *',
    timeZone: 'UTC',
    misfirePolicy: 'run_once',
    // A stopping node attempts nothing more: its run would wait in vain, another node's does not.
    endsWhenStopping: true,
    run: (context) => retryDueEntries(context, options),
  };
}

async function retryDueEntries(context: JobContext, options: RetryJobOptions): Promise<RunCounts> {
  const { db, logger } = context;
  const { acts, notices } = options;
  const takenOver = await takeOverAllExpired(acts);
  if (takenOver.length > 0) notices.changed();
  const destroyed = await destroyOldPasswords(acts, options.undoWindowMs, options.failedPasswordRetentionMs);
  if (destroyed.length > 0) notices.changed();

  const { now, due } = await dueNow(db);
  notices.workToDo();
  if (due === 0) logger.debug('No pending jobs ready for retry');
  else await untilSettled(context, options.provider, now);
  const counts = { due, takenOver: takenOver.length, passwordsDestroyed: destroyed.length };
  return due === 0 ? counts : { ...counts, ...(await countOutcomes(db, now)) };
}

// The instant travels as text: a Date would cut the database's microseconds.
async function dueNow(db: Database): Promise<{ now: string; due: number }> {
  const [row] = await db.query<{ now: string; due: number }>(
    `SELECT now()::text AS now, count(*)::int AS due FROM auth.queued_managed_account_creations
     WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= now()`,
  );
  return row ?? { now: new Date(0).toISOString(), due: 0 };
}

const REPORT_EVERY_MS = 2_000;

const UNSETTLED = `
  SELECT (SELECT state FROM auth.identity_circuits WHERE provider = $2) = 'closed' AND (
      EXISTS (SELECT 1 FROM auth.queued_managed_account_creations e
              WHERE status = 'pending' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= $1::timestamptz
                AND NOT EXISTS (SELECT 1 FROM auth.queue_pauses p WHERE (p.paused_until IS NULL OR p.paused_until > now())
                                AND (p.family_id IS NULL OR p.family_id = e.family_id)))
      OR EXISTS (SELECT 1 FROM auth.queued_managed_account_creations
                 WHERE status = 'processing' AND coalesce(next_retry_at, '-infinity'::timestamptz) <= $1::timestamptz)
    ) AS unsettled`;

/** Waits until nothing that was due at `now` and is not paused waits or is being attempted, or the circuit is not closed. */
async function untilSettled({ db, signal, report }: JobContext, provider: string, now: string): Promise<void> {
  let nextReportAt = performance.now() + REPORT_EVERY_MS;
  for (let wait = 20; !signal.aborted; wait = Math.min(2 * wait, 1_000)) {
    const [row] = await db.query<{ unsettled: boolean }>(UNSETTLED, [now, provider]);
    if (!row?.unsettled) return;
    await delay(wait, undefined, { signal }).catch(() => undefined);
    const begun = performance.now();
    if (begun < nextReportAt) continue;
    report(await countOutcomes(db, now));
    // Counting costs more the more was done: it may take a fiftieth of the time.
    const ended = performance.now();
    nextReportAt = ended + Math.max(REPORT_EVERY_MS, 50 * (ended - begun));
  }
}

/** Attempts that ended since `now`, of entries that were due by then. */
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
