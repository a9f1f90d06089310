/** When the counts have to be read again since an entry becomes due. Pure. */

/** Clocks of two machines are not the same to the millisecond. */
const MARGIN_MS = 200;
/** Timers beyond go off at once; long before, the counts are read again anyway. */
const LONGEST_MS = 3_600_000;

/** Milliseconds until the entry that is due next is due; undefined where none is, or not soon. */
export function untilDue(nextDueAt: string | null, now: number): number | undefined {
  if (nextDueAt === null) return undefined;
  const wait = Math.max(0, Date.parse(nextDueAt) - now) + MARGIN_MS;
  return wait > LONGEST_MS ? undefined : wait;
}
