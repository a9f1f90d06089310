/** Maps the columns of a file to the fields of an account, guessing from their headings. Pure. */

export const FIELDS = ['username', 'fullName', 'family', 'createdBy', 'role', 'password', 'runAt'] as const;
export type Field = (typeof FIELDS)[number];
/** The field of each column; undefined: the column is not used. */
export type Mapping = readonly (Field | undefined)[];

export const FIELD_NAMES: Readonly<Record<Field, string>> = {
  username: 'Username',
  fullName: 'Full name',
  family: 'Family',
  createdBy: 'Asked for by',
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
