/** The fields of an entry that the palette uses. */
import { type FragmentOf, graphql, type ResultOf, readFragment } from '../../graphql/graphql.ts';

export const PaletteEntry = graphql(`
  fragment PaletteEntry on QueuedCreation {
    id entryId username fullName status canRetry canCancel passwordDestroyedAt
  }
`);
export type FoundEntry = ResultOf<typeof PaletteEntry>;

export const entriesOf = (nodes: readonly FragmentOf<typeof PaletteEntry>[]): readonly FoundEntry[] =>
  nodes.map((node) => readFragment(PaletteEntry, node));
