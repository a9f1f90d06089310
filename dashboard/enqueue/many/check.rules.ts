/** Turns the rows of a file into accounts to enqueue, each with the problems found in it. Pure. */

import {
  type AccountDraft,
  type AccountProblems,
  type AccountRole,
  accountProblems,
  normaliseUsername,
  roleOf,
  runAtOf,
} from '../account.rules.ts';

/* Maps the columns of a file to the fields of an account, guessing from their headings. Pure. */

export const FIELDS = ['username', 'fullName', 'family', 'createdBy', 'role', 'password', 'runAt'] as const;
export type Field = (typeof FIELDS)[number];
/** The field of each column; undefined: the column is not used. */
export type Mapping = readonly (Field | undefined)[];

export const FIELD_NAMES: Readonly<Record<Field, string>> = {
  username: 'Username',
  fullName: 'Full name',
  family: 'Family',
  createdBy: 'Requested by',
  role: 'Role',
  password: 'Password',
  runAt: 'Run at',
};

const NAMES: Readonly<Record<Field, readonly string[]>> = {
  username: ['username', 'user', 'login', 'loginname', 'signinname', 'account', 'benutzername'],
  fullName: ['fullname', 'name', 'displayname', 'person', 'vollername'],
  family: ['family', 'familyid', 'familyname', 'household', 'familie'],
  createdBy: ['createdby', 'createdbyuserid', 'askedforby', 'creator', 'creatorid', 'requestedby'],
  role: ['role', 'userrole', 'rolle'],
  password: ['password', 'pass', 'pwd', 'initialpassword', 'passwort'],
  runAt: ['runat', 'notbefore', 'startat', 'start', 'scheduledfor', 'when'],
};

function guessField(heading: string): Field | undefined {
  const plain = heading.toLowerCase().replace(/[^a-z]/g, '');
  return FIELDS.find((field) => NAMES[field].includes(plain));
}

/** Guesses each field at most once: the first column with a matching name gets it. */
export function guessMapping(headings: readonly string[]): Mapping {
  const taken = new Set<Field>();
  return headings.map((heading) => {
    const field = guessField(heading);
    if (field === undefined || taken.has(field)) return undefined;
    taken.add(field);
    return field;
  });
}

/** Two field names mean a heading row; so does one if it is the only column. */
export function hasHeadings(first: readonly string[]): boolean {
  const found = guessMapping(first).filter((field) => field !== undefined).length;
  return found >= 2 || (found === 1 && first.length === 1);
}

/** Mapping without headings: username, full name, family, role, password, run at, in this order. */
export function mappingByPlace(columns: number): Mapping {
  const order: readonly Field[] = ['username', 'fullName', 'family', 'role', 'password', 'runAt'];
  return Array.from({ length: columns }, (_, index) => order[index]);
}

/** Assigns a field to a column, and removes it from the column that had it. */
export const mapColumn = (mapping: Mapping, column: number, field: Field | undefined): Mapping =>
  mapping.map((had, index) => (index === column ? field : had === field ? undefined : had));

