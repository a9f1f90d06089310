/**
 * Closes what the process has opened, in reverse order. A close that fails or hangs (a provider that does
 * not answer, a statement that waits for a lock) is skipped. After a failed start, whatever is open by then
 * is closed.
 */
import type { Logger } from './telemetry/logger.ts';
import { within } from './within.ts';

export interface Lifecycle {
  /**
   * Registers how to close what was just opened, and how long that may take (default 1 s). Throws once
   * closing has begun, which ends a start in progress.
   */
  opened(name: string, close: () => void | Promise<void>, patienceMs?: number): void;
  /** Closes everything, the last opened first. A second call waits for the first. */
  closeAll(): Promise<void>;
}

const PATIENCE_MS = 1_000;

export function createLifecycle(logger: Logger): Lifecycle {
  const stack: { name: string; close: () => void | Promise<void>; patienceMs: number }[] = [];
  let closing: Promise<void> | undefined;
  return {
    opened(name, close, patienceMs = PATIENCE_MS) {
      stack.push({ name, close, patienceMs });
      if (closing !== undefined) throw new Error('The process is stopping.');
    },
    closeAll() {
      closing ??= (async () => {
        for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
          const { name, close, patienceMs } = next;
          logger.debug(`Closing ${name}`);
          const closed = (async () => close())().catch((error: unknown) =>
            logger.error({ err: error }, `Closing ${name} failed`),
          );
          if (!(await within(patienceMs, closed)))
            logger.warn(`Closing ${name} takes longer than ${patienceMs} ms; going on without it`);
        }
      })();
      return closing;
    },
  };
}
