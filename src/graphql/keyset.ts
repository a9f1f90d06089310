/**
 * Pages by keyset: a cursor holds the last row's order key and id, and the next page is "what
 * comes after that". Stable under inserts, cheap at any depth, and it goes on even when the
 * row it names was deleted, where Prisma's own cursor finds nothing.
 */

import { DEFAULT_PAGE, LARGEST_PAGE } from './builder.ts';
import { badInput, isInstant } from './scalars.ts';

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** What a list is ordered by; the id decides between equals, in the same direction. */
export interface OrderKey {
  /** Names the list in its cursors, so that one of another list is refused. */
  readonly list: string;
  readonly field: string;
  readonly direction: 'asc' | 'desc';
  /** Nulls come last, in either direction. */
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
  readonly edges: { cursor: string; node: R }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** Reads one page. `find` gets the condition, order and size to query with. */
export async function keysetPage<R extends Row>(
  key: OrderKey,
  args: PageArgs,
  find: (query: Query) => Promise<R[]>,
): Promise<Page<R>> {
  return pageOf(key, args, await find(keysetQuery(key, args)));
}

/** What to query for a page, for where the rows come with their parent; one row more tells whether others follow. */
export function keysetQuery(key: OrderKey, args: PageArgs): Query {
  const size = sizeOf(args);
  const backwards = typeof args.last === 'number';
  const order: OrderKey = backwards ? { ...key, direction: key.direction === 'asc' ? 'desc' : 'asc' } : key;
  const conditions = [
    ...(args.after ? [beyond(key, decodeCursor(key, args.after), false)] : []),
    ...(args.before ? [beyond(key, decodeCursor(key, args.before), true)] : []),
  ];
  return { where: { AND: conditions }, orderBy: orderOf(order, backwards), take: size + 1 };
}

/** The page of the rows that `keysetQuery` found. */
export function pageOf<R extends Row>(key: OrderKey, args: PageArgs, found: readonly R[]): Page<R> {
  const size = sizeOf(args);
  const backwards = typeof args.last === 'number';
  const hasMore = found.length > size;
  const rows = backwards ? found.slice(0, size).reverse() : found.slice(0, size);
  const edges = rows.map((node) => ({
    node,
    cursor: encodeCursor(key, (node as Record<string, unknown>)[key.field] as Date | null, node.id),
  }));
  return {
    edges,
    pageInfo: {
      hasNextPage: backwards ? Boolean(args.before) : hasMore,
      hasPreviousPage: backwards ? hasMore : Boolean(args.after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** Rows of a relation are selected before their arguments are validated, so the size is looked at here too. */
function sizeOf({ first, last }: PageArgs): number {
  if (typeof first === 'number' && typeof last === 'number') {
    throw badInput('Ask for `first` or for `last`, not for both.');
  }
  const size = first ?? last ?? DEFAULT_PAGE;
  if (size < 1 || size > LARGEST_PAGE) throw badInput(`A page has 1 to ${LARGEST_PAGE} objects, not ${size}.`);
  return size;
}

/** One page of rows that are in hand already, by a number that grows. */
export function keysetOf<R>(rows: readonly R[], keyOf: (row: R) => number, args: PageArgs): Page<R> {
  const size = sizeOf(args);
  const after = args.after ? decodeNumber(args.after) : Number.NEGATIVE_INFINITY;
  const before = args.before ? decodeNumber(args.before) : Number.POSITIVE_INFINITY;
  const between = rows.filter((row) => keyOf(row) > after && keyOf(row) < before);
  const backwards = typeof args.last === 'number';
  const page = backwards ? between.slice(Math.max(0, between.length - size)) : between.slice(0, size);
  const edges = page.map((node) => ({ node, cursor: Buffer.from(`n:${keyOf(node)}`).toString('base64url') }));
  const hasMore = between.length > page.length;
  return {
    edges,
    pageInfo: {
      hasNextPage: backwards ? Boolean(args.before) : hasMore,
      hasPreviousPage: backwards ? hasMore : Boolean(args.after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/** The number of a row that a cursor of `keysetOf` names. */
export function decodeNumber(cursor: string): number {
  const match = /^n:(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('utf8'));
  if (match === null) throw badInput('This is not a cursor of this list. Pass a cursor as an earlier page gave it.');
  return Number(match[1]);
}

function orderOf(key: OrderKey, backwards: boolean): object[] {
  const { field, direction, isNullable } = key;
  const nulls = backwards ? 'first' : 'last';
  return [{ [field]: isNullable ? { sort: direction, nulls } : direction }, { id: direction }];
}

/** Rows after the cursor (or before it). The plain comparison beside the OR lets an index find the start. */
function beyond({ field, direction, isNullable }: OrderKey, cursor: Cursor, isBefore: boolean): object {
  const forward = (direction === 'asc') !== isBefore;
  const past = forward ? 'gt' : 'lt';
  const sameButPast = { [field]: cursor.value, id: { [past]: cursor.id } };
  if (cursor.value === null) {
    // Nulls stand at the end: after one come only nulls, before one comes every other row.
    return isBefore ? { OR: [{ [field]: { not: null } }, sameButPast] } : sameButPast;
  }
  if (isNullable && !isBefore) return { OR: [{ [field]: { [past]: cursor.value } }, sameButPast, { [field]: null }] };
  return { [field]: { [`${past}e`]: cursor.value }, OR: [{ [field]: { [past]: cursor.value } }, sameButPast] };
}

interface Cursor {
  readonly value: Date | null;
  readonly id: string;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function encodeCursor({ list, field }: OrderKey, value: Date | null, id: string): string {
  return Buffer.from(JSON.stringify([list, field, value?.getTime() ?? null, id])).toString('base64url');
}

function decodeCursor({ list, field, isNullable }: OrderKey, cursor: string): Cursor {
  const [ofList, ofField, ms, id] = partsOf(cursor);
  if (ofList === list && ofField === field && typeof id === 'string' && UUID.test(id)) {
    if (ms === null && isNullable) return { value: null, id };
    if (typeof ms === 'number' && isInstant(ms)) return { value: new Date(ms), id };
  }
  throw badInput('This is not a cursor of this list. Pass a cursor as an earlier page in this order gave it.');
}

function partsOf(cursor: string): unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}
