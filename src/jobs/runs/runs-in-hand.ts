/**
 * The runs that this node executes: begun by a claim, by hand, or owed from before. When the node
 * stops they may end by themselves, are then asked to, and are at last closed as interrupted.
 */
import type { Clock } from '../../clock.ts';
import type { Database, Queryable } from '../../database/database.ts';
import { InvalidStateError } from '../../refusals.ts';
import { createRedaction } from '../../telemetry/log-redaction.rules.ts';
import type { Logger } from '../../telemetry/logger.ts';
import type { Job } from '../job.ts';
import { type RunLease, startOwedFire } from '../ledger/fires.ts';
import { createTracker, settleWithin } from '../waiting.ts';
import type { Interruption } from './interrupt-run.ts';
import { executeRun, type RunInHand } from './run-execution.ts';
import { startManualRun, unknownJob } from './runs.ts';

export interface ManualRunInput {
  readonly jobName: string;
  readonly actor: string | null;
  readonly reason: string | null;
  /** Makes the run in a transaction that writes more, for example who asked for it. Left out: by itself. */
  within?(start: (tx: Queryable) => Promise<RunLease>): Promise<RunLease>;
}

/** A run was made, reported its progress, has said something, or ended. */
export type RunChange = 'created' | 'reported' | 'said' | 'ended';

export interface RunsInHand {
  /** Executes a run that this node was given. */
  launch(run: RunLease): void;
  /** Starts the oldest owed fire of a job, if there is one and it may. */
  startOwed(jobName: string): Promise<void>;
  /** Refuses with NotFoundError, JobAlreadyRunningError, or InvalidStateError while stopping. */
  runNow(input: ManualRunInput): Promise<{ runId: string; finished: Promise<void> }>;
  count(): number;
  /** Ends a run because a person asked; nothing happens when this node does not hold it. */
  interrupt(runId: string, interruption: Interruption): void;
  /** Begins none any more, and asks those to end that would wait for this node in vain. */
  drain(): void;
  /** After `drain`: asks all to end. */
  abort(): void;
  /** After `drain`: waits, then closes as interrupted what has not ended. */
  end(timeoutMs: number): Promise<void>;
}

export interface RunsInHandOptions {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly jobs: ReadonlyMap<string, Job>;
  readonly nodeId: string;
  readonly leaseMs: number;
  readonly graceMs: number;
  readonly windowMs: number;
  /** Takes secrets out of a line of JSON that a run's record is to keep; left out: what looks like one. */
  redact?(line: string): string;
  /** A run was made, or anything about it changed: tell whoever watches. */
  onRunChanged(kind: RunChange, runId: string): void;
  onFault(error: unknown): void;
}

export function createRunsInHand(options: RunsInHandOptions): RunsInHand {
  const { db, logger, jobs, nodeId, leaseMs, windowMs, onRunChanged, onFault } = options;
  const { redact = createRedaction() } = options;
  const runs = new Map<string, RunInHand>();
  /** Runs being begun: a stop must not overlook them. */
  const { track: begin, settled: allBegun } = createTracker();
  let isStopping = false;
  let isAborting = false;

  const launch = (run: RunLease): Promise<unknown> => {
    const job = jobs.get(run.jobName);
    if (job === undefined) throw new Error(`A run of ${run.jobName} was begun on a node that does not know the job.`);
    const inHand = executeRun(job, run, {
      ...options,
      redact,
      onChanged: (kind) => onRunChanged(kind, run.runId),
    });
    runs.set(run.runId, inHand);
    onRunChanged('created', run.runId);
    abortIfTime(inHand);
    return inHand.finished.then(({ isFireOwed }) => {
      runs.delete(run.runId);
      if (isFireOwed) startOwed(run.jobName).catch(onFault);
    });
  };

  const abortIfTime = ({ run, abort }: RunInHand) => {
    const endsAtOnce = jobs.get(run.jobName)?.endsWhenStopping === true;
    if (isAborting || (isStopping && endsAtOnce)) abort(STOPPING);
  };

  const startOwed = async (jobName: string): Promise<void> => {
    if (isStopping) return;
    await begin(
      startOwedFire(db, { jobName, nodeId, leaseMs, windowMs }).then((run) => {
        if (run !== null) launch(run);
      }),
    );
  };

  return {
    launch,
    startOwed,
    async runNow({ jobName, actor, reason, within }) {
      if (isStopping) throw new InvalidStateError('This server is stopping and starts no runs. Ask another node.');
      if (!jobs.has(jobName)) throw unknownJob(jobName, [...jobs.keys()]);
      const start = (tx: Queryable) => startManualRun(tx, { jobName, nodeId, leaseMs, actor, reason });
      return begin(
        (within === undefined ? start(db) : within(start)).then((run) => ({
          runId: run.runId,
          finished: launch(run).then(() => undefined),
        })),
      );
    },
    count: () => runs.size,
    interrupt: (runId, interruption) => runs.get(runId)?.interrupt(interruption),
    drain() {
      isStopping = true;
      for (const run of runs.values()) abortIfTime(run);
    },
    abort() {
      isAborting = true;
      for (const run of runs.values()) abortIfTime(run);
    },
    async end(timeoutMs) {
      const deadline = performance.now() + timeoutMs;
      await allBegun(timeoutMs);
      const ends = [...runs.values()].map(({ finished }) => finished);
      await settleWithin(ends, deadline - performance.now());
      const left = [...runs.values()];
      if (left.length === 0) return;
      logger.warn({ jobNames: left.map(({ run }) => run.jobName) }, 'Some runs did not end in time: interrupted');
      const closings = left.map(({ giveUp }) => giveUp('The server was stopped, and the run did not end in time.'));
      for (const closing of await Promise.allSettled(closings)) {
        if (closing.status === 'rejected') onFault(closing.reason);
      }
      runs.clear();
    },
  };
}

const STOPPING = 'The server was stopped.';
