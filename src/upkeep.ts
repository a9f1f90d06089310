/**
 * What a node does at each heartbeat: what nodes held that stopped beating is taken over first, then
 * come the safety nets for notices that were lost, and old passwords at a pace of their own.
 */
import type { Acts } from './access/acts.ts';
import { createPasswordDestroyer } from './accounts/passwords.ts';
import { takeOverAllExpired } from './accounts/takeover.ts';
import { bringBack } from './clock-set-back.ts';
import type { Config } from './config/config.ts';
import type { Database } from './database/database.ts';
import type { ServerMetrics } from './metrics.ts';
import type { Logger } from './telemetry/logger.ts';
import type { Notices } from './work/notices.ts';

export interface UpkeepOptions {
  readonly config: Config;
  readonly db: Database;
  readonly acts: Acts;
  readonly notices: Notices;
  readonly metrics: ServerMetrics;
  readonly logger: Logger;
  /** To be woken after the takeover. */
  readonly wakes: readonly (() => void)[];
  /** Reads the key ring again. */
  lookAtKeys(): Promise<void>;
}

export function createUpkeep({ config, db, acts, notices, metrics, logger, wakes, lookAtKeys }: UpkeepOptions) {
  const passwords = createPasswordDestroyer(
    { acts, outage: db.outage, onDestroyed: () => notices.notify('changes') },
    { undoWindowMs: config.UNDO_WINDOW, failedRetentionMs: config.FAILED_PASSWORD_RETENTION },
  );
  const takeOver = async (): Promise<void> => {
    const { entryIds, refused } = await takeOverAllExpired(db, acts, config.PROVIDER_TIMEOUT);
    if (entryIds.length + refused.length === 0) return;
    metrics.queue.takenOver.inc(entryIds.length);
    logger.warn({ entries: entryIds.length, refused }, 'Took over entries whose lease had run out');
    notices.notify('changes', 'work');
  };
  return {
    /** To be done at each heartbeat; at a start it is not known whether the database's clock was set back. */
    async beat(wasSetBack = true): Promise<void> {
      try {
        if (wasSetBack) {
          await bringBack(db, config.LEASE_DURATION);
          notices.notify('queue');
        }
        await takeOver();
      } finally {
        for (const wake of wakes) wake();
        passwords.wake();
        await lookAtKeys();
      }
    },
    stop: passwords.stop,
  };
}
