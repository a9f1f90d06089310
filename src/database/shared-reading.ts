/**
 * One reading for many askers: what costs much and reads the same for everybody (counts over the
 * whole queue) is read once for all who ask meanwhile, so that a hundred dashboards cost as much
 * as one. An answer is never older than the question: who asks while a reading is under way
 * shares the next one, so that whoever has just changed something sees it.
 */

/** Readings keep a connection busy for a quarter of the time at the most. */
const REST_PER_READING = 3;
const LONGEST_REST_MS = 1_000;

/**
 * Wraps `read`, for each database handle by itself. One reading at a time; after each it rests
 * three times as long as that took, one second at the most. What `read` throws is thrown to all
 * who shared it, and is not kept.
 */
export function shareReading<Source extends object, Answer>(
  read: (source: Source) => Promise<Answer>,
): (source: Source) => Promise<Answer> {
  const shared = new WeakMap<Source, () => Promise<Answer>>();
  return (source) => {
    const ask = shared.get(source) ?? shareOne(() => read(source));
    shared.set(source, ask);
    return ask();
  };
}

function shareOne<Answer>(read: () => Promise<Answer>): () => Promise<Answer> {
  let next: Promise<Answer> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let restUntil = 0;

  const readNext = async (): Promise<Answer> => {
    await last;
    // At least to the next turn of the event loop: all fields of one request share.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, restUntil - performance.now())));
    next = undefined;
    const begun = performance.now();
    try {
      return await read();
    } finally {
      const ended = performance.now();
      restUntil = ended + Math.min(LONGEST_REST_MS, REST_PER_READING * (ended - begun));
    }
  };

  return () => {
    if (next === undefined) {
      next = readNext();
      last = next.catch(() => undefined);
    }
    return next;
  };
}
