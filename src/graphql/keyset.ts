/**
 * Pages by keyset: a cursor holds the last row's order key and id, and the next page is "what
 * comes after that". Stable under inserts, cheap at any depth, and it goes on even when the
 * row it names was deleted, where Prisma's own cursor finds nothing.
 */

import { DEFAULT_PAGE } from './builder.ts';
import { badInput } from './scalars.ts';

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** What a list is ordered by; the id decides between equals, in the same direction. */
export interface OrderKey {
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
  if (typeof args.first === 'number' && typeof args.last === 'number') {
    throw badInput('Ask for `first` or for `last`, not for both.');
  }
  const backwards = typeof args.last === 'number';
  const size = args.first ?? args.last ?? DEFAULT_PAGE;
  const order: OrderKey = backwards ? { ...key, direction: key.direction === 'asc' ? 'desc' : 'asc' } : key;
  const conditions = [
    ...(args.after ? [beyond(key, decodeCursor(args.after), false)] : []),
    ...(args.before ? [beyond(key, decodeCursor(args.before), true)] : []),
  ];
  const found = await find({ where: { AND: conditions }, orderBy: orderOf(order, backwards), take: size + 1 });
  const hasMore = found.length > size;
  const rows = backwards ? found.slice(0, size).reverse() : found.slice(0, size);
  const edges = rows.map((node) => ({
    node,
    cursor: encodeCursor((node as Record<string, unknown>)[key.field] as Date | string | null, node.id),
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

/** One page of rows that are in hand already, by a number that grows. */
export function keysetOf<R>(rows: readonly R[], keyOf: (row: R) => number, args: PageArgs): Page<R> {
  if (typeof args.first === 'number' && typeof args.last === 'number') {
    throw badInput('Ask for `first` or for `last`, not for both.');
  }
  const after = args.after ? decodeNumber(args.after) : Number.NEGATIVE_INFINITY;
  const before = args.before ? decodeNumber(args.before) : Number.POSITIVE_INFINITY;
  const between = rows.filter((row) => keyOf(row) > after && keyOf(row) < before);
  const backwards = typeof args.last === 'number';
  const size = args.first ?? args.last ?? DEFAULT_PAGE;
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

function decodeNumber(cursor: string): number {
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
  readonly value: Date | string | null;
  readonly id: string;
}

function encodeCursor(value: Date | string | null, id: string): string {
  const key = value instanceof Date ? { t: value.getTime() } : { s: value };
  return Buffer.from(JSON.stringify([key, id])).toString('base64url');
}

function decodeCursor(cursor: string): Cursor {
  try {
    const [key, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as [
      { t?: number; s?: string | null },
      string,
    ];
    const value = typeof key.t === 'number' ? new Date(key.t) : (key.s ?? null);
    const isDate = value instanceof Date;
    if (/^[0-9a-f-]{36}$/.test(id) && (!isDate || !Number.isNaN(value.getTime()))) return { value, id };
  } catch {
    // Fall through: whatever it was, it is not one of ours.
  }
  throw badInput('This is not a cursor of this list. Pass a cursor as an earlier page gave it.');
}
