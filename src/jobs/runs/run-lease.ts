/**
 * Keeps a run's lease while the run goes on, and carries its counts to the database on the way.
 * When the lease cannot be kept, because another node closed the run or the database does not
 * answer for as long as the lease lasts, the run must end: somebody else may be running the job.
 */
import type { RunCounts } from '../job.ts';

export interface RunLeaseKeeper {
  /** Publishes counts soon: several in a short time become one write. */
  report(counts: RunCounts): void;
  /** The counts that were reported last. */
  counts(): RunCounts;
  /** Ends the renewing. */
  release(): void;
}

export interface RunLeaseKeeperOptions {
  readonly leaseMs: number;
  /** Renews and writes the counts; false when the lease is lost. */
  renew(counts: RunCounts): Promise<boolean>;
  /** Called once at most. */
  onLost(): void;
  /** Counts were written. */
  onReported(): void;
  onError(error: unknown): void;
}

const REPORT_INTERVAL_MS = 500;

export function keepRunLease({ leaseMs, renew, onLost, onReported, onError }: RunLeaseKeeperOptions): RunLeaseKeeper {
  let counts: RunCounts = {};
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
  const write = async () => {
    if (isRenewing || isReleased) return;
    isRenewing = true;
    const [askedAt, isReport] = [performance.now(), isUnreported];
    isUnreported = false;
    try {
      if (await renew(counts)) {
        heldSince = askedAt;
        if (isReport) onReported();
      } else lose();
    } catch (error) {
      isUnreported ||= isReport;
      onError(error);
    } finally {
      isRenewing = false;
    }
  };
  const renewing = setInterval(() => {
    // The third renewal that fails or hangs falls due as the lease ends.
    if (performance.now() - heldSince >= leaseMs * 0.9) lose();
    else void write();
  }, leaseMs / 3);

  return {
    report(reported) {
      counts = reported;
      isUnreported = true;
      if (reporting !== undefined || isReleased) return;
      reporting = setTimeout(() => {
        reporting = undefined;
        if (isUnreported) void write();
      }, REPORT_INTERVAL_MS);
    },
    counts: () => counts,
    release,
  };
}
