/** Evaluates the alert rules at intervals, one evaluation at a time, until it is stopped. */
import { within } from '../within.ts';
import { loop } from '../work/loop.ts';
import { type EvaluationTools, evaluate } from './evaluate.ts';

export interface AlertWatch {
  begin(): void;
  /** Evaluates the rules now, if this node gets the lease. Rejects when the database is unreachable. */
  look(): Promise<void>;
  /** Aborts an evaluation in progress, and waits at most `timeoutMs` for its end. */
  stop(timeoutMs: number): Promise<void>;
}

export function createAlertWatch(tools: EvaluationTools): AlertWatch {
  const { db, config } = tools;
  const intervalMs = config.alertIntervalMs;
  let last: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  let breakOff = (): void => undefined;

  const look = (): Promise<void> => {
    const looked = last.then(async () => {
      if (isStopped) return;
      // A promise for each evaluation: a shared one would accumulate listeners.
      const stopping = new Promise<void>((resolve) => {
        breakOff = resolve;
      });
      await evaluate(tools, stopping);
    });
    last = looked.catch(() => undefined);
    return looked;
  };
  const looks = loop({
    name: 'Evaluating the alert rules',
    outage: db.outage,
    retryMs: intervalMs,
    async once() {
      await look();
      return intervalMs;
    },
  });
  return {
    begin: () => looks.wakeIn(intervalMs),
    look,
    async stop(timeoutMs) {
      isStopped = true;
      void looks.stop();
      breakOff();
      await within(timeoutMs, last);
    },
  };
}
