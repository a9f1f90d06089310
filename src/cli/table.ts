/** Tables for people. */

/** Removes characters that would control the terminal: names and messages are untrusted. */
export const printable = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Bidi_Control}]/gu, '');

/** Aligns columns; a missing value is a dash. The last column is as long as its text. */
export function tableOf(
  headings: readonly string[],
  rows: readonly (readonly (string | number | null | undefined)[])[],
): string {
  const cells = rows.map((row) => row.map((value) => printable(String(value ?? '')).trim() || '-'));
  const lines = [headings, ...cells];
  const widths = headings.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
    .map((line) => line.trimEnd())
    .join('\n');
}
