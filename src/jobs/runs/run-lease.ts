/**
 * Keeps a run's lease while the run goes on, and carries its counts and progress to the database on the way;
 * on the way back comes whether somebody has asked the run to end.
 * When the lease cannot be kept, because another node closed the run or the database does not
 * answer for as long as the lease lasts, the run must end: somebody else may be running the job.
 */
import type { RunCounts, RunProgress } from '../job.ts';
import type { Interruption } from './interrupt-run.ts';
import type { Renewal, RunReport } from './runs.ts';

export interface RunLeaseKeeper {
  /** Publishes counts soon: several in a short time become one write. */
  report(counts: RunCounts): void;
  /** Publishes how far the run is, with the next renewal: once a second at most. */
  progress(progress: RunProgress): void;
  /** What was reported last, the progress only if it was not written yet. */
  latest(): RunReport;
  /** Ends the renewing. */
  release(): void;
}

export interface RunLeaseKeeperOptions {
  readonly leaseMs: number;
  /** Renews and writes what is reported. */
  renew(report: RunReport): Promise<Renewal>;
  /** Called once at most. */
  onLost(): void;
  /** Somebody has asked the run to end; told again at each renewal. */
  onInterrupted(interruption: Interruption): void;
  /** Counts or progress were written. */
  onReported(): void;
  onError(error: unknown): void;
}

const REPORT_INTERVAL_MS = 500;
const PROGRESS_INTERVAL_MS = 1_000;
/** Timers may be early by as much. */
const TIMER_SLACK_MS = 10;
/** Far more often than the lease needs: an interruption is seen within 2 s, also when its notice is lost. */
const LONGEST_RENEWAL_INTERVAL_MS = 1_000;

export function keepRunLease(options: RunLeaseKeeperOptions): RunLeaseKeeper {
  const { leaseMs, renew, onLost, onInterrupted, onReported, onError } = options;
  let counts: RunCounts = {};
  let progress: RunProgress | null = null;
  let progressWrittenAt = Number.NEGATIVE_INFINITY;
  let isUnreported = false;
  let isReleased = false;
  let isRenewing = false;
  // Monotonic: the machine's clock may be set while the run goes on.
  let heldSince = performance.now();
  let reporting: NodeJS.Timeout | undefined;

  const release = () => {
    isReleased = true;
    clearInterval(renewing);
    clearTimeout(reporting);
  };
  const lose = () => {
    if (isReleased) return;
    release();
    onLost();
  };
  const write = async (withProgress: boolean) => {
    if (isRenewing || isReleased) return;
    isRenewing = true;
    const [askedAt, isReport] = [performance.now(), isUnreported];
    const told = withProgress && askedAt - progressWrittenAt >= PROGRESS_INTERVAL_MS - TIMER_SLACK_MS ? progress : null;
    isUnreported = false;
    try {
      const { isHeld, interruption } = await renew({ counts, progress: told });
      if (isHeld) {
        heldSince = askedAt;
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
    () => {
      // The last renewal that fails or hangs falls due as the lease ends.
      if (performance.now() - heldSince >= leaseMs * 0.9) lose();
      else void write(true);
    },
    Math.min(leaseMs / 3, LONGEST_RENEWAL_INTERVAL_MS),
  );

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
    release,
  };
}
