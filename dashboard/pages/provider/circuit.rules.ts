/** Sentences about the circuit. Pure. */
import type { Circuit, Transition } from './provider-query.ts';

type Standing = Pick<Circuit, 'state' | 'openedBy' | 'nextProbeAt'>;

/** What the circuit's state means for the entries. */
export function meaningOf({ state, openedBy, nextProbeAt }: Standing): string {
  if (state === 'CLOSED') return 'Entries are attempted as they become due.';
  if (state === 'HALF_OPEN')
    return 'One entry is attempted as a probe. If it succeeds, the circuit closes; if not, it opens again for longer.';
  if (openedBy !== null && nextProbeAt === null) return 'No attempts until someone closes it. No entry loses a retry.';
  return 'Only probes are attempted, one at a time. A successful probe closes the circuit. No entry loses a retry.';
}

export interface Change extends Transition {
  /** It opened for the same reason as the previous time. */
  readonly isAsBefore: boolean;
}

/** Marks openings that repeat the previous reason: a long outage would list the same text a hundred times. */
export function withoutRepeats(newestFirst: readonly Transition[]): readonly Change[] {
  return newestFirst.map((one, index) => {
    const before = newestFirst.slice(index + 1).find(({ to }) => to !== 'HALF_OPEN');
    const isAsBefore =
      one.to === 'OPEN' && one.reason !== null && before?.to === 'OPEN' && before.reason === one.reason;
    return { ...one, isAsBefore };
  });
}

/** Who or what caused the transition. */
export function doerOf({ actor, to, from }: Pick<Transition, 'actor' | 'to' | 'from'>): string {
  if (actor !== null) return actor;
  if (to === 'OPEN') return from === 'HALF_OPEN' ? 'A probe that failed' : 'Failures';
  return to === 'CLOSED' ? 'A probe that succeeded' : 'The server, for a probe';
}
