/**
 * A database that is away fails every request, thousands of them while a restart lasts. The log
 * tells of the first, and of how many followed when no more do.
 */
import type { Logger } from '../telemetry/logger.ts';

/** So long without a failure, and the disturbance is taken to be over. */
export const CALM_MS = 10_000;

export interface Disturbance {
  /** A request found the database away; `fields` go with the line, if one is written. */
  failed(fields: object): void;
}

/** Logs the first failure of each disturbance, and its end with the number of those that were not logged. */
export function createDisturbance(logger: Logger): Disturbance {
  let unlogged = 0;
  let calm: NodeJS.Timeout | undefined;
  const end = () => {
    calm = undefined;
    logger.warn({ unlogged }, `No request has found the database away for ${CALM_MS / 1000} s`);
  };
  return {
    failed(fields) {
      if (calm !== undefined) {
        unlogged += 1;
        calm.refresh();
        return;
      }
      unlogged = 0;
      calm = setTimeout(end, CALM_MS).unref();
      logger.error(fields, 'Database connection failed; requests that fail like this one are counted until it is over');
    },
  };
}
