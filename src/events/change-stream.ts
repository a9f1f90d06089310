/**
 * Changes as an endless sequence for one subscriber. Changes that come while the subscriber
 * is slow are gathered by id (the row is read when it is sent, so the newest state goes out),
 * and one that stays behind for too many is ended rather than let grow.
 */
import type { Change, NoticeHandlers, Notices } from './notices.ts';

const MOST_WAITING = 10_000;

/** Which of some changes a subscriber wants; asked once for all that have gathered. */
export type Keep = (changes: readonly Change[]) => Promise<readonly Change[]>;

/**
 * Yields changes, those that `keep` lets through, until the consumer stops. Ends when it falls
 * too far behind. Not a generator: that would hear of a subscriber's leaving only at the next change.
 */
export function changeStream(notices: Notices, what: 'entries' | 'runs', keep?: Keep): AsyncIterableIterator<Change> {
  let waiting = new Map<string, Change>();
  let ready: Change[] = [];
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
    ready = [];
    stop();
    wakeUp?.();
  };

  return {
    async next() {
      while (!isDone) {
        const change = ready.shift();
        if (change !== undefined) return { done: false, value: change };
        if (waiting.size === 0) {
          await new Promise<void>((resolve) => {
            wakeUp = resolve;
          });
          continue;
        }
        const gathered = [...waiting.values()];
        waiting = new Map();
        try {
          ready = keep === undefined ? gathered : [...(await keep(gathered))];
        } catch (error) {
          finish();
          throw error;
        }
      }
      return { done: true, value: undefined };
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
