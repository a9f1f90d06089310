/**
 * Fires the jobs: arms a timer for each schedule's next instant, claims the fire in the database
 * when it goes off, executes the run when the claim was won. A check every few seconds settles
 * whatever timers missed (a clock that jumped, a database that was away) and closes crashed runs.
 * The database's clock is the one that counts; this machine's only holds the timers.
 */
import type { Clock } from '../clock.ts';
import type { Database, Queryable } from '../database/database.ts';
import { InvalidStateError } from '../refusals.ts';
import type { Logger } from '../telemetry/logger.ts';
import { nextDue } from './due.rules.ts';
import { claimFires, type RunLease, startOwedFire } from './fires.ts';
import type { Job } from './job.ts';
import { executeRun, type RunInHand } from './run-execution.ts';
import { closeCrashedRuns, startManualRun, unknownJob } from './runs.ts';
import { loadSchedules, registerSchedules, type Schedule, type ScheduleInUse } from './schedules.ts';
import { isPausedAt, settle } from './settle.rules.ts';
import { createTimers } from './timers.ts';
import { settleWithin } from './waiting.ts';

export interface SchedulerOptions {
  readonly db: Database;
  /** For the jobs. */
  readonly clock: Clock;
  readonly logger: Logger;
  readonly jobs: readonly Job[];
  /** This node's row in auth.server_nodes, which must exist. */
  readonly nodeId: string;
  readonly leaseMs: number;
  readonly toleranceMs?: number;
  readonly checkEveryMs?: number;
  /** A run was made, or anything about it changed: tell whoever watches. */
  onRunChanged(kind: 'created' | 'updated', runId: string): void;
  /** Something broke that the scheduler gets over by itself; it was logged. */
  onFault?(error: unknown): void;
}

export interface ManualRunInput {
  readonly jobName: string;
  readonly actor: string | null;
  readonly reason: string | null;
  /** Writes something in the transaction that makes the run, for example its idempotency key. */
  record?(tx: Queryable, runId: string): Promise<void>;
}

export interface Scheduler {
  /** Registers the schedules, settles what was missed, arms the timers. Throws when the database does. */
  start(): Promise<void>;
  /** Reads the schedules again, settles and arms anew: after a notice that one has changed. */
  refresh(): Promise<void>;
  /** Refuses with NotFoundError, JobAlreadyRunningError, or InvalidStateError while stopping. */
  runNow(input: ManualRunInput): Promise<{ runId: string; finished: Promise<void> }>;
  runsInHand(): number;
  /** The next fire of each schedule that has one, soonest first. */
  next(): { jobName: string; at: Date }[];
  /** No new runs; those in hand are asked to end and waited for, and closed as interrupted after `timeoutMs`. */
  stop(options: { timeoutMs: number }): Promise<void>;
}

