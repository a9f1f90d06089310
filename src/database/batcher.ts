/**
 * Collects single items into batches: one statement over a hundred rows costs little more than one over a
 * single row. This is a group commit: items that are added in the same turn are sent at once, and items that
 * arrive meanwhile are sent together next, so a single caller never waits.
 */
export interface BatcherOptions<Item, Result> {
  /** Returns one result per item, in order; if it throws, every item of the batch fails. */
  readonly flush: (items: readonly Item[]) => Promise<readonly Result[]>;
  readonly largest: number;
  /** Batches in progress at the same time. */
  readonly lanes: number;
  /** The least time between the starts of two batches of a lane: under load, batches are larger. Default 0. */
  readonly restMs?: number;
}

export interface Batcher<Item, Result> {
  add(item: Item): Promise<Result>;
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

export function createBatcher<Item, Result>({
  flush,
  largest,
  lanes,
  restMs = 0,
}: BatcherOptions<Item, Result>): Batcher<Item, Result> {
  let waiting: Waiting<Item, Result>[] = [];
  let underWay = 0;
  let isGathering = false;

  const send = (): void => {
    isGathering = false;
    while (waiting.length > 0 && underWay < lanes) {
      const batch = waiting.slice(0, largest);
      waiting = waiting.slice(largest);
      underWay++;
      const restsUntil = performance.now() + restMs;
      void deliver(batch).finally(() => {
        const leftMs = restsUntil - performance.now();
        if (leftMs > 0) setTimeout(next, leftMs);
        else next();
      });
    }
  };
  const next = (): void => {
    underWay--;
    send();
  };
  const deliver = async (batch: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await flush(batch.map(({ item }) => item));
      batch.forEach(({ resolve, reject }, index) => {
        const result = results[index];
        if (index >= results.length) reject(new Error('A batch answered fewer results than it had items'));
        else resolve(result as Result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        waiting.push({ item, resolve, reject });
        if (isGathering) return;
        isGathering = true;
        queueMicrotask(send);
      }),
  };
}
