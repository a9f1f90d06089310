/** Reads a table from text or a file; the CSV parser is loaded on first use. */
import { MOST_ROWS } from './check.rules.ts';
import { hasHeadings } from './columns.rules.ts';
import { delimiterOf, ROWS_THAT_TELL } from './delimiter.rules.ts';
import { linesOf, withoutEmpty } from './lines.rules.ts';

export interface Table {
  /** The file's name, or "Pasted rows". */
  readonly name: string;
  readonly isPasted: boolean;
  /** Every row that is not empty, including a heading. */
  readonly rows: readonly (readonly string[])[];
  /** The line where each row begins, from 1. */
  readonly lines: readonly number[];
}

export type Read = Table | { readonly problem: string };

/** Larger files are not lists of accounts. */
const MOST_BYTES = 20_000_000;

export async function readFile(file: File): Promise<Read> {
  if (file.size > MOST_BYTES) return { problem: `${file.name} is larger than 20 MB. Cut it into several files.` };
  return readTable(decode(await file.arrayBuffer()), file.name, false);
}

export const readText = (text: string): Promise<Read> => readTable(text, 'Pasted rows', true);

async function readTable(text: string, name: string, isPasted: boolean): Promise<Read> {
  if (text.trim() === '') return { problem: 'It is empty.' };
  if (text.includes('\0')) return { problem: 'This is not a text file. Save the table as CSV, one row per account.' };
  const { default: Papa } = await import('papaparse');
  const delimiter = delimiterOf(
    (one) => Papa.parse<string[]>(text, { delimiter: one, preview: ROWS_THAT_TELL, skipEmptyLines: 'greedy' }).data,
  );
  const { data, errors } = Papa.parse<string[]>(text, { delimiter });
  // Other parser errors are harmless: one column has no delimiter, and short rows lack only empty cells.
  const broken = errors.find(({ type }) => type === 'Quotes');
  if (broken !== undefined)
    return {
      problem: `A quotation mark is missing or misplaced near line ${linesOf(data)[broken.row ?? 0] ?? 1}.`,
    };
  const { rows, lines } = withoutEmpty(data);
  if (rows.length > MOST_ROWS + 1) return { problem: `It has more than ${MOST_ROWS} rows. Cut it into several files.` };
  if (rows.some((row) => row.length > 50))
    return { problem: 'It has more than 50 columns. This is not a table of accounts.' };
  if (rows.length === 1 && hasHeadings(rows[0] ?? [])) return { problem: 'There are no rows below the heading.' };
  return { name, isPasted, rows, lines };
}

/** Decodes UTF-16 with a byte order mark (Excel's "Unicode text"), else UTF-8, else Windows-1252. */
function decode(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes);
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
