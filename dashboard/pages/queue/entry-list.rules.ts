/**
 * The rows that are shown, and what becomes of them while the queue goes on: they keep their place,
 * change where they stand, and what is new is only counted until it is asked for. Pure.
 */
import type { Direction, OrderField } from '../../entries/queue-filter.rules.ts';

export interface ListedEntry {
  readonly entryId: string;
  readonly createdAt: string;
  readonly nextRetryAt: string | null;
}

export interface EntryList<Row extends ListedEntry> {
  readonly rows: readonly Row[];
  /** Rows that the filter would no longer find; they stay until the list is loaded anew. */
  readonly left: ReadonlySet<string>;
  /** Entries that the filter finds and that would stand among the rows. */
  readonly fresh: ReadonlySet<string>;
  /** More may have come than could be looked at. */
  readonly isMoreFresh: boolean;
  readonly endCursor: string | null;
  readonly hasMore: boolean;
}

interface LoadedPage<Row> {
  readonly nodes: readonly Row[];
  readonly endCursor: string | null;
  readonly hasMore: boolean;
}

export const listOf = <Row extends ListedEntry>({ nodes, ...rest }: LoadedPage<Row>): EntryList<Row> => ({
  ...rest,
  rows: nodes,
  left: new Set(),
  fresh: new Set(),
  isMoreFresh: false,
});

/** The next page below the rows; what has moved down into it from above is shown once. */
export function withPage<Row extends ListedEntry>(list: EntryList<Row>, page: LoadedPage<Row>): EntryList<Row> {
  const known = new Set(list.rows.map(({ entryId }) => entryId));
  return {
    ...list,
    rows: [...list.rows, ...page.nodes.filter(({ entryId }) => !known.has(entryId))],
    endCursor: page.endCursor,
    hasMore: page.hasMore,
  };
}

export interface Order {
  readonly field: OrderField;
  readonly direction: Direction;
}

/** Whether an entry would stand above another; entries without the instant come last. */
export function isAbove(one: ListedEntry, other: ListedEntry, { field, direction }: Order): boolean {
  const at = (entry: ListedEntry): number =>
    Date.parse((field === 'CREATED_AT' ? entry.createdAt : entry.nextRetryAt) ?? '');
  const [a, b] = [at(one), at(other)];
  if (Number.isNaN(a)) return false;
  if (Number.isNaN(b)) return true;
  return direction === 'DESC' ? a > b : a < b;
}

interface AskedAgain<Row> {
  /** The ids that were asked for. */
  readonly asked: readonly string[];
  /** As they are now; those that were deleted are missing. */
  readonly rows: readonly Row[];
  /** Those of them that the filter finds. */
  readonly fitting: ReadonlySet<string>;
}

/** Changes the rows in their places, and counts what is new among them. */
export function withAnswer<Row extends ListedEntry>(
  list: EntryList<Row>,
  { asked, rows, fitting }: AskedAgain<Row>,
  order: Order,
): EntryList<Row> {
  const now = new Map(rows.map((row) => [row.entryId, row]));
  const shown = new Set(list.rows.map(({ entryId }) => entryId));
  const left = new Set(list.left);
  const fresh = new Set(list.fresh);
  const last = list.rows.at(-1);
  for (const id of asked) {
    const row = now.get(id);
    if (shown.has(id)) {
      if (fitting.has(id)) left.delete(id);
      else left.add(id);
    } else if (
      row !== undefined &&
      fitting.has(id) &&
      (!list.hasMore || last === undefined || isAbove(row, last, order))
    )
      fresh.add(id);
    // It came and went again before anybody looked.
    else fresh.delete(id);
  }
  return { ...list, rows: list.rows.map((row) => now.get(row.entryId) ?? row), left, fresh };
}

/** Whether there may be new ones that nobody needs to ask for: where there are no rows, none is to keep its place. */
export const isToBeLoadedAnew = ({ rows, fresh, isMoreFresh }: EntryList<ListedEntry>): boolean =>
  rows.length === 0 && (fresh.size > 0 || isMoreFresh);

/** Which of the changed ones to ask for: rows first, since they are looked at; at most `most` others. */
export function toAsk(
  list: EntryList<ListedEntry>,
  changed: Iterable<string>,
  most: number,
): { readonly ids: readonly string[]; readonly isTooMany: boolean } {
  const shown = new Set(list.rows.map(({ entryId }) => entryId));
  const all = [...changed];
  const others = all.filter((id) => !shown.has(id));
  return { ids: [...all.filter((id) => shown.has(id)), ...others.slice(0, most)], isTooMany: others.length > most };
}
