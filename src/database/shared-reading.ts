/**
 * One reading for many askers: what costs much and reads the same for everybody (counts over the
 * whole queue) is read once for all who ask meanwhile, so that a hundred dashboards cost as much
 * as one. An answer is never older than the question: who asks while a reading is under way
 * shares the next one, so that whoever has just changed something sees it.
 */

/** Readings keep a connection busy for a quarter of the time at the most. */
const REST_PER_READING = 3;
const LONGEST_REST_MS = 1_000;
/** So much rest may be owed: a page that is opened asks twice or thrice in a row, and then not for seconds. */
const MOST_OWED_MS = 1_000;

/**
 * Wraps `read`, for each database handle by itself; `settings` are the same for everyone who asks of
 * one handle. One reading at a time; each costs a rest three times as long as it took, one second at
 * the most, of which a second may be owed. What `read` throws is thrown to all who shared it, and is
 * not kept.
 */
export function shareReading<Source extends object, Settings extends readonly unknown[], Answer>(
  read: (source: Source, ...settings: Settings) => Promise<Answer>,
): (source: Source, ...settings: Settings) => Promise<Answer> {
  const shared = new WeakMap<Source, () => Promise<Answer>>();
  return (source, ...settings) => {
    const ask = shared.get(source) ?? shareOne(() => read(source, ...settings));
    shared.set(source, ask);
    return ask();
  };
}

function shareOne<Answer>(read: () => Promise<Answer>): () => Promise<Answer> {
  let next: Promise<Answer> | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** When all rest will have been taken. */
  let restedAt = 0;

  const readNext = async (): Promise<Answer> => {
    await last;
    // At least to the next turn of the event loop: all fields of one request share.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, restedAt - MOST_OWED_MS - performance.now())));
    next = undefined;
    const begun = performance.now();
    try {
      return await read();
    } finally {
      const tookMs = performance.now() - begun;
      restedAt = Math.max(restedAt, begun) + tookMs + Math.min(LONGEST_REST_MS, REST_PER_READING * tookMs);
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
