/** Queries for a bulk action's current state and for the entries that it did not change. */
import { graphql, type ResultOf } from '../graphql/graphql.ts';

export const BulkState = graphql(`
  query BulkState($bulkActionId: UUID!) {
    bulkAction(bulkActionId: $bulkActionId) {
      id bulkActionId action status actor reason runAt createdAt appliedAt finishedAt expiresAt
      totalCount doneCount skippedCount undoneCount keptCount canUndo lastBatchAt freeAt
      skippedReasons { code message count }
      undoneBy undoReason undoAskedAt filter
      exclusions { code message count sample { id entryId username fullName status } }
    }
  }
`);
export type Bulk = NonNullable<ResultOf<typeof BulkState>['bulkAction']>;

const LeftOut = graphql(`
  fragment LeftOut on BulkSkippedConnection @_unmask {
    nodes { code message entry { id entryId username fullName status bulkAction { id bulkActionId actor } } }
    pageInfo { endCursor hasNextPage }
  }
`);
export type LeftOutPage = ResultOf<typeof LeftOut>;

export const BulkSkipped = graphql(
  `
  query BulkSkipped($bulkActionId: UUID!, $after: String) {
    bulkAction(bulkActionId: $bulkActionId) { id skipped(first: 50, after: $after) { ...LeftOut } }
  }
`,
  [LeftOut],
);
export const BulkKept = graphql(
  `
  query BulkKept($bulkActionId: UUID!, $after: String) {
    bulkAction(bulkActionId: $bulkActionId) { id kept(first: 50, after: $after) { ...LeftOut } }
  }
`,
  [LeftOut],
);

/** Each entry that it changed, with its current state. */
const Changed = graphql(`
  fragment Changed on BulkChangedConnection @_unmask {
    nodes { outcome entry { id entryId username fullName status } }
    pageInfo { endCursor hasNextPage }
  }
`);
export const BulkChanged = graphql(
  `
  query BulkChanged($bulkActionId: UUID!, $after: String) {
    bulkAction(bulkActionId: $bulkActionId) { id changed(first: 50, after: $after) { ...Changed } }
  }
`,
  [Changed],
);
export type ChangedPage = ResultOf<typeof Changed>;
