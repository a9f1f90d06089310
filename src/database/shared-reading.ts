/**
 * One query for many callers: an expensive query whose result is the same for everyone (counts over
 * the whole queue) runs once for all who ask meanwhile, so a hundred dashboards cost as much as one.
 * A result is never older than the request for it: a caller that asks while the query runs shares the
 * next one, so a caller that has just changed something sees its change.
 */

/** Shared queries keep a connection busy for at most a quarter of the time. */
const REST_PER_READING = 3;
const LONGEST_REST_MS = 1_000;
/** Rest that may be owed: a page asks two or three times when it opens, and then not for seconds. */
const MOST_OWED_MS = 1_000;

/**
 * Wraps `read` per database handle; `settings` must be the same for all callers of one handle. One
 * query runs at a time and is followed by a rest three times as long, at most one second, of which a
 * second may be owed. An error goes to all callers that shared the query, and is not cached.
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
  /** When all owed rest is over. */
  let restedAt = 0;

  const readNext = async (): Promise<Answer> => {
    await last;
    // At least until the next turn of the event loop: all fields of one request share.
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
