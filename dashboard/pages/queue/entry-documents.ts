/** Queries of the entry list: a page of rows, the total count, and changed rows by id. */
import { graphql, type ResultOf, type VariablesOf } from '../../graphql/graphql.ts';

const EntryRow = graphql(`
  fragment EntryRow on QueuedCreation @_unmask {
    id entryId username fullName status retryCount maxRetries nextRetryAt lastErrorCode lastErrorMessage createdAt
    canRetry canCancel
    family { familyId name }
  }
`);
export type Entry = ResultOf<typeof EntryRow>;

export const QueueRows = graphql(
  `
  query QueueRows($filter: QueuedCreationFilter, $orderBy: QueuedCreationOrder, $after: String) {
    queuedCreations(first: 100, after: $after, filter: $filter, orderBy: $orderBy) {
      nodes { ...EntryRow }
      pageInfo { endCursor hasNextPage }
    }
  }
`,
  [EntryRow],
);

export const EntryCount = graphql(`
  query EntryCount($filter: QueuedCreationFilter) {
    queuedCreations(first: 1, filter: $filter) { totalCount }
  }
`);

/** Fetches the same entries twice: their current state, and the ids that still match the list's filter. */
export const EntriesAgain = graphql(
  `
  query EntriesAgain($byId: QueuedCreationFilter, $byFilter: QueuedCreationFilter) {
    rows: queuedCreations(first: 100, filter: $byId) { nodes { ...EntryRow } }
    fitting: queuedCreations(first: 100, filter: $byFilter) { nodes { id entryId } }
  }
`,
  [EntryRow],
);

export type FilterInput = NonNullable<VariablesOf<typeof QueueRows>['filter']>;
