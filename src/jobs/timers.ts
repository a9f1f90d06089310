/**
 * The timers: toad-scheduler with one one-shot CronJob per key, whose pattern is an instant. Its instants are
 * whole seconds of this machine's clock; the rest of the wait, when the machine's and the database's clocks
 * differ, is waited out here. toad-scheduler never sees time zones or cron expressions.
 */
import { AsyncTask, CronJob, SimpleIntervalJob, ToadScheduler } from 'toad-scheduler';

export interface Timers {
  /** Calls `run` once at an instant of this machine's clock (or at once, if it has passed), replacing the key's timer. */
  once(key: string, at: Date, run: () => Promise<void>): void;
  /** Calls `run` at this interval; calls never overlap. */
  every(key: string, milliseconds: number, run: () => Promise<void>): void;
  cancel(key: string): void;
  /** Calls nothing any more; calls in progress continue. */
  stop(): void;
}

/** croner drops an instant that has passed when it checks the clock, so a close instant is handled here instead. */
const NEAR_MS = 50;
/**
 * croner loses about one one-shot timer in a thousand: node wakes it a millisecond early, and the instant passes
 * between its two reads of the clock. A timer that croner has not called by then is called here.
 */
const GUARD_MS = 250;
/** The limit of setTimeout; the scheduler's check sets every timer again long before. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

/** `onError` receives what a callback throws: a timer never ends the process. */
export function createTimers(onError: (error: unknown) => void): Timers {
  const toad = new ToadScheduler();
  const waits = new Map<string, NodeJS.Timeout>();
  let isStopped = false;

  const cancel = (key: string) => {
    toad.removeById(key);
    clearTimeout(waits.get(key));
    waits.delete(key);
  };
  // An async function, because a synchronous throw would escape toad-scheduler's error handler.
  const task = (key: string, run: () => Promise<void>) => new AsyncTask(key, async () => run(), onError);

  const waitOut = (key: string, at: Date, run: () => Promise<void>) => {
    const wait = Math.max(0, at.getTime() - Date.now());
    waits.set(
      key,
      setTimeout(() => {
        waits.delete(key);
        task(key, run).execute();
      }, wait),
    );
  };

  return {
    once(key, at, run) {
      if (isStopped) return;
      cancel(key);
      const wholeSecond = Math.floor(at.getTime() / 1000) * 1000;
      if (wholeSecond - Date.now() < NEAR_MS) {
        waitOut(key, at, run);
        return;
      }
      const arrive = async () => {
        if (isStopped) return;
        cancel(key);
        if (at.getTime() > Date.now()) waitOut(key, at, run);
        else await run();
      };
      const cronExpression = new Date(wholeSecond).toISOString();
      toad.addCronJob(new CronJob({ cronExpression }, task(key, arrive), { id: key }));
      const guard = wholeSecond - Date.now() + GUARD_MS;
      if (guard < LONGEST_WAIT_MS)
        waits.set(
          key,
          setTimeout(() => task(key, arrive).execute(), guard),
        );
    },
    every(key, milliseconds, run) {
      if (isStopped) return;
      cancel(key);
      toad.addSimpleIntervalJob(
        new SimpleIntervalJob({ milliseconds }, task(key, run), { id: key, preventOverrun: true }),
      );
    },
    cancel,
    stop() {
      isStopped = true;
      toad.stop();
      for (const wait of waits.values()) clearTimeout(wait);
      waits.clear();
    },
  };
}
