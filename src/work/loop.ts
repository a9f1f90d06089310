/**
 * The loop behind everything that a node does in the background: one turn at a time, begun by a wake
 * or when the time has come that the turn before asked for. Many wakes in a row are one; one that
 * comes during a turn makes another turn. After a fault it rests, woken or not: a database that is
 * away is not asked again and again by everything at once.
 */
import type { Outage } from '../database/outage.ts';
import { within } from '../within.ts';

/** What a turn answers that wants no other until it is woken. */
export const UNTIL_WOKEN = Number.POSITIVE_INFINITY;

const RETRY_MS = 1_000;
/** setTimeout takes no more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export interface LoopOptions {
  /** What a turn does, as the log says it: `Claiming due entries`. */
  readonly name: string;
  readonly outage: Pick<Outage, 'warn'>;
  /** How long it rests after a fault. Default: a second. */
  readonly retryMs?: number;
  /** Wakes so soon after a turn's end are gathered into one turn; the first after a silence begins it at once. */
  readonly gatherMs?: number;
  /**
   * One turn. Answers in how many milliseconds the next is due without a wake: 0 while there is more
   * to do, UNTIL_WOKEN when nothing is left. `stopping` is aborted when the loop is to end.
   */
  once(stopping: AbortSignal): Promise<number>;
}

export interface Loop {
  /** There may be something to do now. */
  wake(): void;
  /** Wakes it in so many milliseconds; of several such instants the earliest holds. */
  wakeIn(ms: number): void;
  /** Whether another turn begins right after the one in hand, by a wake. */
  isWoken(): boolean;
  /** Begins no more turns; resolves when the one in hand has ended, or after so many milliseconds. */
  stop(timeoutMs?: number): Promise<void>;
}

/** Creates a loop; it does nothing until it is woken. */
export function loop({ name, outage, retryMs = RETRY_MS, gatherMs = 0, once }: LoopOptions): Loop {
  const stopping = new AbortController();
  let inHand: Promise<void> | undefined;
  let isAtWork = false;
  let timer: NodeJS.Timeout | undefined;
  // Instants by performance.now().
  let wokenAt = UNTIL_WOKEN;
  let askedFor = UNTIL_WOKEN;
  let restsUntil = Number.NEGATIVE_INFINITY;
  let endedAt = Number.NEGATIVE_INFINITY;

  /** Begins a turn, or sets the timer for the next. */
  const arm = (): void => {
    if (isAtWork || stopping.signal.aborted) return;
    clearTimeout(timer);
    const at = Math.max(restsUntil, Math.min(askedFor, Math.max(wokenAt, endedAt + gatherMs)));
    if (at === UNTIL_WOKEN) return;
    const ms = Math.ceil(at - performance.now());
    if (ms > 0) timer = setTimeout(arm, Math.min(ms, LONGEST_TIMER_MS)).unref();
    else inHand = turn();
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
