/**
 * The formats of exported entries: one flat object for each. Spreadsheets execute cells that start like a
 * formula, and usernames, names and messages are untrusted: in CSV such cells are prefixed with an apostrophe.
 */

/** An entry as the document in entry-export.graphql.ts selects it. */
type Selected = Readonly<Record<string, unknown>>;

/** The columns, in order. */
const COLUMNS = [
  'entryId',
  'status',
  'username',
  'fullName',
  'role',
  'familyId',
  'familyName',
  'createdByUserId',
  'retryCount',
  'nextRetryAt',
  'lastErrorCode',
  'lastErrorMessage',
  'userId',
  'createdAt',
  'updatedAt',
  'completedAt',
  'failedAt',
  'cancelledAt',
] as const;

/** Columns that are fields of an object of the entry, which is null if it was deleted or does not exist yet. */
const NESTED: Readonly<Record<string, readonly [object: string, field: string]>> = {
  familyId: ['family', 'familyId'],
  familyName: ['family', 'name'],
  createdByUserId: ['createdBy', 'userId'],
  userId: ['user', 'userId'],
};

function cell(row: Selected, column: string): unknown {
  const [object, field] = NESTED[column] ?? [];
  if (object === undefined || field === undefined) return row[column];
  return (row[object] as Selected | null)?.[field] ?? null;
}

const LIKE_A_FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",;\t\r\n]/;

function textOf(value: unknown): string {
  const text = String(value ?? '');
  const safe = LIKE_A_FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export interface ExportFormat {
  readonly contentType: string;
  /** Before the first row. */
  readonly head: string;
  /** One row, with its line end. */
  line(row: Selected): string;
}

export const FORMATS = {
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    // The byte order mark lets spreadsheets detect UTF-8.
    head: `\ufeff${COLUMNS.join(',')}\r\n`,
    line: (row) => `${COLUMNS.map((column) => textOf(cell(row, column))).join(',')}\r\n`,
  },
  jsonl: {
    contentType: 'application/x-ndjson; charset=utf-8',
    head: '',
    line: (row) => `${JSON.stringify(Object.fromEntries(COLUMNS.map((column) => [column, cell(row, column)])))}\n`,
  },
} as const satisfies Readonly<Record<string, ExportFormat>>;
