/**
 * An error that nobody caught ends the process, as Node would have it: nobody knows what is left
 * undone. But not without a word in the log, where its people look, and in Seq.
 */
import type { Log } from '../telemetry/logger.ts';

/** From now on such an error is logged as fatal, Seq is given its two seconds, and the process exits with 1. */
export function endOnUncaught({ logger, flush }: Pick<Log, 'logger' | 'flush'>): void {
  let isEnding = false;
  // Node raises a rejection that nobody handles as one of these, too.
  process.on('uncaughtException', (error, origin) => {
    if (isEnding) return;
    isEnding = true;
    logger.fatal({ err: error, origin }, 'The process ends: nobody caught an error');
    void flush().finally(() => process.exit(1));
  });
}
