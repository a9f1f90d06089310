/**
 * Writes outcomes: the first is written at once; those that arrive during a write, or within REST_MS of its start,
 * are written together. While the database is unavailable, the write is retried until the entry's lease ends; after
 * that, the node that takes over the entry looks up the account first.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createBatcher } from '../database/batcher.ts';
import { closeAfterProbe } from '../identity/circuit-control.ts';
import type { AccountCreated } from '../identity/provider.ts';
import type { Logger } from '../telemetry/logger.ts';
import { inSpan } from '../telemetry/tracing.ts';
import type { Services } from '../work/context.ts';
import { announce } from '../work/unit.ts';
import type { AttemptFailure, AttemptResult } from './attempt.ts';
import type { ClaimedEntry } from './claim.ts';
import { type Completion, completeEntries, type MadeAccount } from './complete.ts';
import type { Decision } from './entry.rules.ts';
import { type FailedEntry, type FailServices, failEntries } from './fail.ts';

const LARGEST_BATCH = 200;
/** A statement over a hundred rows costs PostgreSQL half as much per row as one over ten. */
const REST_MS = 10;

interface ClosedAttempt {
  readonly entry: ClaimedEntry;
  readonly result: AttemptResult;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly probeToken?: string;
}

/** The services that writing outcomes needs. */
export type OutcomeServices = FailServices & Pick<Services, 'metrics'>;

export interface OutcomeWriter {
  /** Resolves when the outcome is written. Rejects if it could not be written while the lease lasted. */
  write(closed: ClosedAttempt): Promise<void>;
}

/** `onCircuitChanged` is called when an outcome of this node opened or closed the circuit. */
export function createOutcomeWriter(services: OutcomeServices, onCircuitChanged: () => void): OutcomeWriter {
  const { db, provider, config, logger } = services;
  const metrics = services.metrics.queue;
  const completions = createBatcher<MadeAccount, Completion>({
    largest: LARGEST_BATCH,
    lanes: 1,
    restMs: REST_MS,
    async flush(made) {
      metrics.outcomeBatch.observe(made.length, { kind: 'success' });
      const completions = await persist(() => completeEntries(db, provider.name, made));
      if (completions.some(({ kind }) => kind === 'completed')) announce(services, 'accountCreated');
      return completions;
    },
  });
  const failures = createBatcher<FailedEntry, { decision: Decision | undefined }>({
    largest: LARGEST_BATCH,
    lanes: 1,
    async flush(failed) {
      metrics.outcomeBatch.observe(failed.length, { kind: 'failure' });
      const { written, didCircuitChange } = await persist(() => failEntries(services, failed));
      if (didCircuitChange) onCircuitChanged();
      const statuses = new Set(written.map(({ decision }) => decision?.status));
      if (statuses.has('pending')) announce(services, 'attemptFailed');
      if (statuses.has('failed')) announce(services, 'entryFailed');
      return written;
    },
  });

  /** Retries while this node may still hold the lease. */
  const persist = async <T>(write: () => Promise<T>): Promise<T> => {
    const giveUpAt = performance.now() + config.LEASE_DURATION;
    for (let wait = 100; ; wait = Math.min(2 * wait, 2_000)) {
      try {
        return await write();
      } catch (error) {
        if (performance.now() + wait > giveUpAt) throw error;
        db.outage.warn(error, 'Outcomes could not be written; trying again');
        await delay(wait);
      }
    }
  };

  const fail = async (closed: ClosedAttempt, failure: AttemptFailure): Promise<void> => {
    const { entry, startedAt, finishedAt, probeToken } = closed;
    const { decision } = await failures.add({ entry, failure, startedAt, finishedAt, probeToken });
    if (decision === undefined) return lost(entry);
    logFailure(logger, entry, failure, decision);
    const outcome = decision.status === 'failed' ? 'failed' : 'retried';
    metrics.attempt.observe(seconds(startedAt, finishedAt), { outcome, class: failure.class });
    if (outcome === 'failed') metrics.retries.observe(entry.retryCount, { outcome });
  };

  const lost = (entry: ClaimedEntry): void =>
    logger.warn({ jobId: entry.id }, 'A late outcome was dropped: the entry had been taken over');

  const complete = async (closed: ClosedAttempt, result: AccountCreated): Promise<void> => {
    const { entry, startedAt, finishedAt, probeToken } = closed;
    const userId = randomUUID();
    const completion = await completions.add({ entry, result, userId, startedAt, finishedAt, probeToken });
    if (completion.kind === 'refused') return fail(closed, completion.failure);
    if (completion.kind === 'lost') return lost(entry);
    metrics.attempt.observe(seconds(startedAt, finishedAt), { outcome: 'succeeded', class: 'none' });
    metrics.creation.observe(seconds(entry.createdAt, finishedAt));
    metrics.retries.observe(entry.retryCount, { outcome: 'succeeded' });
    logger.debug({ jobId: entry.id, wasAdopted: result.wasAdopted }, 'Account created');
    if (probeToken === undefined) return;
    if (await persist(() => closeAfterProbe(services, provider.name, probeToken))) onCircuitChanged();
  };

  return {
    write: (closed) => {
      const { result } = closed;
      return result.kind === 'failure'
        ? inSpan('write failure', {}, () => fail(closed, result))
        : inSpan('complete entry', {}, () => complete(closed, result));
    },
  };
}

/** Never negative: an entry that was inserted with SQL may have a creation date in the future. */
const seconds = (from: Date, to: Date): number => Math.max(0, to.getTime() - from.getTime()) / 1_000;

/**
 * Logs the exact messages that Family Hub's operators search for. In them, the job is the entry, and RetryCount
 * is the number of the attempt, starting at 1.
 */
function logFailure(logger: Logger, entry: ClaimedEntry, failure: AttemptFailure, decision: Decision): void {
  const { id: jobId, attemptNumber: retryCount } = entry;
  const { message: error, code: errorCode, providerRequestId } = failure;
  const fields = { jobId, retryCount, error, errorCode, providerRequestId };
  if (decision.status === 'failed')
    logger.error(fields, `Job ${jobId} failed permanently after ${retryCount} attempts`);
  else logger.warn(fields, `Failed to create Zitadel user for job ${jobId}, attempt ${retryCount}: ${error}`);
}
