/** A span of time as callers ask for it, [from, to): what may be asked for, and how it is refused. */
import { InvalidInputError } from '../../refusals.ts';

export const DAY_MS = 86_400_000;

/** Refuses with InvalidInputError when `to` is not after `from`, or too far from it. */
export function checkSpan(from: Date, to: Date, longestMs: number): void {
  const problem =
    to <= from
      ? { message: 'must be after `from`.', code: 'NOT_AFTER_FROM' }
      : to.getTime() - from.getTime() > longestMs
        ? {
            message: `is at most ${(longestMs / DAY_MS).toLocaleString('en-US')} days after \`from\`; ask for a shorter span.`,
            code: 'TOO_LONG',
          }
        : null;
  if (problem !== null) throw new InvalidInputError([{ path: ['to'], ...problem }]);
}
