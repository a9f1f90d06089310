/** Reads a table from text or a file; the CSV parser is loaded on first use. */

import type { OperationResult } from 'urql';
import { client } from '../../graphql/client.ts';
import { graphql } from '../../graphql/graphql.ts';
import { problemOf } from '../../graphql/problems.ts';
import { isUuid } from '../../ui/text.rules.ts';
import { type FoundFamily, hasHeadings, MOST_ROWS } from './check.rules.ts';
import { delimiterOf, type LookedUp, linesOf, lookUp, NotAnswered, ROWS_THAT_TELL, withoutEmpty } from './csv.rules.ts';

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

/* Finds the families named in a file, by id or name, and a default creator in each. */

const ById = graphql(`
  query FamilyById($familyId: UUID!) {
    family(familyId: $familyId) { id familyId name members(first: 20) { nodes { id userId role } } }
  }
`);
const ByName = graphql(`
  query FamiliesByName($search: String!) {
    families(first: 100, search: $search) {
      nodes { id familyId name }
      pageInfo { hasNextPage }
    }
  }
`);

/** Limits the parallel requests, as a file may name hundreds of families. */
const AT_A_TIME = 2;
const FRESH = { requestPolicy: 'network-only' } as const;

export const findFamilies = (names: readonly string[], isWanted: () => boolean): Promise<LookedUp<FoundFamily>> =>
  lookUp(names, { find: findFamily, atATime: AT_A_TIME, isWanted });

/** Throws NotAnswered if the server did not respond; a refusal counts as a response. */
function answered<Result extends OperationResult>(result: Result): Result {
  if (result.error?.networkError !== undefined) throw new NotAnswered(problemOf(result.error));
  return result;
}

async function findFamily(name: string): Promise<FoundFamily> {
  if (isUuid(name)) return familyOf(name);
  const { data, error } = answered(await client.query(ByName, { search: name }, FRESH).toPromise());
  if (error !== undefined) return { problem: problemOf(error) };
  const same = (data?.families?.nodes ?? []).filter((one) => one.name.toLowerCase() === name.toLowerCase());
  const [only] = same;
  if (same.length > 1) return { problem: `Several families are called “${name}”: use the family’s id.` };
  if (only !== undefined) return familyOf(only.familyId);
  return data?.families?.pageInfo.hasNextPage === true
    ? { problem: `Too many families match “${name}”: use the family’s id.` }
    : { problem: `No family is called “${name}”.` };
}

async function familyOf(id: string): Promise<FoundFamily> {
  const { data, error } = answered(await client.query(ById, { familyId: id }, FRESH).toPromise());
  if (error !== undefined) return { problem: problemOf(error) };
  if (data?.family == null) return { problem: 'No family has this id.' };
  const { familyId, name, members } = data.family;
  const asks = members.nodes.find(({ role }) => role === 'OWNER') ?? members.nodes[0];
  return { familyId, name, createdByUserId: asks?.userId };
}