/** The column's first value, as a sample; never a password. */
export function sampleOf(rows: readonly (readonly string[])[], column: number, field: Field | undefined): string {
  const text = rows.map((row) => row[column]?.trim() ?? '').find((value) => value !== '');
  if (text === undefined) return 'Empty in every row';
  if (field === 'password') return 'Not shown';
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

/** Larger files must be split. */
export const MOST_ROWS = 50_000;

/** A family named in the file, after its lookup on the server. */
export type FoundFamily =
  | { readonly familyId: string; readonly name: string; readonly createdByUserId: string | undefined }
  | { readonly problem: string };

/** Values for rows that do not set their own. */
export interface Defaults {
  readonly familyId: string;
  readonly familyName: string;
  readonly createdByUserId: string;
  readonly role: AccountRole;
}

export interface CheckedRow {
  /** The line in the file where the row begins, counted from 1. */
  readonly line: number;
  readonly draft: AccountDraft;
  /** The family's name, for display. */
  readonly familyName: string;
  readonly problems: AccountProblems;
}

export interface CheckOptions {
  readonly mapping: Mapping;
  readonly defaults: Defaults;
  /** Keys are the trimmed texts in the file. */
  readonly families: ReadonlyMap<string, FoundFamily>;
  /** The line of each row; defaults to 1, 2, 3 and so on. */
  readonly lines?: readonly number[];
}

export function checkRows(
  rows: readonly (readonly string[])[],
  { mapping, defaults, families, lines }: CheckOptions,
): CheckedRow[] {
  const columns = new Map<Field, number>(
    mapping.flatMap((field, index) => (field === undefined ? [] : [[field, index] as const])),
  );
  const checked = rows.map((cells, index) => {
    const cell = (field: Field): string => {
      const column = columns.get(field);
      const text = column === undefined ? '' : (cells[column] ?? '');
      return field === 'password' ? text : text.trim();
    };
    return checkRow(lines?.[index] ?? index + 1, cell, defaults, families);
  });
  return withoutDoubles(checked);
}

function checkRow(
  line: number,
  cell: (field: Field) => string,
  defaults: Defaults,
  families: ReadonlyMap<string, FoundFamily>,
): CheckedRow {
  const named = cell('family');
  const family = named === '' ? undefined : (families.get(named) ?? { problem: `“${named}” is not looked up yet.` });
  const found = family !== undefined && 'familyId' in family ? family : undefined;
  const role = cell('role') === '' ? defaults.role : roleOf(cell('role'));
  const runAt = cell('runAt') === '' ? undefined : runAtOf(cell('runAt'));
  // The creator must belong to the row's family; the default creator belongs to the default family.
  const creator =
    named === '' || found?.familyId === defaults.familyId ? defaults.createdByUserId : found?.createdByUserId;
  const draft: AccountDraft = {
    familyId: named === '' ? defaults.familyId : (found?.familyId ?? ''),
    createdByUserId: cell('createdBy') || (creator ?? ''),
    username: normaliseUsername(cell('username')),
    fullName: cell('fullName'),
    role: typeof role === 'string' ? role : undefined,
    password: cell('password'),
    runAt: typeof runAt === 'string' ? runAt : undefined,
  };
  const said: AccountProblems = {
    ...(family !== undefined && 'problem' in family ? { familyId: family.problem } : {}),
    ...(typeof role === 'object' ? { role: role.problem } : {}),
    ...(typeof runAt === 'object' ? { runAt: runAt.problem } : {}),
  };
  const problems: Record<string, string> = { ...accountProblems(draft), ...said };
  // Without a valid family there is no creator to choose: one problem is enough.
  if (problems.familyId !== undefined && cell('createdBy') === '') delete problems.createdByUserId;
  return { line, draft, familyName: found?.name ?? (named === '' ? defaults.familyName : named), problems };
}

/** Of several rows with the same username, the first stays valid and the others get a problem. */
function withoutDoubles(rows: readonly CheckedRow[]): CheckedRow[] {
  const first = new Map<string, number>();
  return rows.map((row) => {
    const { username } = row.draft;
    const before = first.get(username);
    if (username === '' || before === undefined) {
      first.set(username, row.line);
      return row;
    }
    const twice = `Line ${before} has the same username.`;
    return { ...row, problems: { ...row.problems, username: row.problems.username ?? twice } };
  });
}

export const isGood = ({ problems }: CheckedRow): boolean => Object.keys(problems).length === 0;

/** Rows with problems first; otherwise in the order of the file. */
export const problemsFirst = (rows: readonly CheckedRow[]): CheckedRow[] => [
  ...rows.filter((row) => !isGood(row)),
  ...rows.filter(isGood),
];

/** The distinct texts in the family column. */
export function familiesNamed(rows: readonly (readonly string[])[], mapping: Mapping): string[] {
  const column = mapping.indexOf('family');
  if (column < 0) return [];
  return [...new Set(rows.map((cells) => (cells[column] ?? '').trim()))].filter((text) => text !== '');
}

/** Splits into chunks of at most `size`. */
export function inChunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
