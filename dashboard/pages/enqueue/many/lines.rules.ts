/** Line numbers of rows, so that users find them in their editor. Pure. */

type Rows = readonly (readonly string[])[];

/** The line where each row begins, from 1: a quoted cell may span several lines. */
export function linesOf(rows: Rows): number[] {
  let next = 1;
  return rows.map((cells) => {
    const line = next;
    next += 1 + cells.reduce((sum, cell) => sum + (cell.match(/\r\n|\r|\n/g)?.length ?? 0), 0);
    return line;
  });
}

/** Rows that are not empty, each with its line. */
export function withoutEmpty(rows: Rows): { readonly rows: Rows; readonly lines: readonly number[] } {
  const lines = linesOf(rows);
  const isFull = rows.map((cells) => cells.some((cell) => cell.trim() !== ''));
  return { rows: rows.filter((_, index) => isFull[index]), lines: lines.filter((_, index) => isFull[index]) };
}
