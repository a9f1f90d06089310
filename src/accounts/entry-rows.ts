/**
 * Loads the entries of a page with their families and users by plain SQL. Prisma’s `findMany` returns the same
 * rows, but building its statement (8 kB) and its rows took two fifths of a page’s time; see bench/README.md.
 * Everything else about entries is loaded by Prisma, and so are pages that select other relations.
 */
import type { Database } from '../database/database.ts';
import { Prisma, type QueuedCreation } from '../database/generated/prisma/client.ts';

type Where = Prisma.QueuedCreationWhereInput;

/** A page’s query, as `keysetPage` makes it; `filter` is the part of the condition that is not the cursor. */
export interface EntryQuery {
  readonly filter: Where;
  readonly where: Where;
  readonly orderBy: readonly object[];
  readonly take: number;
}

/** The column of a field. */
const columnOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A relation to one object: the SQL that joins and selects it, and its fields with the names that the SQL gives them. */
function relation(name: string, table: string, column: string, fields: readonly string[]) {
  return {
    join: ` LEFT JOIN auth.${table} AS "${name}" ON "${name}".id = e.${column}`,
    columns: fields.map((field) => `, "${name}".${columnOf(field)} AS "${name}.${field}"`).join(''),
    fields: fields.map((field) => [field, `${name}.${field}`] as const),
  };
}
const USER = Object.keys(Prisma.UserScalarFieldEnum);
const RELATIONS = {
  family: relation('family', 'families', 'family_id', Object.keys(Prisma.FamilyScalarFieldEnum)),
  createdBy: relation('createdBy', 'users', 'created_by_user_id', USER),
  user: relation('user', 'users', 'user_id', USER),
};
type Relation = keyof typeof RELATIONS;

/** Columns of the worker, which no field of the API uses. */
const INTERNAL: readonly string[] = [
  'enqueuer',
  'interruptionCount',
  'needsLookup',
  'lookupFinalAt',
  'isPasswordReplaced',
  'leaseToken',
  'isHeld',
  'probedAt',
] satisfies (keyof QueuedCreation)[];
const COLUMNS = Object.keys(Prisma.QueuedCreationScalarFieldEnum)
  .filter((name) => !INTERNAL.includes(name))
  .map((name) => `e.${columnOf(name)} AS "${name}"`)
  .join(', ');

/**
 * Filters for which the best plan is the same for every value: an index has these entries in the order of the
 * page. Their statements are prepared; all others are planned for their values.
 */
const PREPARED: ReadonlySet<string> = new Set(['true', 'family_id = $1', 'status = $1']);

/** The relations that a Prisma query includes, or undefined if it selects more than this file loads. */
export function relationsOf(query: { readonly include?: object }): Relation[] | undefined {
  const names = Object.keys(query.include ?? {});
  const isSimple = Object.keys(query).every((key) => key === 'include');
  const areKnown = Object.entries(query.include ?? {}).every(([name, below]) => name in RELATIONS && below === true);
  return isSimple && areKnown ? (names as Relation[]) : undefined;
}

/** The largest page, and one row to see whether more follow. */
const MOST_ROWS = 101;

/** Returns the entries with these relations, without the columns that only the worker uses; `take` is at most 101. */
export async function loadEntries(
  db: Pick<Database, 'reading' | 'readUnprepared'>,
  relations: readonly Relation[],
  { filter, where, orderBy, take }: EntryQuery,
): Promise<QueuedCreation[]> {
  const values: unknown[] = [];
  const filtered = conditionOf(filter, values);
  const isPrepared = PREPARED.has(filtered);
  const order = orderBy
    .flatMap((one) => Object.entries(one))
    .map(([name, direction]) => `${columnOf(name)} ${direction === 'asc' ? 'ASC' : 'DESC'}`);
  const joined = relations.map((name) => RELATIONS[name]);
  // The limit inside bounds what a plan for any value expects: of a parameter it would expect a tenth of the table.
  const sql = `SELECT ${COLUMNS}${joined.map(({ columns }) => columns).join('')} FROM (
      SELECT * FROM auth.queued_managed_account_creations
      WHERE ${filtered} AND ${conditionOf(where, values)} ORDER BY ${order.join(', ')} LIMIT ${isPrepared ? MOST_ROWS : take}
    ) AS e${joined.map(({ join }) => join).join('')} ORDER BY ${order.map((one) => `e.${one}`).join(', ')} LIMIT $${values.push(take)}`;
  const rows = await (isPrepared ? db.reading.query<Row>(sql, values) : db.readUnprepared<Row>(sql, values));
  for (const row of rows) for (const name of relations) row[name] = nested(row, name);
  return rows as unknown as QueuedCreation[];
}

type Row = Record<string, unknown>;

function nested(row: Row, name: Relation): Row | null {
  if (row[`${name}.id`] === null) return null;
  const object: Row = {};
  for (const [field, alias] of RELATIONS[name].fields) object[field] = row[alias];
  return object;
}

/**
 * Translates the Prisma conditions that entries are filtered by to SQL, and appends the values. Throws an Error
 * for any other condition.
 */
function conditionOf(where: Where, values: unknown[]): string {
  const parts = Object.entries(where).flatMap(([name, given]: [string, unknown]): string[] => {
    if (given === undefined) return [];
    if (name === 'AND') return (given as Where[]).map((one) => conditionOf(one, values));
    if (name === 'OR') return [`(${(given as Where[]).map((one) => conditionOf(one, values)).join(' OR ')})`];
    if (name === 'NOT') return [`NOT (${conditionOf(given as Where, values)})`];
    const isPlain = given === null || typeof given !== 'object' || given instanceof Date;
    return Object.entries(isPlain ? { equals: given } : (given as object)).map(([operator, value]) =>
      comparison(columnOf(name), operator, value, values),
    );
  });
  return parts.filter((part) => part !== 'true').join(' AND ') || 'true';
}

const COMPARISONS: Readonly<Record<string, string>> = { equals: '=', gt: '>', gte: '>=', lt: '<', lte: '<=' };

function comparison(column: string, operator: string, value: unknown, values: unknown[]): string {
  if (operator === 'equals' && value === null) return `${column} IS NULL`;
  if (operator === 'not' && value === null) return `${column} IS NOT NULL`;
  if (operator === 'in' && Array.isArray(value))
    return value.length === 1
      ? comparison(column, 'equals', value[0], values)
      : `${column} = ANY ($${values.push(value)})`;
  if (operator === 'startsWith') return `${column} LIKE $${values.push(`${String(value)}%`)}`;
  const sign = COMPARISONS[operator];
  if (sign === undefined) throw new Error(`The condition "${operator}" on ${column} has no SQL here.`);
  return `${column} ${sign} $${values.push(value)}`;
}
