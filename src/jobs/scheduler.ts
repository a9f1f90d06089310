/**
 * Fires the jobs: sets a timer for each schedule's next instant, claims the fire in the database when the timer
 * goes off, and executes the run if it won the claim. A check every few seconds resolves what the timers missed (a
 * clock that jumped, a database that was unavailable) and closes crashed runs. The database's clock decides what
 * is due; this machine's clock only drives the timers.
 */
import { createDatabaseClock } from '../database/database-clock.ts';
import { inSpan } from '../telemetry/tracing.ts';
import type { Services } from '../work/context.ts';
import { announce } from '../work/unit.ts';
import { nextDue } from './calendar/due.rules.ts';
import { claimFires, type RunLease } from './ledger/fires.ts';
import { isPausedAt, resolveFires } from './ledger/resolve.rules.ts';
import { beginCounts, countFires, countRun } from './runs/run.metrics.ts';
import { closeCrashedRuns } from './runs/runs.ts';
import { createRunsInHand, createTracker, type RunsInHand } from './runs/runs-in-hand.ts';
import { registerSchedules } from './schedules/change-schedule.ts';
import { timingProblem } from './schedules/reschedule.rules.ts';
import { createScheduleLog } from './schedules/schedule-log.ts';
import { loadSchedules, type NextFire, type Schedule, type ScheduleInUse } from './schedules/schedules.ts';
import { createTimers } from './timers.ts';

export interface Scheduler extends Pick<RunsInHand, 'runNow'> {
  /** Registers the schedules, resolves missed fires and sets the timers. Throws when the database fails. */
  start(): Promise<void>;
  /**
   * Call it after a notice that schedules or runs have changed: reads the schedules again, resolves fires, resets
   * the timers, and interrupts the runs that an operator asked to end. Does nothing before `start`.
   */
  refresh(): Promise<void>;
  /** Executes a run that was started for this node outside the scheduler. */
  launch(run: RunLease): void;
  runsInHand(): number;
  /** The next fire of each schedule that has one, soonest first, with its current cron and time zone. */
  next(): NextFire[];
  /**
   * Starts no more runs. Runs in progress may finish for three quarters of `timeoutMs`, are then asked to end, and
   * are closed as interrupted when the timeout has passed.
   */
  stop(options: { timeoutMs: number }): Promise<void>;
}

const CHECK_EVERY_MS = 15_000;
/** The share of a lease to wait after its end before another node's run counts as crashed. */
const CRASH_GRACE_SHARE = 0.25;
/** The share of the stop timeout during which runs may finish undisturbed. */
const UNDISTURBED_SHARE = 0.75;
/** The delay before a failed claim is tried again. */
const RETRY_MS = 1000;

