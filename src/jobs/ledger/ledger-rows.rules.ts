/**
 * Creates rows of the fire ledger from spans of time and an outcome: one row for a single instant, and a gap with
 * a count where many instants share an outcome.
 */
import type { FireOutcome } from '../../database/generated/prisma/enums.ts';
import { InvalidInputError } from '../../refusals.ts';
import { countDue, firstDue, previousDue, type Recurrence } from '../calendar/due.rules.ts';

/** A row of the ledger: one instant, or a gap of `count` instants that share an outcome. */
export interface ResolvedFire {
  readonly firedAt: Date;
  readonly throughAt: Date;
  readonly count: number;
  readonly outcome: FireOutcome;
  readonly reason: string | null;
  readonly actor: string | null;
  /**
   * True for at most one row: its run starts with the claim. A `caught_up` row that does not start is owed: it
   * starts when no run is in progress any more (fires.ts, startOwedFire).
   */
  readonly starts: boolean;
}

export interface Verdict {
  readonly outcome: FireOutcome;
  readonly reason: string | null;
  readonly actor?: string | null;
}

/** One row for each chosen instant of a part, and gaps for the instants between them. */
export function chosenAndGaps(
  schedule: Recurrence,
  part: { readonly from: number; readonly to: number },
  chosen: ReadonlyMap<number, Verdict>,
  rest: Verdict,
) {
  const fires: ResolvedFire[] = [];
  let from = part.from;
  const inPart = [...chosen.keys()].filter((at) => at >= part.from && at < part.to).sort((a, b) => a - b);
  for (const at of inPart) {
    fires.push(...gap(schedule, from, at, rest));
    fires.push(...gap(schedule, at, at + 1, chosen.get(at) ?? rest));
    from = at + 1;
  }
  fires.push(...gap(schedule, from, part.to, rest));
  return fires;
}

/** The instants in [from, to) as one row; none when nothing is due there. */
export function gap(
  schedule: Recurrence,
  from: number,
  to: number,
  { outcome, reason, actor }: Verdict,
): ResolvedFire[] {
  if (from >= to) return [];
  const firedAt = firstDue(schedule, before(from), before(to));
  const throughAt = previousDue(schedule, new Date(to), new Date(from));
  if (firedAt === null || throughAt === null) return [];
  const count = countDue(schedule, before(from), before(to));
  return [{ firedAt, throughAt, count, outcome, reason, actor: actor ?? null, starts: false }];
}

/** Marks the oldest fire with the outcome as the one that starts; `null` marks none. */
export function withStart(fires: readonly ResolvedFire[], outcome: FireOutcome | null): ResolvedFire[] {
  const starting = fires.findIndex((fire) => fire.outcome === outcome);
  return fires.map((fire, index) => ({ ...fire, starts: index === starting }));
}

const before = (epoch: number) => new Date(epoch - 1);

export const DAY_MS = 86_400_000;

/** Throws InvalidInputError when `to` is not after `from`, or too far from it. */
export function checkSpan(from: Date, to: Date, longestMs: number): void {
  const problem =
    to <= from
      ? { message: 'must be after `from`.', code: 'NOT_AFTER_FROM' }
      : to.getTime() - from.getTime() > longestMs
        ? {
            message: `is at most ${(longestMs / DAY_MS).toLocaleString('en-US')} days after \`from\`; request a shorter span.`,
            code: 'TOO_LONG',
          }
        : null;
  if (problem !== null) throw new InvalidInputError([{ path: ['to'], ...problem }]);
}
