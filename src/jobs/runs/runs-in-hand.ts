/**
 * The runs that this node executes: started by a claim, manually, or owed from before. When the node stops, it
 * waits for them to finish, then asks them to end, and finally closes them as interrupted.
 */
import { secretsOf } from '../../config/secrets.ts';
import type { Queryable } from '../../database/database.ts';
import { InvalidStateError } from '../../refusals.ts';
import { createRedaction } from '../../telemetry/log-redaction.rules.ts';
import { outsideTraces } from '../../telemetry/tracing.ts';
import { within } from '../../within.ts';
import type { Services } from '../../work/context.ts';
import { announce } from '../../work/unit.ts';
import { type RunLease, startOwedFire } from '../ledger/fires.ts';
import { unknownJob } from './known-job.ts';
import { executeRun, type RunInHand } from './run-execution.ts';
import { type Interruption, startManualRun } from './runs.ts';

interface ManualRun {
  readonly jobName: string;
  readonly actor: string | null;
  readonly reason: string | null;
}

export interface RunsInHand {
  /** Executes a run whose lease this node holds. */
  launch(run: RunLease): Promise<unknown>;
  /** Starts the oldest owed fire of a job, if there is one and it may start. */
  startOwed(jobName: string): Promise<void>;
  /**
   * Starts a run in a transaction that also writes other things: `within` may call `start` in it. The run is
   * executed after `within` has resolved; `finished` resolves when the run has ended, and is undefined when none was
   * started. `start` throws NotFoundError, JobAlreadyRunningError, or InvalidStateError while the node is stopping.
   */
  runNow<Answer>(
    run: ManualRun,
    within: (start: (tx: Queryable) => Promise<RunLease>) => Promise<Answer>,
  ): Promise<{ answer: Answer; finished: Promise<unknown> | undefined }>;
  count(): number;
  /** Interrupts a run on an operator's request; does nothing when this node does not hold it. */
  interrupt(runId: string, interruption: Interruption): void;
  /** Starts no more runs, and aborts those with `endsWhenStopping`, which would wait for this node in vain. */
  drain(): void;
  /** Call it after `drain`: asks all runs to end. */
  abort(): void;
  /** Call it after `drain`: waits, then closes as interrupted the runs that have not ended. */
  end(timeoutMs: number): Promise<void>;
}

export function createRunsInHand(services: Services, onFault: (error: unknown) => void): RunsInHand {
  const { db, logger, nodeId, config } = services;
  const jobs = new Map(services.jobs.map((job) => [job.name, job]));
  const redact = createRedaction(secretsOf(config));
  const runs = new Map<string, RunInHand>();
  /** Runs that are being started: a stop must wait for them. */
  const { track: begin, settled: allBegun } = createTracker();
  let isStopping = false;
  let isAborting = false;

  const launch = (run: RunLease): Promise<unknown> => {
    const job = jobs.get(run.jobName);
    if (job === undefined) throw new Error(`A run of ${run.jobName} was begun on a node that does not know the job.`);
    const inHand = executeRun(services, job, run, { redact, onFault });
    runs.set(run.runId, inHand);
    announce(services, 'runStarted');
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

  const owed = { nodeId, leaseMs: config.LEASE_DURATION, windowMs: config.MISFIRE_WINDOW };
  const startOwed = async (jobName: string): Promise<void> => {
    if (isStopping) return;
    await begin(
      startOwedFire(db, { jobName, ...owed }).then((run) => {
        // The fire’s own trace ended long ago; the one that is active is of another run.
        if (run !== null) outsideTraces(() => launch(run));
      }),
    );
  };

  const start = (tx: Queryable, run: ManualRun): Promise<RunLease> => {
    if (isStopping) throw new InvalidStateError('This server is stopping and starts no runs. Ask another node.');
    if (!jobs.has(run.jobName)) throw unknownJob(run.jobName, [...jobs.keys()]);
    return startManualRun(tx, { ...run, nodeId, leaseMs: config.LEASE_DURATION });
  };

  return {
    launch,
    startOwed,
    runNow(manual, within) {
      let run: RunLease | undefined;
      const begun = within(async (tx) => {
        run = await start(tx, manual);
        return run;
      });
      return begin(begun.then((answer) => ({ answer, finished: run && launch(run) })));
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
      await within(deadline - performance.now(), ...ends);
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

export interface Tracker {
  /** Returns the work's result, and keeps track of the work until it settles. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when all work tracked now has settled, or after this many milliseconds. */
  settled(milliseconds: number): Promise<boolean>;
}

export function createTracker(): Tracker {
  const tracked = new Set<Promise<unknown>>();
  return {
    async track(work) {
      tracked.add(work);
      try {
        return await work;
      } finally {
        tracked.delete(work);
      }
    },
    settled: (milliseconds) => within(milliseconds, ...tracked),
  };
}
