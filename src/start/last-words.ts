/**
 * An uncaught error ends the process, as in Node by default, since its state is unknown; but it is
 * logged first, in Seq too.
 */
import type { Log } from '../telemetry/logger.ts';

/** From now on an uncaught error is logged as fatal, sent to Seq within two seconds, and the process exits with 1. */
export function endOnUncaught({ logger, flush }: Pick<Log, 'logger' | 'flush'>): void {
  let isEnding = false;
  // Unhandled rejections come here too.
  process.on('uncaughtException', (error, origin) => {
    if (isEnding) return;
    isEnding = true;
    logger.fatal({ err: error, origin }, 'The process ends: nobody caught an error');
    void flush().finally(() => process.exit(1));
  });
}