/** This node's row in auth.server_nodes must exist. `checkEveryMs` is for tests. */
export function createScheduler(services: Services, options: { readonly checkEveryMs?: number } = {}): Scheduler {
  const { db, logger, nodeId, config, metrics } = services;
  const { LEASE_DURATION: leaseMs, MISFIRE_WINDOW: windowMs } = config;
  const { checkEveryMs = Math.min(CHECK_EVERY_MS, leaseMs) } = options;
  const crashGraceMs = Math.min(config.interruptGraceMs, CRASH_GRACE_SHARE * leaseMs);
  const jobNames = services.jobs.map(({ name }) => name);
  const schedules = new Map<string, Schedule>();
  const nextFires = new Map<string, NextFire>();
  const { track, settled } = createTracker();
  const clock = createDatabaseClock();
  let upSince = new Date(0);
  let lastCheckAt = 0;
  let isStarted = false;
  let isStopping = false;
  let isFaulty = false;

  const fault = (error: unknown) => {
    // Log once per disturbance: every timer and every check reports its errors here.
    if (!db.outage.explains(error) && !isFaulty) logger.error({ err: error }, 'The scheduler was disturbed');
    isFaulty = true;
  };
  const timers = createTimers(fault);
  const runs = createRunsInHand(services, fault);
  beginCounts(services);

  /** Resolves one schedule's fires up to an instant. Returns false when the schedule has changed since it was read. */
  const resolveOne = async (schedule: Schedule, at: Date, runningSince: Date | null): Promise<boolean> => {
    const resolution = resolveFires({ schedule, now: at, upSince, runningSince, windowMs });
    if (resolution === null) return true;
    const begun = performance.now();
    const claim = await claimFires(db, { schedule, resolution, nodeId, leaseMs });
    if (claim?.isClaimed)
      inSpan(`fire ${schedule.name}`, { isRoot: true, begun }, (span) => {
        const { run, fires } = claim;
        span?.setAttributes({
          'family_hub.job': schedule.name,
          'family_hub.outcomes': fires.map(({ outcome }) => outcome),
        });
        if (run) runs.launch(run);
        countFires(metrics.jobs, schedule.name, fires);
      });
    // If another node was faster, its watermark shows that nothing needs to be read again.
    const isResolved = claim?.version === schedule.version && claim.resolvedThrough >= resolution.through;
    if (claim?.isClaimed || isResolved) {
      schedules.set(schedule.name, { ...schedule, resolvedThrough: resolution.through });
      return true;
    }
    return false;
  };

  /** True after the process was suspended or the clock was set: this node was not up for what was due meanwhile. */
  const wasAway = () => Math.abs(Date.now() - lastCheckAt) > 2 * checkEveryMs;

  const arm = (name: string, notBefore = 0) => {
    const schedule = schedules.get(name);
    if (schedule === undefined || isStopping) return;
    // A pause without an end needs no timer: the periodic check writes the skipped fires.
    const after = isPausedAt(schedule, clock.now()) ? justBefore(schedule.pausedUntil) : schedule.resolvedThrough;
    const [due] = after === null ? [] : nextDue(schedule, after, 1);
    if (due === undefined) {
      nextFires.delete(name);
      timers.cancel(name);
      return;
    }
    nextFires.set(name, { jobName: name, at: due.at, cron: schedule.cron, timeZone: schedule.timeZone });
    const at = new Date(Math.max(clock.onMachine(due.at).getTime(), notBefore));
    timers.once(name, at, () => track(fire(name, due.at)));
  };

  const fire = async (name: string, instant: Date) => {
    let notBefore = 0;
    try {
      const schedule = schedules.get(name);
      if (schedule === undefined || isStopping) return;
      if (wasAway()) {
        await check();
        return;
      }
      const at = new Date(Math.max(instant.getTime(), clock.now().getTime()));
      if (!(await resolveOne(schedule, at, null))) await refreshAll();
      isFaulty = false;
    } catch (error) {
      notBefore = Date.now() + RETRY_MS;
      fault(error);
    } finally {
      arm(name, notBefore);
    }
  };

  const readAll = () => clock.measure(() => loadSchedules(db, jobNames, windowMs));

  let refreshing: Promise<void> | undefined;
  let isAskedAgain = false;
  /** One refresh at a time; a call during a refresh waits for another one that starts after the call. */
  const refreshAll = (): Promise<void> => {
    isAskedAgain = true;
    refreshing ??= (async () => {
      while (isAskedAgain && !isStopping) {
        isAskedAgain = false;
        const read = await readAll();
        for (const schedule of read.schedules) await take(schedule, read.now);
      }
    })().finally(() => {
      refreshing = undefined;
    });
    return refreshing;
  };

  const scheduleLog = createScheduleLog(logger);
  const take = async (schedule: ScheduleInUse, at: Date) => {
    if (isStopping) return;
    const { name, interruption } = schedule;
    if (interruption !== null) runs.interrupt(interruption.runId, interruption);
    const problem = timingProblem(schedule);
    if (problem !== null) {
      // Only manual SQL can cause this; it must not stop the other schedules.
      scheduleLog.refused(schedule, problem);
      schedules.delete(name);
      nextFires.delete(name);
      timers.cancel(name);
      return;
    }
    schedules.set(name, schedule);
    scheduleLog.read(schedule);
    await resolveOne(schedule, at, schedule.runningSince);
    if (schedule.isFireOwed && schedule.runningSince === null) await runs.startOwed(name);
    arm(name);
  };

  const closeCrashed = async () => {
    for (const run of await closeCrashedRuns(db, crashGraceMs)) {
      const { jobName, runId } = run;
      logger.warn({ jobName, runId }, 'A run was closed as interrupted: its node stopped renewing the lease');
      announce(services, 'runFinished');
      countRun(metrics.jobs, { ...run, status: 'interrupted' });
    }
  };

  const check = async () => {
    if (isStopping) return;
    const isBack = wasAway();
    lastCheckAt = Date.now();
    try {
      await closeCrashed();
      if (isBack) upSince = (await readAll()).now;
      await refreshAll();
      isFaulty = false;
    } catch (error) {
      fault(error);
    }
  };

  return {
    async start() {
      await registerSchedules(services);
      upSince = (await readAll()).now;
      lastCheckAt = Date.now();
      await closeCrashed();
      await refreshAll();
      isStarted = true;
      timers.every('the scheduler itself', checkEveryMs, () => track(check()));
      scheduleLog.started([...schedules.keys()], (name) => nextFires.get(name)?.at);
    },
    refresh: async () => {
      if (isStarted) await track(refreshAll());
    },
    launch: runs.launch,
    runNow: runs.runNow,
    runsInHand: runs.count,
    next: () => [...nextFires.values()].sort((a, b) => a.at.getTime() - b.at.getTime()),
    async stop({ timeoutMs }) {
      const deadline = performance.now() + timeoutMs;
      isStopping = true;
      timers.stop();
      runs.drain();
      const aborting = setTimeout(runs.abort, UNDISTURBED_SHARE * timeoutMs);
      // A claim in progress may start one more run.
      await settled(timeoutMs);
      await runs.end(deadline - performance.now());
      clearTimeout(aborting);
      nextFires.clear();
    },
  };
}

const justBefore = (at: Date | null) => (at === null ? null : new Date(at.getTime() - 1));