const CHECK_EVERY_MS = 15_000;
/** How soon a claim that failed is tried again. */
const RETRY_MS = 1000;
const STOPPING = 'The server was stopped.';

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { db, logger, nodeId, leaseMs, toleranceMs, checkEveryMs = CHECK_EVERY_MS, onRunChanged } = options;
  const jobs = new Map(options.jobs.map((job) => [job.name, job]));
  const schedules = new Map<string, Schedule>();
  const nextFires = new Map<string, Date>();
  const runs = new Map<string, RunInHand>();
  const busy = new Set<Promise<unknown>>();
  let upSince = new Date(0);
  /** The database's clock minus this machine's. */
  let skewMs = 0;
  let lastCheckAt = 0;
  let isStopping = false;
  let isFaulty = false;

  const fault = (error: unknown) => {
    // Once per disturbance: with the database away, every timer and check comes by here.
    if (!isFaulty) logger.error({ err: error }, 'The scheduler was disturbed; it goes on trying');
    isFaulty = true;
    options.onFault?.(error);
  };
  const timers = createTimers(fault);
  const now = () => new Date(Date.now() + skewMs);

  /** What stop() must wait for before it counts the runs. */
  const track = async <T>(work: Promise<T>): Promise<T> => {
    busy.add(work);
    try {
      return await work;
    } finally {
      busy.delete(work);
    }
  };

  const launch = (run: RunLease): RunInHand | undefined => {
    const job = jobs.get(run.jobName);
    if (job === undefined) return undefined;
    const onUpdated = (runId: string) => onRunChanged('updated', runId);
    const inHand = executeRun(job, run, { db, clock: options.clock, logger, leaseMs, onUpdated, onFault: fault });
    runs.set(run.runId, inHand);
    onRunChanged('created', run.runId);
    void inHand.finished.then(({ isFireOwed }) => {
      runs.delete(run.runId);
      if (isFireOwed) track(startOwed(run.jobName)).catch(fault);
    });
    return inHand;
  };

  const startOwed = async (jobName: string) => {
    if (isStopping) return;
    const run = await startOwedFire(db, { jobName, nodeId, leaseMs });
    if (run !== null) launch(run);
  };

  /** Settles one schedule up to an instant. False: it was not as we knew it. */
  const settleOne = async (schedule: Schedule, at: Date, runningSince: Date | null): Promise<boolean> => {
    const settlement = settle({ schedule, now: at, upSince, runningSince, toleranceMs });
    if (settlement === null) return true;
    const claim = await claimFires(db, { schedule, settlement, nodeId, leaseMs, toleranceMs });
    if (claim?.run) launch(claim.run);
    if (claim?.isClaimed) {
      schedules.set(schedule.name, { ...schedule, settledThrough: settlement.through });
      return true;
    }
    // Another node was faster: the most usual reason, and nothing needs to be read again for it.
    if (claim?.version === schedule.version && claim.settledThrough >= settlement.through) {
      schedules.set(schedule.name, { ...schedule, settledThrough: claim.settledThrough });
      return true;
    }
    return false;
  };

  const arm = (name: string, notBefore = 0) => {
    const schedule = schedules.get(name);
    if (schedule === undefined || isStopping) return;
    const paused = isPausedAt(schedule, now());
    // Paused without an end: nothing to wait for. The check writes down what is skipped meanwhile.
    const from = paused ? schedule.pausedUntil : schedule.settledThrough;
    const after = paused && from !== null ? new Date(from.getTime() - 1) : from;
    const [due] = after === null ? [] : nextDue(schedule, after, 1);
    if (due === undefined) {
      nextFires.delete(name);
      timers.cancel(name);
      return;
    }
    nextFires.set(name, due.at);
    timers.once(name, new Date(Math.max(due.at.getTime() - skewMs, notBefore)), () => track(fire(name, due.at)));
  };

  const fire = async (name: string, instant: Date) => {
    let notBefore = 0;
    try {
      const schedule = schedules.get(name);
      if (schedule === undefined || isStopping) return;
      const at = new Date(Math.max(instant.getTime(), now().getTime()));
      if (!(await settleOne(schedule, at, null))) await refreshAll();
      isFaulty = false;
    } catch (error) {
      notBefore = Date.now() + RETRY_MS;
      fault(error);
    } finally {
      arm(name, notBefore);
    }
  };

  const readAll = async (): Promise<{ now: Date; schedules: ScheduleInUse[] }> => {
    const askedAt = Date.now();
    const read = await loadSchedules(db, [...jobs.keys()]);
    const tripMs = Date.now() - askedAt;
    const measured = read.now.getTime() - askedAt - tripMs / 2;
    // Within what the trip alone explains, the clocks agree.
    if (read.schedules.length > 0) skewMs = Math.abs(measured) <= tripMs / 2 + 2 ? 0 : Math.round(measured);
    return read;
  };

  let refreshing: Promise<void> | undefined;
  let isAskedAgain = false;
  /** One at a time; who asks meanwhile gets one that began after asking. */
  const refreshAll = (): Promise<void> => {
    if (refreshing !== undefined) {
      isAskedAgain = true;
      return refreshing;
    }
    refreshing = (async () => {
      do {
        isAskedAgain = false;
        const read = await readAll();
        for (const schedule of read.schedules) {
          if (isStopping) return;
          schedules.set(schedule.name, schedule);
          await settleOne(schedule, read.now, schedule.runningSince);
          if (schedule.isFireOwed && schedule.runningSince === null) await startOwed(schedule.name);
          arm(schedule.name);
        }
      } while (isAskedAgain && !isStopping);
    })().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };

  const check = async () => {
    if (isStopping) return;
    // A process that was stopped, or a clock that was set: we were not there for what was due meanwhile.
    const wasAway = Math.abs(Date.now() - lastCheckAt) > 2 * checkEveryMs;
    lastCheckAt = Date.now();
    try {
      for (const { runId, jobName } of await closeCrashedRuns(db)) {
        logger.warn({ jobName, runId }, 'A run was closed as interrupted: its node stopped renewing the lease');
        onRunChanged('updated', runId);
      }
      if (wasAway) upSince = (await readAll()).now;
      await refreshAll();
      isFaulty = false;
    } catch (error) {
      fault(error);
    }
  };

  return {
    async start() {
      await registerSchedules(db, options.jobs, nodeId);
      upSince = (await readAll()).now;
      lastCheckAt = Date.now();
      await closeCrashedRuns(db);
      await refreshAll();
      timers.every('the scheduler itself', checkEveryMs, () => track(check()));
      logger.info({ jobs: [...jobs.keys()] }, 'Scheduler started');
    },
    refresh: () => track(refreshAll()),
    async runNow({ jobName, actor, reason, record }) {
      if (isStopping) throw new InvalidStateError('This server is stopping and starts no runs. Ask another node.');
      if (!jobs.has(jobName)) throw unknownJob(jobName, [...jobs.keys()]);
      const input = { jobName, nodeId, leaseMs, actor, reason };
      const begin = async (tx: Queryable) => {
        const run = await startManualRun(tx, input);
        await record?.(tx, run.runId);
        return run;
      };
      return track(
        (record === undefined ? begin(db) : db.transaction(begin)).then((run) => ({
          runId: run.runId,
          finished: (launch(run)?.finished ?? Promise.resolve()).then(() => undefined),
        })),
      );
    },
    runsInHand: () => runs.size,
    next: () =>
      [...nextFires].map(([jobName, at]) => ({ jobName, at })).sort((a, b) => a.at.getTime() - b.at.getTime()),
    async stop({ timeoutMs }) {
      isStopping = true;
      timers.stop();
      const deadline = performance.now() + timeoutMs;
      for (const { abort } of runs.values()) abort(STOPPING);
      await settleWithin([...busy], deadline - performance.now());
      // A claim that was on its way may have begun one more.
      for (const { abort } of runs.values()) abort(STOPPING);
      await settleWithin(
        [...runs.values()].map(({ finished }) => finished),
        deadline - performance.now(),
      );
      const left = [...runs.values()];
      if (left.length > 0) {
        logger.warn({ jobNames: left.map(({ run }) => run.jobName) }, 'Some runs did not end in time: interrupted');
      }
      const closings = left.map(({ giveUp }) => giveUp('The server was stopped, and the run did not end in time.'));
      for (const closing of await Promise.allSettled(closings)) {
        if (closing.status === 'rejected') fault(closing.reason);
      }
      nextFires.clear();
    },
  };
}
