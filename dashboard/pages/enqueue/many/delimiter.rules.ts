/** What stands between a table's columns. */

/** Rarest in names and passwords first: of those that cut alike, the first is it. */
const DELIMITERS = ['\t', ';', ','] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** So many rows tell. */
export const ROWS_THAT_TELL = 20;

/**
 * The delimiter that cuts the most rows, and of equals the first row into the most columns. Rows that are
 * empty or too short, as the end of the last line may be taken for one, say nothing against it.
 */
export function delimiterOf(cut: (delimiter: Delimiter) => readonly (readonly string[])[]): Delimiter {
  const [best] = DELIMITERS.map((delimiter) => {
    const rows = cut(delimiter);
    return { delimiter, cuts: rows.filter((row) => row.length > 1).length, width: rows[0]?.length ?? 0 };
  }).toSorted((one, other) => other.cuts - one.cuts || other.width - one.width);
  return best?.delimiter ?? ',';
}
