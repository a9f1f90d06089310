/** Pages of rows with increasing numbers, newest first; the cursor is the number. */
import type { PrismaClient } from '../database/generated/prisma/client.ts';
import { decodeNumber, encodeNumber, type Page, type PageArgs, pageOfFound, sizeOf } from './keyset.ts';

export interface NumberQuery {
  /** Only numbers less than `below` and greater than `above`. */
  readonly below: number | undefined;
  readonly above: number | undefined;
  readonly direction: 'asc' | 'desc';
  /** One more than the page has, to find out whether more follow. */
  readonly take: number;
}

/**
 * Reads one page; `find` returns the rows of the query in its direction. Throws BAD_USER_INPUT for an
 * invalid cursor or size.
 */
export async function newestFirstPage<R>(
  args: PageArgs,
  numberOf: (row: R) => number,
  find: (query: NumberQuery) => Promise<R[]>,
): Promise<Page<R>> {
  const found = await find({
    below: args.after ? decodeNumber(args.after) : undefined,
    above: args.before ? decodeNumber(args.before) : undefined,
    direction: typeof args.last === 'number' ? 'asc' : 'desc',
    take: sizeOf(args) + 1,
  });
  return pageOfFound(args, found, (row) => encodeNumber(numberOf(row)));
}

interface Numbered<R> {
  findMany(query: object): Promise<R[]>;
  count(query: object): Promise<number>;
}

/** One page of a model’s rows, newest first; `column` numbers them. `selection`: the requested fields. */
export async function numberedPage<R>(
  args: PageArgs,
  prisma: PrismaClient,
  model: keyof PrismaClient & string,
  column: keyof R & string,
  where: object,
  selection: object = {},
) {
  const rows = prisma[model] as unknown as Numbered<R>;
  const page = await newestFirstPage<R>(
    args,
    (row) => Number(row[column]),
    ({ below, above, direction, take }) =>
      rows.findMany({
        ...selection,
        where: { AND: [where, { [column]: { lt: below, gt: above } }] },
        orderBy: { [column]: direction },
        take,
      }),
  );
  return { ...page, totalCount: () => rows.count({ where }) };
}
