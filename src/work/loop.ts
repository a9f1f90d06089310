/**
 * The loop behind all background work of a node. It runs one turn at a time, started by a wake or when the
 * delay that the last turn returned is over. Several wakes in a row count as one; a wake during a turn
 * causes another turn. After an error the loop waits `retryMs`, even if it is woken, so that the loops do
 * not all keep querying a database that is down.
 */
import type { Outage } from '../database/outage.ts';
import { outsideTraces } from '../telemetry/tracing.ts';
import { within } from '../within.ts';

/** A turn returns this when no other is needed until a wake. */
export const UNTIL_WOKEN = Number.POSITIVE_INFINITY;

const RETRY_MS = 1_000;
/** The longest delay that setTimeout accepts. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface LoopOptions {
  /** What a turn does, for log messages: `Claiming due entries`. */
  readonly name: string;
  readonly outage: Pick<Outage, 'warn'>;
  /** How long the loop waits after an error. Default: 1 s. */
  readonly retryMs?: number;
  /**
   * Wakes that come within this time after a turn are combined into one turn; the first wake after a pause
   * starts one at once.
   */
  readonly gatherMs?: number;
  /**
   * Runs one turn. Returns the milliseconds until the next one without a wake: 0 while there is more to do,
   * UNTIL_WOKEN when there is nothing left. `stopping` is aborted when the loop is being stopped.
   */
  once(stopping: AbortSignal): Promise<number>;
}

export interface Loop {
  /** There may be something to do now. */
  wake(): void;
  /** Wakes the loop in `ms` milliseconds; of several calls, the earliest time counts. */
  wakeIn(ms: number): void;
  /** Whether a wake has arrived, so that another turn starts right after the current one. */
  isWoken(): boolean;
  /** Starts no more turns; resolves when the current one has ended, or after `timeoutMs`. */
  stop(timeoutMs?: number): Promise<void>;
}

/** Creates a loop; it does nothing until it is woken. */
export function loop({ name, outage, retryMs = RETRY_MS, gatherMs = 0, once }: LoopOptions): Loop {
  const stopping = new AbortController();
  let inHand: Promise<void> | undefined;
  let isAtWork = false;
  let timer: NodeJS.Timeout | undefined;
  // Times by performance.now().
  let wokenAt = UNTIL_WOKEN;
  let askedFor = UNTIL_WOKEN;
  let restsUntil = Number.NEGATIVE_INFINITY;
  let endedAt = Number.NEGATIVE_INFINITY;

  /** Starts a turn, or sets the timer for the next one. */
  const arm = (): void => {
    if (isAtWork || stopping.signal.aborted) return;
    clearTimeout(timer);
    const at = Math.max(restsUntil, Math.min(askedFor, Math.max(wokenAt, endedAt + gatherMs)));
    if (at === UNTIL_WOKEN) return;
    const ms = Math.ceil(at - performance.now());
    if (ms > 0) timer = setTimeout(arm, Math.min(ms, LONGEST_TIMER_MS)).unref();
    else inHand = outsideTraces(turn);
  };
  const turn = async (): Promise<void> => {
    isAtWork = true;
    if (wokenAt <= performance.now()) wokenAt = UNTIL_WOKEN;
    try {
      const nextMs = await once(stopping.signal);
      endedAt = performance.now();
      askedFor = endedAt + nextMs;
    } catch (error) {
      outage.warn(error, `${name} failed; trying again in ${retryMs / 1_000} s`);
      endedAt = performance.now();
      askedFor = restsUntil = endedAt + retryMs;
    }
    isAtWork = false;
    arm();
  };
  const wakeIn = (ms: number): void => {
    const at = performance.now() + ms;
    if (at >= wokenAt) return;
    wokenAt = at;
    arm();
  };

  return {
    wake: () => wakeIn(0),
    wakeIn,
    isWoken: () => wokenAt <= performance.now(),
    async stop(timeoutMs) {
      stopping.abort();
      clearTimeout(timer);
      await (timeoutMs === undefined ? inHand : within(timeoutMs, inHand));
    },
  };
}
