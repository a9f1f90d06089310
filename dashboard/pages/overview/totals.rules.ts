/** When to query the counts again because an entry becomes due. Pure. */

/** Allows for clock differences between browser and server. */
const MARGIN_MS = 200;
/** Longer timers are pointless, as the counts are polled anyway; timers beyond 2^31 ms fire at once. */
const LONGEST_MS = 3_600_000;

/** Milliseconds until the next entry is due; undefined if there is none or it is more than an hour away. */
export function untilDue(nextDueAt: string | null, now: number): number | undefined {
  if (nextDueAt === null) return undefined;
  const wait = Math.max(0, Date.parse(nextDueAt) - now) + MARGIN_MS;
  return wait > LONGEST_MS ? undefined : wait;
}
