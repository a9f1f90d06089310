/**
 * An uncaught error ends the process, as by default in Node, since its state is unknown; but it is logged
 * first, also to Seq.
 */
import type { Log } from '../telemetry/logger.ts';

/**
 * Installs the handler: an uncaught error is logged as fatal and sent to Seq within two seconds, and the
 * process exits with 1.
 */
export function endOnUncaught({ logger, flush }: Pick<Log, 'logger' | 'flush'>): void {
  let isEnding = false;
  // Node also raises this for unhandled rejections.
  process.on('uncaughtException', (error, origin) => {
    if (isEnding) return;
    isEnding = true;
    logger.fatal({ err: error, origin }, 'Uncaught error: the process exits');
    void flush().finally(() => process.exit(1));
  });
}
