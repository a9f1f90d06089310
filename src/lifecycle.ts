/**
 * What the process has opened, in order: closed in the reverse order, going on when one close
 * fails. A failed start closes what was open by then.
 */
import type { Logger } from './telemetry/logger.ts';

export interface Lifecycle {
  /** Remembers how to close what was just opened. Throws once closing has begun: a start under way ends there. */
  opened(name: string, close: () => void | Promise<void>): void;
  /** Closes everything, the last opened first. Safe to call again: it waits for the first. */
  closeAll(): Promise<void>;
}

export function createLifecycle(logger: Logger): Lifecycle {
  const stack: { name: string; close: () => void | Promise<void> }[] = [];
  let closing: Promise<void> | undefined;
  return {
    opened(name, close) {
      stack.push({ name, close });
      if (closing !== undefined) throw new Error('The process is stopping.');
    },
    closeAll() {
      closing ??= (async () => {
        for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
          const { name } = next;
          logger.debug(`Closing ${name}`);
          await Promise.resolve(next.close()).catch((error: unknown) =>
            logger.error({ err: error }, `Closing ${name} failed`),
          );
        }
      })();
      return closing;
    },
  };
}
