/**
 * Was a row chained when it should have been? Whoever can write to the table can take rows out of
 * the chain, delete some, and let a server chain the rest once more: every code fits again. But
 * when a row was signed and when it was chained are both proved, and they then lie far apart: a
 * server that signed later rows had long had the time to chain the earlier one.
 */

/** A server that lives chains within a second; much longer can take a transaction, or a lock that somebody holds. */
export const LATEST_MS = 3_600_000;

export interface ChainedTimes {
  readonly sequence: number;
  /** When it was signed and when it was chained, in milliseconds. */
  readonly at: number;
  readonly chainedAt: number;
}

/**
 * Looks at rows in the order of their places. Answers a row that was chained only after another,
 * signed over an hour later, had been written; undefined while there is none.
 */
export function createLatenessCheck(): (row: ChainedTimes) => ChainedTimes | undefined {
  // Rows that were chained after the one at hand was signed. Of two the later chained and earlier
  // signed tells more, so that times of signing only grow here, and what is over is at the front.
  const open: ChainedTimes[] = [];
  let begin = 0;
  return (row) => {
    while (begin < open.length && (open[begin]?.chainedAt ?? 0) <= row.at) begin++;
    const earliest = open[begin];
    if (earliest !== undefined && earliest.at + LATEST_MS < row.at) return earliest;
    while (open.length > begin && (open.at(-1)?.at ?? 0) >= row.at) open.pop();
    if ((open.at(-1)?.chainedAt ?? 0) < row.chainedAt || open.length === begin) open.push(row);
    if (begin > 1_000) {
      open.splice(0, begin);
      begin = 0;
    }
    return undefined;
  };
}
