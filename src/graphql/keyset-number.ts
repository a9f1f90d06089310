/** Pages of rows that are numbered in the order of their writing, the newest first: the cursor is the number. */
import { decodeNumber, type Page, type PageArgs, sizeOf } from './keyset.ts';

export interface NumberQuery {
  /** Only numbers below this one, and only above that one. */
  readonly below: number | undefined;
  readonly above: number | undefined;
  readonly direction: 'asc' | 'desc';
  /** One more than the page has, which tells whether others follow. */
  readonly take: number;
}

/** Reads one page; `find` answers the rows of the query in its direction. */
export async function newestFirstPage<R>(
  args: PageArgs,
  numberOf: (row: R) => number,
  find: (query: NumberQuery) => Promise<R[]>,
): Promise<Page<R>> {
  const size = sizeOf(args);
  const isBackwards = typeof args.last === 'number';
  const found = await find({
    below: args.after ? decodeNumber(args.after) : undefined,
    above: args.before ? decodeNumber(args.before) : undefined,
    direction: isBackwards ? 'asc' : 'desc',
    take: size + 1,
  });
  const hasMore = found.length > size;
  const rows = isBackwards ? found.slice(0, size).reverse() : found.slice(0, size);
  const edges = rows.map((node) => ({ node, cursor: Buffer.from(`n:${numberOf(node)}`).toString('base64url') }));
  return {
    edges,
    pageInfo: {
      hasNextPage: isBackwards ? Boolean(args.before) : hasMore,
      hasPreviousPage: isBackwards ? hasMore : Boolean(args.after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
