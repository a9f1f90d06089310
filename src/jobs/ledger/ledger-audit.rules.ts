/**
 * Compares the ledger with what was due: two ordered sequences, merged as they are read, so that a year of minutes
 * takes no more memory than a day. A gap's instants are counted, not iterated.
 */
import { countDueOver, covers, dueOver, type ScheduleSpan, type Span } from './schedule-history.rules.ts';

/** A row of the ledger, in epoch milliseconds. */
export interface LedgerRow {
  readonly firedAt: number;
  readonly throughAt: number;
  readonly count: number;
}

/** A gap whose count is not the number of instants due from its first to its last. */
export interface MiscountedGap extends LedgerRow {
  readonly dueCount: number;
}

export interface AuditReport {
  readonly dueCount: number;
  /** How many instants of the span the ledger holds: dueCount - missingCount + extraCount. */
  readonly recordedCount: number;
  /** Due, but without an outcome; oldest first, up to the limit. */
  readonly missing: readonly number[];
  readonly missingCount: number;
  /** In the ledger although not due, or a second time. */
  readonly extra: readonly number[];
  readonly extraCount: number;
  readonly miscounted: readonly MiscountedGap[];
  readonly miscountedCount: number;
}

export interface LedgerAudit {
  /** Adds the next row, by `firedAt`; a row that reaches into the span belongs to it. */
  add(row: LedgerRow): void;
  /** Call it after the last row. */
  finish(): AuditReport;
}

/** Audits a span that the history covers entirely. Each list of the report has at most `limit` entries. */
export function startAudit(history: readonly ScheduleSpan[], span: Span, limit = 100): LedgerAudit {
  const missing = createTally<number>(limit);
  const extra = createTally<number>(limit);
  const miscounted = createTally<MiscountedGap>(limit);
  let recordedCount = 0;
  /** Earlier rows cover everything up to this instant. */
  let spokenThrough = span.after;
  let walk = dueOver(history, span);
  let next = walk.next();

  const goOnAfter = (instant: number) => {
    walk = dueOver(history, { after: instant, through: span.through });
    next = walk.next();
  };
  /** Counts what was due before an instant without a row as missing. */
  const missUntil = (instant: number) => {
    for (; !next.done && next.value < instant; next = walk.next()) {
      if (missing.isFull()) {
        missing.count(countDueOver(history, { after: next.value - 1, through: instant - 1 }));
        goOnAfter(instant - 1);
        return;
      }
      missing.add(next.value);
    }
  };
  const record = (isDue: boolean, instant: number) => {
    recordedCount++;
    if (!isDue) extra.add(instant);
  };

  const addDoubled = (first: number, last: number, isGap: boolean) => {
    if (!isGap) return record(false, first);
    const doubled = { after: first - 1, through: last };
    const count = countDueOver(history, doubled);
    recordedCount += count;
    extra.addSome(dueOver(history, doubled), count);
  };

  const addGap = (row: LedgerRow, first: number, last: number) => {
    if (row.firedAt === first && (next.done || next.value !== first)) record(false, first);
    if (row.throughAt === last && countDueOver(history, { after: last - 1, through: last }) === 0) record(false, last);
    recordedCount += countDueOver(history, { after: first - 1, through: last });
    goOnAfter(last);
  };

  return {
    add(row) {
      const whole = { after: row.firedAt - 1, through: row.throughAt };
      if (row.count > 1 && covers(history, whole)) {
        const dueCount = countDueOver(history, whole);
        if (dueCount !== row.count) miscounted.add({ ...row, dueCount });
      }
      const isGap = row.throughAt > row.firedAt;
      const first = Math.max(row.firedAt, span.after + 1);
      const last = Math.min(row.throughAt, span.through);
      if (first > last) return;
      if (first <= spokenThrough) addDoubled(first, Math.min(last, spokenThrough), isGap);
      const fresh = Math.max(first, spokenThrough + 1);
      if (fresh > last) return;
      missUntil(fresh);
      if (isGap) {
        addGap(row, fresh, last);
      } else {
        const isDue = !next.done && next.value === fresh;
        record(isDue, fresh);
        if (isDue) next = walk.next();
      }
      spokenThrough = last;
    },
    finish() {
      missUntil(span.through + 1);
      return {
        dueCount: countDueOver(history, span),
        recordedCount,
        missing: missing.listed,
        missingCount: missing.total(),
        extra: extra.listed,
        extraCount: extra.total(),
        miscounted: miscounted.listed,
        miscountedCount: miscounted.total(),
      };
    },
  };
}

/** Lists the first `limit` items and counts all of them. */
function createTally<T>(limit: number) {
  const listed: T[] = [];
  let total = 0;
  return {
    listed: listed as readonly T[],
    total: () => total,
    isFull: () => listed.length >= limit,
    count(more: number) {
      total += more;
    },
    add(one: T) {
      total++;
      if (listed.length < limit) listed.push(one);
    },
    addSome(some: Iterable<T>, count: number) {
      total += count;
      if (count === 0) return;
      for (const one of some) {
        if (listed.length >= limit) return;
        listed.push(one);
      }
    },
  };
}
