/** A line of the palette: a name, and what happens when it is chosen. */

import type { ComponentType } from 'react';
import type { AnyAction } from '../../actions/action.ts';
import { type FragmentOf, graphql, type ResultOf, readFragment } from '../../graphql/graphql.ts';

/* The fields of an entry that the palette uses. */

export const PaletteEntry = graphql(`
  fragment PaletteEntry on QueuedCreation {
    id entryId username fullName status canRetry canCancel passwordDestroyedAt
  }
`);
export type FoundEntry = ResultOf<typeof PaletteEntry>;

export const entriesOf = (nodes: readonly FragmentOf<typeof PaletteEntry>[]): readonly FoundEntry[] =>
  nodes.map((node) => readFragment(PaletteEntry, node));

export type Does =
  | { readonly kind: 'go'; readonly href: string }
  /** Leaves the dashboard for another page of the server. */
  | { readonly kind: 'leave'; readonly href: string }
  | { readonly kind: 'act'; readonly action: AnyAction; readonly input: object; readonly subject?: string | undefined }
  | { readonly kind: 'run'; readonly run: () => void }
  | { readonly kind: 'help' }
  /** Opens the entry, or shows the commands for it. */
  | { readonly kind: 'entry'; readonly entry: FoundEntry };

export interface Item {
  /** Unique among all items. */
  readonly id: string;
  readonly title: string;
  /** A few words beside the title: a state, a key. */
  readonly note?: string | undefined;
  /** A line below the title. */
  readonly detail?: string | undefined;
  readonly icon: ComponentType<{ className?: string }>;
  /** Further search terms. */
  readonly words?: string;
  /** The reason why it is disabled. */
  readonly disabledBecause?: string | undefined;
  readonly does: Does;
}

export interface Group {
  readonly heading: string;
  readonly items: readonly Item[];
}
