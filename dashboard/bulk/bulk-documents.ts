/** Queries for a bulk action's current state and for the entries that it did not change. */

import { type EnumOf, graphql, type ResultOf } from '../graphql/graphql.ts';

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

/* The names of bulk actions, in the UI and in the address, and what each does. */

export type BulkKind = EnumOf<'BulkActionKind'>;

interface BulkWords {
  /** Its name in the address: /queue?plan=retry. */
  readonly address: string;
  readonly label: string;
  /** As a title. */
  readonly title: string;
  /** "The retry of 20 entries". */
  readonly noun: string;
  /** The label of its plan's button: "Retry 20 entries". */
  readonly verb: string;
  readonly explains: string;
  readonly isDangerous: boolean;
  /** "Retried 12 of 20." */
  readonly past: string;
}

export const BULK: Readonly<Record<BulkKind, BulkWords>> = {
  RETRY: {
    address: 'retry',
    label: 'Retry',
    title: 'Retry many entries',
    noun: 'retry',
    verb: 'Retry',
    explains:
      'Makes each entry due now and resets its retries. Earlier attempts stay in the history. A retry cannot be undone.',
    isDangerous: false,
    past: 'Retried',
  },
  CANCEL: {
    address: 'cancel',
    label: 'Cancel',
    title: 'Cancel many entries',
    noun: 'cancel',
    verb: 'Cancel',
    explains: 'Their accounts will not be created. You can undo this until their passwords are destroyed.',
    isDangerous: true,
    past: 'Cancelled',
  },
  SET_RUN_AT: {
    address: 'set-run-at',
    label: 'Run at',
    title: 'Reschedule many entries',
    noun: 'change of times',
    verb: 'Reschedule',
    explains: 'Sets when pending entries are due next. Their retry counts stay. Undo restores each entry’s own time.',
    isDangerous: false,
    past: 'Rescheduled',
  },
};

export const BULK_KINDS = Object.keys(BULK) as BulkKind[];

/** The action that an address names; undefined for none or an unknown one. */
export const kindOfAddress = (name: string | null): BulkKind | undefined =>
  BULK_KINDS.find((kind) => BULK[kind].address === name);
