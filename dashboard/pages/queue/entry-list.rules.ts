/**
 * The rows of the entry list and how they change as the queue runs. Rows keep their position and update in
 * place; new entries are only counted until the viewer asks to see them. Pure.
 */
import type { Direction, OrderField } from '../../entries/queue-filter.rules.ts';

export interface ListedEntry {
  readonly entryId: string;
  readonly createdAt: string;
  readonly nextRetryAt: string | null;
}

export interface EntryList<Row extends ListedEntry> {
  readonly rows: readonly Row[];
  /** Rows that no longer match the filter; they stay visible until the list is reloaded. */
  readonly left: ReadonlySet<string>;
  /** Entries that match the filter and would sort among the loaded rows. */
  readonly fresh: ReadonlySet<string>;
  /** True when there may be more new entries than could be checked. */
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

/** Appends the next page. Skips entries already shown: a row may have moved from above into this page. */
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

/** Whether `one` sorts above `other`; entries without the timestamp sort last. */
export function isAbove(one: ListedEntry, other: ListedEntry, { field, direction }: Order): boolean {
  const at = (entry: ListedEntry): number =>
    Date.parse((field === 'CREATED_AT' ? entry.createdAt : entry.nextRetryAt) ?? '');
  const [a, b] = [at(one), at(other)];
  if (Number.isNaN(a)) return false;
  if (Number.isNaN(b)) return true;
  return direction === 'DESC' ? a > b : a < b;
}

interface AskedAgain<Row> {
  /** The ids that were queried. */
  readonly asked: readonly string[];
  /** Their current state; deleted entries are missing. */
  readonly rows: readonly Row[];
  /** The ids among them that match the filter. */
  readonly fitting: ReadonlySet<string>;
}

/** Updates the shown rows in place and counts the new entries. */
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
    // The entry matched and stopped matching before the viewer asked to see it.
    else fresh.delete(id);
  }
  return { ...list, rows: list.rows.map((row) => now.get(row.entryId) ?? row), left, fresh };
}

/** Whether the list reloads automatically: it has no rows that must keep their position, and there may be new ones. */
export const isToBeLoadedAnew = ({ rows, fresh, isMoreFresh }: EntryList<ListedEntry>): boolean =>
  rows.length === 0 && (fresh.size > 0 || isMoreFresh);

/** Chooses which changed entries to query: first the shown rows, then at most `most` others. */
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
