/**
 * A table as a CSV file. Spreadsheets run a cell that begins like a formula, and usernames, names and
 * messages come from others: such a cell gets an apostrophe before it, and its heading says so.
 */

const LIKE_A_FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",;\t\r\n]/;

export function asCsv(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const isMarked = headings.map((_, column) => rows.some((row) => LIKE_A_FORMULA.test(row[column] ?? '')));
  const named = headings.map((heading, column) =>
    isMarked[column] ? `${heading} (an apostrophe at the beginning is not part of it)` : heading,
  );
  const lines = [named, ...rows].map((cells) => cells.map(cellOf).join(','));
  // The mark at the beginning tells spreadsheets that it is UTF-8.
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

function cellOf(text: string): string {
  const safe = LIKE_A_FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
