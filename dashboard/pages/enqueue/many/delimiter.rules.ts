/** Detects the delimiter of a table. Pure. */

/** Rarest in names and passwords first; on a tie, the first one wins. */
const DELIMITERS = ['\t', ';', ','] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Number of rows used for the detection. */
export const ROWS_THAT_TELL = 20;

/**
 * Returns the delimiter that splits the most rows; on a tie, the one that splits the first row into the most
 * columns. Empty or short rows do not count against a delimiter: a trailing newline may look like such a row.
 */
export function delimiterOf(cut: (delimiter: Delimiter) => readonly (readonly string[])[]): Delimiter {
  const [best] = DELIMITERS.map((delimiter) => {
    const rows = cut(delimiter);
    return { delimiter, cuts: rows.filter((row) => row.length > 1).length, width: rows[0]?.length ?? 0 };
  }).toSorted((one, other) => other.cuts - one.cuts || other.width - one.width);
  return best?.delimiter ?? ',';
}
