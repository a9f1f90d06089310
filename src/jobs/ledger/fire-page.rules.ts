/**
 * Expands ledger rows into the instants that a page lists. A gap is expanded with the cron that was in force, only
 * as far as the page reaches, so that a year of seconds costs one page.
 */
import { countDue, dueInstants, previousDue, type Recurrence } from '../calendar/due.rules.ts';
import { timingProblem } from '../schedules/reschedule.rules.ts';

/** A row of the ledger with the cron and time zone that were in force. */
export interface LedgerGap extends Recurrence {
  readonly firedAt: Date;
  readonly throughAt: Date;
  readonly count: number;
}

/** Instants in [from, to). */
export interface FireSpan {
  readonly from: Date;
  readonly to: Date;
}

export interface FireInstant<Row> {
  readonly at: Date;
  readonly row: Row;
}

/** The first `size` instants of the rows. Rows come newest first or oldest first; the instants keep that order. */
export function instantsOf<Row extends LedgerGap>(
  rows: Iterable<Row>,
  span: FireSpan,
  { isNewestFirst, size }: { isNewestFirst: boolean; size: number },
): FireInstant<Row>[] {
  const found: FireInstant<Row>[] = [];
  for (const row of rows) {
    for (const at of isNewestFirst ? backwards(row, span) : forwards(row, span)) {
      found.push({ at, row });
      if (found.length >= size) return found;
    }
  }
  return found;
}

/** The number of a row's instants in the span. */
export function countInSpan(row: LedgerGap, span: FireSpan): number {
  const { from, to } = within(row, span);
  if (from >= to) return 0;
  if (span.from <= row.firedAt && span.to > row.throughAt) return row.count;
  return isOpenable(row) ? countDue(row, before(from), before(to)) : 0;
}

function* forwards(row: LedgerGap, span: FireSpan): Generator<Date> {
  const { from, to } = within(row, span);
  let isEmpty = true;
  if (isOpenable(row)) {
    for (const { at } of dueInstants(row, before(from), before(to))) {
      isEmpty = false;
      yield at;
    }
  }
  if (isEmpty) yield* asItself(row, span);
}

function* backwards(row: LedgerGap, span: FireSpan): Generator<Date> {
  const { from, to } = within(row, span);
  let isEmpty = true;
  if (isOpenable(row)) {
    for (let at = previousDue(row, to, from); at !== null; at = previousDue(row, at, from)) {
      isEmpty = false;
      yield at;
    }
  }
  if (isEmpty) yield* asItself(row, span);
}

/**
 * A single instant is listed as stored, even if it was not due; a gap whose cron is
 * unknown is listed as its first instant.
 */
function* asItself({ firedAt }: LedgerGap, { from, to }: FireSpan): Generator<Date> {
  if (firedAt >= from && firedAt < to) yield firedAt;
}

function isOpenable(row: LedgerGap): boolean {
  return row.throughAt > row.firedAt && timingProblem(row) === null;
}

function within({ firedAt, throughAt }: LedgerGap, { from, to }: FireSpan): FireSpan {
  return {
    from: firedAt > from ? firedAt : from,
    to: throughAt < to ? new Date(throughAt.getTime() + 1) : to,
  };
}

const before = (at: Date) => new Date(at.getTime() - 1);
