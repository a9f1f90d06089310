/** Looks for alerts from time to time: by its own timer, one look at a time, until it is stopped. */
import { setTimeout as delay } from 'node:timers/promises';
import { type EvaluationTools, evaluate } from './evaluate.ts';

export interface AlertWatch {
  begin(): void;
  /** At each heartbeat: looks if the timer should have, and did not. */
  beat(): void;
  /** Looks now, if it is this node's turn. Rejects when the database does not answer. */
  look(): Promise<void>;
  /** Breaks off a look in hand, and waits for its end no longer than that. */
  stop(timeoutMs: number): Promise<void>;
}

export function createAlertWatch(tools: EvaluationTools): AlertWatch {
  const { db, config } = tools;
  const intervalMs = config.ALERT_INTERVAL;
  let timer: NodeJS.Timeout | undefined;
  let lookedAt = 0;
  let last: Promise<unknown> = Promise.resolve();
  let isLooking = false;
  let isStopped = false;
  let breakOff = (): void => undefined;

  const look = (): Promise<void> => {
    const looked = last.then(async () => {
      if (isStopped) return;
      // One for each look: what waits for a promise stays with it.
      const stopping = new Promise<void>((resolve) => {
        breakOff = resolve;
      });
      await evaluate(tools, stopping);
    });
    last = looked.catch(() => undefined);
    return looked;
  };
  const tick = (): void => {
    if (isLooking) return;
    isLooking = true;
    lookedAt = performance.now();
    look()
      .catch((error: unknown) => db.outage.warn(error, 'Alerts could not be looked for; it is tried again'))
      .finally(() => {
        isLooking = false;
      });
  };
  return {
    begin() {
      lookedAt = performance.now();
      timer = setInterval(tick, intervalMs);
    },
    beat() {
      if (timer !== undefined && performance.now() - lookedAt > 1.5 * intervalMs) tick();
    },
    look,
    async stop(timeoutMs) {
      isStopped = true;
      clearInterval(timer);
      timer = undefined;
      breakOff();
      await Promise.race([last, delay(timeoutMs, undefined, { ref: false })]);
    },
  };
}
