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

/* Detects the delimiter of a table. Pure. */

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

/* Line numbers of rows, so that users find them in their editor. Pure. */

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

/*
 * Generates passwords for rows without one, in this browser: the server shows a generated password only once,
 * so a lost response would lose those of the whole request.
 */

const LETTERS = 'abcdefghjkmnpqrstuvwxyz';
const CAPITALS = 'ABCDEFGHJKMNPQRSTUVWXYZ';
const DIGITS = '23456789';
const SIGNS = '-+=%';
const LENGTH = 20;

/**
 * Returns 20 characters without look-alikes, with at least one capital, digit and sign, starting with a letter
 * so that spreadsheets do not take it for a formula. `below(limit)` must return uniform integers in [0, limit).
 */
export function makePassword(below: (limit: number) => number): string {
  const pick = (from: string): string => from.charAt(below(from.length));
  const rest = [CAPITALS, DIGITS, SIGNS].map(pick);
  while (rest.length < LENGTH - 1) rest.push(pick(LETTERS + CAPITALS + DIGITS + SIGNS));
  for (let at = rest.length - 1; at > 0; at--) {
    const other = below(at + 1);
    [rest[at], rest[other]] = [rest[other] ?? '', rest[at] ?? ''];
  }
  return pick(LETTERS) + rest.join('');
}

/** Uniform integers from the browser's cryptographic generator; rejects numbers that would cause modulo bias. */
export function secureBelow(limit: number): number {
  const fair = 2 ** 32 - (2 ** 32 % limit);
  const numbers = new Uint32Array(1);
  for (;;) {
    const [number = 0] = crypto.getRandomValues(numbers);
    if (number < fair) return number % limit;
  }
}

/* Looks up many names with limited concurrency. Pure apart from the given `find`. */

/** Thrown by `find` when there was no response, so that the name can be looked up again later. */
export class NotAnswered extends Error {}

export interface LookedUp<Found> {
  readonly found: ReadonlyMap<string, Found>;
  /** Why the lookup stopped early; names without a response are missing from `found`. */
  readonly problem: string | undefined;
}

interface LookUpOptions<Found> {
  readonly find: (name: string) => Promise<Found>;
  readonly atATime: number;
  /** The lookup stops once this returns false. */
  readonly isWanted: () => boolean;
}

/** Stops at the first lookup without a response, since the others would fail as well. */
export async function lookUp<Found>(
  names: readonly string[],
  { find, atATime, isWanted }: LookUpOptions<Found>,
): Promise<LookedUp<Found>> {
  const waiting = [...names];
  const found = new Map<string, Found>();
  let problem: string | undefined;
  const work = async (): Promise<void> => {
    while (isWanted() && problem === undefined) {
      const name = waiting.shift();
      if (name === undefined) return;
      try {
        found.set(name, await find(name));
      } catch (error) {
        if (!(error instanceof NotAnswered)) throw error;
        problem = error.message;
      }
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  return { found, problem };
}
