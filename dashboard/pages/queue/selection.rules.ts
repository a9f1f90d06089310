/** The selection: individual entries, or all that match the filter. Pure. */

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
