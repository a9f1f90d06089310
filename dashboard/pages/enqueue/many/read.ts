/** Reads a table from text or a file; the reader is loaded when it is first needed. */
import { MOST_ROWS } from './check.rules.ts';
import { linesOf, withoutEmpty } from './lines.rules.ts';

export interface Table {
  /** Where it is from: a file's name, or that it was pasted. */
  readonly name: string;
  /** Every row, one with headings too. */
  readonly rows: readonly (readonly string[])[];
  /** Where each of them begins, from 1, as an editor counts. */
  readonly lines: readonly number[];
}

export type Read = Table | { readonly problem: string };

/** More than this is no list of accounts. */
const MOST_BYTES = 20_000_000;

export async function readFile(file: File): Promise<Read> {
  if (file.size > MOST_BYTES) return { problem: `${file.name} is larger than 20 MB. Cut it into several files.` };
  return readText(decode(await file.arrayBuffer()), file.name);
}

export async function readText(text: string, name: string): Promise<Read> {
  if (text.trim() === '') return { problem: 'There is nothing in it.' };
  const { default: Papa } = await import('papaparse');
  const { data, errors } = Papa.parse<string[]>(text, {
    delimitersToGuess: [',', ';', '\t'],
  });
  // One column needs no delimiter, and a row that is short misses what is empty.
  const broken = errors.find(({ type }) => type === 'Quotes');
  if (broken !== undefined)
    return {
      problem: `A quotation mark is not closed, or stands where none should, near line ${linesOf(data)[broken.row ?? 0] ?? 1}.`,
    };
  const { rows, lines } = withoutEmpty(data);
  if (rows.length > MOST_ROWS + 1) return { problem: `It has more than ${MOST_ROWS} rows. Cut it into several files.` };
  if (rows.some((row) => row.length > 50))
    return { problem: 'It has more than 50 columns: this is no table of accounts.' };
  return { name, rows, lines };
}

/** UTF-8, or what Windows writes where that does not fit. */
function decode(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
