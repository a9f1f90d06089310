/**
 * The runs that this node executes: begun by a claim, by hand, or owed from before. When the node
 * stops they may end by themselves, are then asked to, and are at last closed as interrupted.
 */
import { secretsOf } from '../../config/secrets.ts';
import type { Queryable } from '../../database/database.ts';
import { InvalidStateError } from '../../refusals.ts';
import { createRedaction } from '../../telemetry/log-redaction.rules.ts';
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
  /** Executes a run that this node was given. */
  launch(run: RunLease): Promise<unknown>;
  /** Starts the oldest owed fire of a job, if there is one and it may. */
  startOwed(jobName: string): Promise<void>;
  /**
   * Begins a run in a transaction that writes more: `within` calls `start` in it, or does not. The run is
   * executed once `within` has resolved; `finished` is when it has ended, undefined when none was begun.
   * `start` throws NotFoundError, JobAlreadyRunningError, or InvalidStateError while stopping.
   */
  runNow<Answer>(
    run: ManualRun,
    within: (start: (tx: Queryable) => Promise<RunLease>) => Promise<Answer>,
  ): Promise<{ answer: Answer; finished: Promise<unknown> | undefined }>;
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

export function createRunsInHand(services: Services, onFault: (error: unknown) => void): RunsInHand {
  const { db, logger, nodeId, config } = services;
  const jobs = new Map(services.jobs.map((job) => [job.name, job]));
  const redact = createRedaction(secretsOf(config));
  const runs = new Map<string, RunInHand>();
  /** Runs being begun: a stop must not overlook them. */
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
        if (run !== null) launch(run);
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
  /** Passes the work's result through, and remembers it until it has settled. */
  track<T>(work: Promise<T>): Promise<T>;
  /** Resolves when all that is tracked now has settled, at the latest after so many milliseconds. */
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
