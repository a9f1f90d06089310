/**
 * How fast the queue goes: attempts per second in the time in which there was work, so that an
 * idle night does not make it slow. What is reckoned from it (the forecast, a plan's estimate) is
 * reckoned in the same way everywhere.
 */

/** Attempts that ended within one second: a spell of work from the first one’s start to the last one’s end. */
export interface Spell {
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly count: number;
}

export interface Speed {
  readonly perSecond: number;
  /** What it was measured by: so many attempts in so much time. */
  readonly count: number;
  readonly busyMs: number;
}

/** Attempts per second of the time in which some were under way; null without any. */
export function measuredSpeed(spells: readonly Spell[]): Speed | null {
  let count = 0;
  let busyMs = 0;
  let through = Number.NEGATIVE_INFINITY;
  for (const spell of [...spells].sort((one, other) => one.startedAt.getTime() - other.startedAt.getTime())) {
    count += spell.count;
    const end = spell.finishedAt.getTime();
    busyMs += Math.max(0, end - Math.max(through, spell.startedAt.getTime()));
    through = Math.max(through, end);
  }
  // The clock has milliseconds: work that took none took up to one.
  return count === 0 ? null : { perSecond: (count * 1_000) / Math.max(1, busyMs), count, busyMs };
}

/** The speed to reckon with, above 0: the measured one, within the limit on starts if there is one. */
export function speedWithin({ perSecond }: Speed, startsPerSecond: number | null): number {
  return startsPerSecond === null ? perSecond : Math.min(perSecond, startsPerSecond);
}

/** How long `count` attempts take, in milliseconds; null where no speed was measured. */
export function timeFor(count: number, measured: Speed | null, startsPerSecond: number | null): number | null {
  return measured === null ? null : Math.round((count * 1_000) / speedWithin(measured, startsPerSecond));
}
