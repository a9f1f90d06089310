/**
 * The rows of the entry list and how they change as the queue runs. Rows keep their position and update in
 * place; new entries are only counted until the viewer asks to see them. Pure.
 */

import type { Direction, OrderField } from './queue-filter.rules.ts';

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

/* The selection: individual entries, or all that match the filter. Pure. */

export type Selection =
  | { readonly kind: 'some'; readonly ids: ReadonlySet<string>; readonly last: string | undefined }
  | { readonly kind: 'filter' };

export const NOTHING: Selection = { kind: 'some', ids: new Set(), last: undefined };

/** A plan takes at most this many ids; larger selections use the filter. */
export const IDS_MAX = 10_000;

export const isIn = (selection: Selection, id: string): boolean => selection.kind === 'filter' || selection.ids.has(id);

/** Selects or deselects one entry. Deselecting one of "all matching" leaves the other shown entries selected. */
export function toggled(selection: Selection, id: string, shown: readonly string[]): Selection {
  const ids = new Set(selection.kind === 'filter' ? shown : selection.ids);
  if (!ids.delete(id)) ids.add(id);
  return { kind: 'some', ids, last: id };
}

/** Selects all entries from the last selected one to this one, or only this one if none was selected before. */
export function upTo(selection: Selection, id: string, shown: readonly string[]): Selection {
  if (selection.kind === 'filter') return selection;
  const to = shown.indexOf(id);
  const from = selection.last === undefined ? to : shown.indexOf(selection.last);
  if (to < 0 || from < 0) return toggled(selection, id, shown);
  const range = shown.slice(Math.min(from, to), Math.max(from, to) + 1);
  return { kind: 'some', ids: new Set([...selection.ids, ...range]), last: id };
}

export const allOf = (shown: readonly string[]): Selection => ({
  kind: 'some',
  ids: new Set(shown),
  last: shown.at(-1),
});

/** The number of selected entries; undefined until the filter's matches are counted. */
export const sizeOf = (selection: Selection, matching: number | undefined): number | undefined =>
  selection.kind === 'filter' ? matching : selection.ids.size;
