/**
 * Executes one run that this node holds: gives the job its context, keeps the lease, and closes the run with its
 * result. Whatever a job does, even a synchronous throw, ends as a closed run and a line in the log.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { inSpan, markFailed, type Span } from '../../telemetry/tracing.ts';
import { asSystem, type Services } from '../../work/context.ts';
import { announce } from '../../work/unit.ts';
import type { Job, RunCounts } from '../job.ts';
import type { RunLease } from '../ledger/fires.ts';
import { countRun } from './run.metrics.ts';
import { keepRunLease } from './run-lease.ts';
import { beginningLine, endingLine } from './run-record.rules.ts';
import { createRunRecord } from './run-record.ts';
import { finishRun, type Interruption, interruptionMessage, type RunResult, renewRun } from './runs.ts';

export interface RunInHand {
  readonly run: RunLease;
  /**
   * Resolves when the run is closed; `isFireOwed` says whether a fire of the job waits to
   * be caught up. Never rejects.
   */
  readonly finished: Promise<{ isFireOwed: boolean }>;
  /** Asks the job to end; the run is then closed as interrupted, with this message. */
  abort(message: string): void;
  /** Like `abort`, on an operator's request; a job that has not ended after the grace period is given up. */
  interrupt(interruption: Interruption): void;
  /** Closes the run as interrupted although the job has not ended; what the job does afterwards is ignored. */
  giveUp(message: string): Promise<void>;
}

export interface ExecutionOptions {
  /** Removes secrets from a line of JSON that is to be stored. */
  redact(line: string): string;
  onFault(error: unknown): void;
}

const RETRY_MS = 1000;
/** The limit of setTimeout: with a longer delay it fires at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Starts the execution and returns immediately. */
export function executeRun(
  services: Services,
  job: Job,
  run: RunLease,
  { redact, onFault }: ExecutionOptions,
): RunInHand {
  const { db, config } = services;
  const { LEASE_DURATION: leaseMs, interruptGraceMs: graceMs } = config;
  const logger = services.logger.child({ jobName: job.name, runId: run.runId });
  const controller = new AbortController();
  const record = createRunRecord(services, { runId: run.runId, logger, redact });
  const abort = (message: string) => {
    if (!controller.signal.aborted) record.note({ level: 'warn', message: `It is asked to stop. ${message}` });
    controller.abort(new Error(message));
  };
  let grace: NodeJS.Timeout | undefined;
  let isGivenUp = false;
  let closing: RunResult | undefined;
  let endEarly: (closed: { isFireOwed: boolean }) => void = () => undefined;
  const endedEarly = new Promise<{ isFireOwed: boolean }>((resolve) => {
    endEarly = resolve;
  });
  const lease = keepRunLease({
    leaseMs,
    heldSince: run.heldSince,
    renew: (report) => renewRun(db, run, leaseMs, report),
    onLost() {
      logger.warn('The lease of this run was lost: another node may run the job. It is asked to stop');
      abort('The lease of this run was lost.');
    },
    onInterrupted: (interruption) => interrupt(interruption),
    onReported: () => announce(services, 'runReported'),
    onError: onFault,
  });

  /** The first result wins: a run that is already being closed cannot be given up. */
  const close = async (latest: RunResult) => {
    closing ??= latest;
    const result = closing;
    clearTimeout(grace);
    const isQuiet = result.status === 'succeeded' && run.trigger !== 'manual';
    await record.end(endingLine(result), isQuiet);
    lease.release();
    const { progress } = lease.latest();
    const finish = () => finishRun(db, run, { ...result, progress }, config.MISFIRE_WINDOW);
    const closed = await closeWithin(leaseMs, finish, onFault);
    if (closed.ended) {
      announce(services, 'runFinished');
      countRun(services.metrics.jobs, { ...closed.ended, jobName: job.name, status: result.status });
    }
    await record.flush();
    return closed;
  };

  const giveUp = async (message: string) => {
    if (isGivenUp) return;
    isGivenUp = true;
    try {
      endEarly(await close({ status: 'interrupted', counts: lease.latest().counts, errorMessage: message }));
    } finally {
      endEarly({ isFireOwed: false });
    }
  };

  const interrupt = (interruption: Interruption) => {
    if (grace !== undefined || closing !== undefined) return;
    const message = interruptionMessage(interruption);
    logger.warn(message);
    abort(message);
    grace = setTimeout(
      () => {
        logger.warn(
          `${job.name} continues although it was interrupted; its run is closed and further results are ignored`,
        );
        giveUp(`${message} (It did not end within ${graceMs / 1000} s.)`).catch(onFault);
      },
      Math.min(graceMs, LONGEST_TIMEOUT_MS),
    );
  };

  const execute = async (span?: Span) => {
    span?.setAttributes({
      'family_hub.run_id': run.runId,
      'family_hub.job': job.name,
      'family_hub.trigger': run.trigger,
    });
    logger.debug(`${job.name} starting execution`);
    // An operator who started a run wants to see that it has started; a scheduled run can wait for its next line.
    record.begin(beginningLine(run), run.trigger === 'manual');
    const { signal } = controller;
    const { report, progress } = lease;
    if (lease.isOver()) abort('Its lease was over before it could begin: the database answered too late.');
    const context = { ...asSystem(services, job.name), log: record.log, signal, report, progress };
    const result = await outcomeOf(
      () => job.run(context),
      signal,
      () => lease.latest().counts,
    );
    if (result.status !== 'succeeded') markFailed(span, result.status);
    if (isGivenUp) return endedEarly;
    if (result.error !== undefined) logger.error({ err: result.error }, 'Failed to execute job');
    const { ended, isFireOwed } = await close(result);
    if (result.status === 'succeeded' && ended) {
      const level = Object.values(result.counts).some((count) => count !== 0) ? 'info' : 'debug';
      logger[level]({ counts: result.counts }, `${job.name} completed successfully`);
    } else if (result.status === 'interrupted') {
      logger.warn({ counts: result.counts, reason: result.errorMessage }, `${job.name} was interrupted`);
    }
    return { isFireOwed };
  };

  const executed = inSpan(`run ${job.name}`, {}, execute).catch((error: unknown) => {
    onFault(error);
    return { isFireOwed: false };
  });
  return { run, finished: Promise.race([executed, endedEarly]), abort, interrupt, giveUp };
}

/** A job that was asked to end did not do all its work, whether it then returns or throws. */
async function outcomeOf(
  work: () => Promise<RunCounts>,
  signal: AbortSignal,
  reported: () => RunCounts,
): Promise<RunResult & { error?: unknown }> {
  try {
    signal.throwIfAborted();
    // Called within the try: a job may throw before it returns its promise.
    const counts = await work();
    return signal.aborted
      ? { status: 'interrupted', counts, errorMessage: messageOf(signal.reason) }
      : { status: 'succeeded', counts, errorMessage: null };
  } catch (error) {
    return signal.aborted
      ? { status: 'interrupted', counts: reported(), errorMessage: messageOf(signal.reason) }
      : { status: 'failed', counts: reported(), errorMessage: messageOf(error), error };
  }
}

/** Retries for one lease duration to store the result; after that the lease ends and the run counts as crashed. */
async function closeWithin<T>(patienceMs: number, close: () => Promise<T>, onFault: (error: unknown) => void) {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    try {
      return await close();
    } catch (error) {
      if (performance.now() + RETRY_MS > deadline) throw error;
      onFault(error);
      await delay(RETRY_MS);
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
