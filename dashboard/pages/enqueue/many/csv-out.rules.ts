/**
 * Formats a table as CSV. Spreadsheets execute cells that start like a formula, and usernames, names and
 * messages are untrusted: such cells are prefixed with an apostrophe, and their column's heading says so.
 */

const LIKE_A_FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",;\t\r\n]/;

export function asCsv(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const isMarked = headings.map((_, column) => rows.some((row) => LIKE_A_FORMULA.test(row[column] ?? '')));
  const named = headings.map((heading, column) =>
    isMarked[column] ? `${heading} (an apostrophe at the beginning is not part of it)` : heading,
  );
  const lines = [named, ...rows].map((cells) => cells.map(cellOf).join(','));
  // The byte order mark lets spreadsheets detect UTF-8.
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

function cellOf(text: string): string {
  const safe = LIKE_A_FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
