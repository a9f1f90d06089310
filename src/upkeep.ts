/**
 * What a node does after each heartbeat: takes over the work of nodes that stopped sending heartbeats,
 * wakes the loops that may have missed a notice, and destroys old passwords (at their own interval).
 */
import { createPasswordDestroyer, type PasswordServices } from './accounts/passwords.ts';
import { type TakeoverServices, takeOverAllExpired } from './accounts/takeover.ts';
import { bringBack } from './clock-set-back.ts';
import type { Services } from './work/context.ts';
import { announce } from './work/unit.ts';

export interface UpkeepOptions extends TakeoverServices, PasswordServices, Pick<Services, 'metrics'> {
  /** Called after the takeover. */
  readonly wakes: readonly (() => void)[];
  /** Reads the key ring again. */
  lookAtKeys(): Promise<void>;
}

export function createUpkeep(options: UpkeepOptions) {
  const { config, db, metrics, logger, wakes, lookAtKeys } = options;
  const passwords = createPasswordDestroyer(options);
  const takeOver = async (): Promise<void> => {
    const { entryIds, refused } = await takeOverAllExpired(options);
    if (entryIds.length + refused.length === 0) return;
    metrics.queue.takenOver.inc(entryIds.length);
    logger.warn({ entries: entryIds.length, refused }, 'Took over entries whose lease had run out');
    announce(options, 'entriesDue');
  };
  return {
    /**
     * Call after each heartbeat. At start it is unknown whether the database’s clock was set back, so the
     * default is true.
     */
    async beat(wasSetBack = true): Promise<void> {
      try {
        if (wasSetBack) {
          await bringBack(db, config.LEASE_DURATION);
          announce(options, 'clockSetBack');
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
