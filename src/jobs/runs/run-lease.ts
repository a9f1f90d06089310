/**
 * Renews a run's lease while the run is in progress. Each renewal writes the run's counts and progress,
 * and returns whether an operator has asked the run to end. When the lease cannot be kept, because
 * another node closed the run or the database does not respond, the run must end before the lease does:
 * after that another node may run the job. The time counts from before the lease was requested, by a
 * clock that keeps running while the machine sleeps.
 */
import { sinceBoot } from '../../clock.ts';
import type { RunCounts, RunProgress } from '../job.ts';
import type { Interruption, Renewal, RunReport } from './runs.ts';

export interface RunLeaseKeeper {
  /** Publishes counts soon: several in a short time become one write. */
  report(counts: RunCounts): void;
  /** Publishes the progress with the next renewal: once a second at most. */
  progress(progress: RunProgress): void;
  /** The last counts, and the last progress if it has not been written yet. */
  latest(): RunReport;
  /** Whether the usable share of the lease has passed. */
  isOver(): boolean;
  /** Stops renewing. */
  release(): void;
}

export interface RunLeaseKeeperOptions {
  readonly leaseMs: number;
  /** On the clock of `now`. */
  readonly heldSince: number;
  /** Default: sinceBoot. */
  readonly now?: () => number;
  /** Renews the lease and writes the report. */
  renew(report: RunReport): Promise<Renewal>;
  /** Called at most once. */
  onLost(): void;
  /** An operator has asked the run to end; called again at each renewal. */
  onInterrupted(interruption: Interruption): void;
  /** Counts or progress were written. */
  onReported(): void;
  onError(error: unknown): void;
}

/** The share of a lease during which the run may work; the rest is for the job to end in. */
const SHARE_USED = 0.8;
const REPORT_INTERVAL_MS = 500;
const PROGRESS_INTERVAL_MS = 1_000;
/** Timers may fire this much early. */
const TIMER_SLACK_MS = 10;
/** Far more often than the lease needs: an interruption is seen within 2 s, even when its notification is lost. */
const LONGEST_RENEWAL_INTERVAL_MS = 1_000;

export function keepRunLease(options: RunLeaseKeeperOptions): RunLeaseKeeper {
  const { leaseMs, now = sinceBoot, renew, onLost, onInterrupted, onReported, onError } = options;
  let counts: RunCounts = {};
  let progress: RunProgress | null = null;
  let progressWrittenAt = Number.NEGATIVE_INFINITY;
  let isUnreported = false;
  let isReleased = false;
  let isRenewing = false;
  let { heldSince } = options;
  let reporting: NodeJS.Timeout | undefined;
  let ending: NodeJS.Timeout | undefined;

  const release = () => {
    isReleased = true;
    clearInterval(renewing);
    clearTimeout(reporting);
    clearTimeout(ending);
  };
  const lose = () => {
    if (isReleased) return;
    release();
    onLost();
  };
  const leftMs = () => heldSince + SHARE_USED * leaseMs - now();
  /** Sets the timer for the end of the lease; a renewal that fails or hangs does not move it. */
  const endInTime = () => {
    clearTimeout(ending);
    if (isReleased) return;
    ending = setTimeout(() => (leftMs() > 0 ? endInTime() : lose()), Math.max(1, leftMs()));
  };
  const write = async (withProgress: boolean) => {
    if (isRenewing || isReleased) return;
    isRenewing = true;
    const [askedAt, heldFrom, isReport] = [performance.now(), now(), isUnreported];
    const told = withProgress && askedAt - progressWrittenAt >= PROGRESS_INTERVAL_MS - TIMER_SLACK_MS ? progress : null;
    isUnreported = false;
    try {
      const { isHeld, interruption } = await renew({ counts, progress: told });
      if (isHeld) {
        heldSince = heldFrom;
        endInTime();
        if (told !== null) progressWrittenAt = askedAt;
        if (told === progress) progress = null;
        if (isReport || told !== null) onReported();
        if (interruption !== null && !isReleased) onInterrupted(interruption);
      } else lose();
    } catch (error) {
      isUnreported ||= isReport;
      onError(error);
    } finally {
      isRenewing = false;
    }
  };
  const renewing = setInterval(
    () => (leftMs() > 0 ? void write(true) : lose()),
    Math.min(leaseMs / 3, LONGEST_RENEWAL_INTERVAL_MS),
  );
  endInTime();

  return {
    report(reported) {
      counts = reported;
      isUnreported = true;
      if (reporting !== undefined || isReleased) return;
      reporting = setTimeout(() => {
        reporting = undefined;
        if (isUnreported) void write(false);
      }, REPORT_INTERVAL_MS);
    },
    progress(told) {
      progress = told;
    },
    latest: () => ({ counts, progress }),
    isOver: () => leftMs() <= 0,
    release,
  };
}
