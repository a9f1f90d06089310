/**
 * One query for many callers: an expensive query with the same result for everyone (counts over the whole
 * queue) runs once for all callers that request it meanwhile, so a hundred dashboards cost as much as one.
 * A result is never older than the request for it: a caller that asks while the query runs shares the next
 * one, so a caller that has just changed something sees its change.
 */

/** Shared queries keep a connection busy for at most a quarter of the time. */
const REST_PER_READING = 3;
const LONGEST_REST_MS = 1_000;
/**
 * How much of the rest may be postponed: a page sends two or three requests when it opens, and then none
 * for seconds.
 */
const MOST_OWED_MS = 1_000;

/**
 * Wraps `read` so that its callers share it, per database handle; `settings` must be the same for all
 * callers of one handle. One query runs at a time, followed by a rest three times as long, at most one
 * second; at most a second of rest may be postponed. An error goes to all callers that shared the query,
 * and is not cached.
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
  /** When all postponed rest is over. */
  let restedAt = 0;

  const readNext = async (): Promise<Answer> => {
    await last;
    // Waits at least one turn of the event loop, so that all fields of one request share the query.
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
