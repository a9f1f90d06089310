/**
 * What the process has opened, closed in the reverse order; a close that fails or hangs (a provider
 * that does not answer, a statement that waits for a lock) is skipped. A failed start closes what is
 * open by then.
 */
import type { Logger } from './telemetry/logger.ts';
import { within } from './within.ts';

export interface Lifecycle {
  /**
   * Remembers how to close what was just opened, and how long that may take (1 s unless said).
   * Throws once closing has begun: a start under way ends there.
   */
  opened(name: string, close: () => void | Promise<void>, patienceMs?: number): void;
  /** Closes everything, the last opened first. Safe to call again: it waits for the first. */
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
