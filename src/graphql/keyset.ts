/**
 * Keyset pagination: a cursor holds the last row’s order value and id, and the next page is the rows after
 * it. Pages are stable under inserts, cheap at any depth, and continue even when the row in the cursor was
 * deleted, where Prisma’s own cursor finds nothing.
 */
import { queryFromInfo } from '@pothos/plugin-prisma';
import type { GraphQLResolveInfo } from 'graphql';
import { DEFAULT_PAGE, LARGEST_PAGE, type RequestContext } from './builder.ts';
import { badInput, isInstant } from './scalars.ts';

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** The order of a list; rows with equal values are ordered by id, in the same direction. */
export interface OrderKey {
  /** Names the list in its cursors, so that cursors of other lists are refused. */
  readonly list: string;
  readonly field: string;
  readonly direction: 'asc' | 'desc';
  /** Nulls come last in both directions. */
  readonly isNullable?: boolean;
}

interface Row {
  readonly id: string;
}

interface Query {
  readonly where: object;
  readonly orderBy: object[];
  readonly take: number;
}

export interface Page<R> {
  readonly edges: { readonly cursor: string; readonly node: R }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/**
 * Reads one page. `find` gets the condition, order and size to query with; for an order with nulls it is
 * called twice at most, for the rows with a value and for those without. `branches` are mutually exclusive
 * conditions, and the page has the rows that meet any of them: each is queried separately and the results
 * are merged, because an index returns one value’s rows in order, but not those of several. Throws
 * BAD_USER_INPUT for an invalid cursor or size.
 */
export async function keysetPage<R extends Row>(
  key: OrderKey,
  args: PageArgs,
  find: (query: Query) => Promise<R[]>,
  branches: readonly object[] = [{}],
): Promise<Page<R>> {
  const found: R[] = [];
  for (const query of key.isNullable ? queriesWithNulls(key, args) : [keysetQuery(key, args)]) {
    const take = query.take - found.length;
    if (take <= 0) break;
    const parts = await Promise.all(
      branches.map((branch) => find({ ...query, take, where: { AND: [query.where, branch] } })),
    );
    found.push(...(parts.length === 1 ? (parts[0] ?? []) : merged(key, args, parts).slice(0, take)));
  }
  return pageOf(key, args, found);
}

function merged<R extends Row>(key: OrderKey, args: PageArgs, parts: readonly R[][]): R[] {
  const sign = directionOf(key, args) === 'asc' ? 1 : -1;
  const value = (row: R): number => ((row as Record<string, unknown>)[key.field] as Date | null)?.getTime() ?? 0;
  return parts.flat().sort((a, b) => sign * (value(a) - value(b) || (a.id < b.id ? -1 : 1)));
}

/**
 * The query for a page, for rows that are loaded with their parent; it takes one row more to find out
 * whether more follow.
 */
export function keysetQuery(key: OrderKey, args: PageArgs): Query {
  const conditions = [
    ...(args.after ? [beyond(key, decodeCursor(key, args.after), false)] : []),
    ...(args.before ? [beyond(key, decodeCursor(key, args.before), true)] : []),
  ];
  const direction = directionOf(key, args);
  return {
    where: { AND: conditions },
    orderBy: [{ [key.field]: direction }, { id: direction }],
    take: sizeOf(args) + 1,
  };
}

/**
 * Nulls come last. They are queried separately from the rows with a value, so that an index of only the
 * values serves both directions, and nulls are ordered by id.
 */
function queriesWithNulls(key: OrderKey, args: PageArgs): Query[] {
  const { field } = key;
  const [after, before] = [args.after, args.before].map((cursor) => (cursor ? decodeCursor(key, cursor) : undefined));
  const direction = directionOf(key, args);
  const take = sizeOf(args) + 1;
  const queries: Query[] = [];
  if (after?.value !== null) {
    const conditions = [
      { [field]: { not: null } },
      ...(after ? [beyond(key, after, false)] : []),
      ...(before && before.value !== null ? [beyond(key, before, true)] : []),
    ];
    queries.push({ where: { AND: conditions }, orderBy: [{ [field]: direction }, { id: direction }], take });
  }
  if (before === undefined || before.value === null) {
    const conditions = [
      { [field]: null },
      ...(after?.value === null ? [{ id: { [past(key, false)]: after.id } }] : []),
      ...(before ? [{ id: { [past(key, true)]: before.id } }] : []),
    ];
    queries.push({ where: { AND: conditions }, orderBy: [{ id: direction }], take });
  }
  return typeof args.last === 'number' ? queries.reverse() : queries;
}

/** The direction to query in: `last` reads from the end. */
function directionOf({ direction }: OrderKey, { last }: PageArgs): 'asc' | 'desc' {
  if (typeof last !== 'number') return direction;
  return direction === 'asc' ? 'desc' : 'asc';
}

/** The page for the rows that `keysetQuery` found. */
export const pageOf = <R extends Row>(key: OrderKey, args: PageArgs, found: readonly R[]): Page<R> =>
  pageOfFound(args, found, (node) =>
    encodeCursor(key, (node as Record<string, unknown>)[key.field] as Date | null, node.id),
  );

/** The page for rows read in the query’s direction, one more than the page if more follow. Cursors are encoded when read. */
export function pageOfFound<R>(args: PageArgs, found: readonly R[], cursorOf: (row: R) => string): Page<R> {
  const rows = found.slice(0, sizeOf(args));
  const isBackwards = typeof args.last === 'number';
  const edges = (isBackwards ? rows.reverse() : rows).map((node) => ({
    node,
    get cursor() {
      return cursorOf(node);
    },
  }));
  const hasMore = found.length > rows.length;
  return {
    edges,
    pageInfo: {
      hasNextPage: isBackwards ? Boolean(args.before) : hasMore,
      hasPreviousPage: isBackwards ? hasMore : Boolean(args.after),
      get startCursor() {
        return edges[0]?.cursor ?? null;
      },
      get endCursor() {
        return edges.at(-1)?.cursor ?? null;
      },
    },
  };
}

/**
 * The size of a page. Also validated here because relations are selected before their arguments are
 * validated; throws BAD_USER_INPUT.
 */
export function sizeOf({ first, last }: PageArgs): number {
  if (typeof first === 'number' && typeof last === 'number') {
    throw badInput('Ask for `first` or for `last`, not for both.');
  }
  const size = first ?? last ?? DEFAULT_PAGE;
  if (size < 1 || size > LARGEST_PAGE) throw badInput(`A page has 1 to ${LARGEST_PAGE} objects, not ${size}.`);
  return size;
}

/** One page of rows that are already loaded, in the order of an increasing number. */
export function keysetOf<R>(rows: readonly R[], keyOf: (row: R) => number, args: PageArgs): Page<R> {
  const after = args.after ? decodeNumber(args.after) : Number.NEGATIVE_INFINITY;
  const before = args.before ? decodeNumber(args.before) : Number.POSITIVE_INFINITY;
  const between = rows.filter((row) => keyOf(row) > after && keyOf(row) < before);
  const found = typeof args.last === 'number' ? between.toReversed() : between;
  return pageOfFound(args, found, (row) => encodeNumber(keyOf(row)));
}

/** Encodes a row’s number as a cursor. */
export const encodeNumber = (number: number): string => Buffer.from(`n:${number}`).toString('base64url');

/** Returns the number in a cursor. Throws BAD_USER_INPUT if the cursor is invalid. */
export function decodeNumber(cursor: string): number {
  const match = /^n:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (match === null) throw badInput('This is not a cursor of this list. Pass a cursor as an earlier page gave it.');
  return Number(match[1]);
}

/**
 * The condition for rows after the cursor (or before it). The plain comparison in addition to the OR lets
 * an index find the start.
 */
function beyond(key: OrderKey, { value, id }: Cursor, isBefore: boolean): object {
  const { field } = key;
  const way = past(key, isBefore);
  return {
    [field]: { [`${way}e`]: value },
    OR: [{ [field]: { [way]: value } }, { [field]: value, id: { [way]: id } }],
  };
}

const past = ({ direction }: OrderKey, isBefore: boolean): 'gt' | 'lt' =>
  (direction === 'asc') !== isBefore ? 'gt' : 'lt';

export interface Cursor {
  readonly value: Date | null;
  readonly id: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function encodeCursor({ list, field }: OrderKey, value: Date | null, id: string): string {
  return Buffer.from(JSON.stringify([list, field, value?.getTime() ?? null, id])).toString('base64url');
}

/** Decodes a cursor of the list. Throws BAD_USER_INPUT if it is not one. */
export function decodeCursor({ list, field, isNullable }: OrderKey, cursor: string): Cursor {
  const [ofList, ofField, ms, id] = partsOf(cursor);
  if (ofList === list && ofField === field && typeof id === 'string' && UUID.test(id)) {
    if (ms === null && isNullable) return { value: null, id };
    if (typeof ms === 'number' && isInstant(ms)) return { value: new Date(ms), id };
  }
  throw badInput('This is not a cursor of this list. Pass a cursor as an earlier page in this order gave it.');
}

/** Our cursors have less than half as many characters. */
const LONGEST_CURSOR = 300;

function partsOf(cursor: string): unknown[] {
  if (cursor.length > LONGEST_CURSOR) return [];
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

/** The Prisma include for both `nodes` and `edges { node }`. */
export function connectionSelection(context: RequestContext, info: GraphQLResolveInfo): object {
  return queryFromInfo({ context, info, paths: [['nodes'], ['edges', 'node']] });
}
