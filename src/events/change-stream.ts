/**
 * Changes as an endless sequence for one subscriber. Changes that come while the subscriber
 * is slow are gathered by id (the row is read when it is sent, so the newest state goes out),
 * and one that stays behind for too many is ended rather than let grow.
 */
import type { Change, NoticeHandlers, Notices } from './notices.ts';

const MOST_WAITING = 10_000;

/** Yields changes in gathered groups until the consumer stops. Ends when it falls too far behind. */
export function changeStream(notices: Notices, what: 'entries' | 'runs'): AsyncIterableIterator<readonly Change[]> {
  let waiting = new Map<string, Change>();
  let wakeUp: (() => void) | undefined;
  let isDone = false;
  const take = (changes: readonly Change[]): void => {
    for (const change of changes) {
      const earlier = waiting.get(change.id);
      waiting.set(
        change.id,
        earlier?.kind === 'CREATED' && change.kind === 'UPDATED' ? { ...change, kind: 'CREATED' } : change,
      );
    }
    if (waiting.size > MOST_WAITING) finish();
    wakeUp?.();
  };
  const handlers: NoticeHandlers = what === 'entries' ? { entries: take } : { runs: take };
  const stop = notices.on(handlers);
  const finish = (): void => {
    isDone = true;
    waiting = new Map();
    stop();
    wakeUp?.();
  };

  return {
    async next() {
      while (waiting.size === 0 && !isDone) {
        await new Promise<void>((resolve) => {
          wakeUp = resolve;
        });
      }
      if (isDone) return { done: true, value: undefined };
      const value = [...waiting.values()];
      waiting = new Map();
      return { done: false, value };
    },
    async return() {
      finish();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
