/** The progress of a bulk action, in numbers. Pure. */

import type { EnumOf } from '../graphql/graphql.ts';

export interface Counts {
  readonly status: EnumOf<'BulkActionStatus'>;
  readonly totalCount: number;
  readonly doneCount: number;
  readonly skippedCount: number;
  readonly undoneCount: number;
  readonly keptCount: number;
}

interface Progressed {
  readonly done: number;
  readonly total: number;
  readonly isUnderWay: boolean;
}

/** The progress of its application, or of its undo, which covers the entries that were changed. */
export function progressOf({
  status,
  totalCount,
  doneCount,
  skippedCount,
  undoneCount,
  keptCount,
}: Counts): Progressed {
  if (status === 'UNDOING' || status === 'UNDONE')
    return { done: undoneCount + keptCount, total: doneCount, isUnderWay: status === 'UNDOING' };
  return { done: doneCount + skippedCount, total: totalCount, isUnderWay: status === 'RUNNING' };
}

/** The estimated time left at the speed so far, in milliseconds; undefined before the speed is known. */
export function restOf({ done, total, isUnderWay }: Progressed, elapsedMs: number): number | undefined {
  if (!isUnderWay || done <= 0 || elapsedMs <= 0 || done >= total) return undefined;
  return (elapsedMs / done) * (total - done);
}

/** How many tenths are done, for announcements at intervals. */
export const tenthsOf = ({ done, total }: Progressed): number =>
  total <= 0 ? 0 : Math.min(10, Math.floor((done / total) * 10));

/* A paged list that grows while it is shown: which page to fetch, and how to merge it. Pure. */

/** The size of a page. */
export const PER_PAGE = 50;

export interface GrowingList<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

/**
 * The cursor to fetch from after the list has grown: null for the beginning, undefined for no request, since a button
 * loads more. Only the first page is fetched again: an entry that another transaction had locked is processed later,
 * and may belong on it.
 */
export function askFrom({ nodes, pageInfo }: GrowingList<unknown>): string | null | undefined {
  if (nodes.length <= PER_PAGE) return null;
  return pageInfo.hasNextPage ? undefined : pageInfo.endCursor;
}

/** The list with the page that follows it; a page from the beginning replaces the list. */
export function withPage<Node>(
  before: GrowingList<Node>,
  page: GrowingList<Node>,
  after: string | null,
): GrowingList<Node> {
  if (after === null) return page;
  // An empty page has no end cursor.
  const endCursor = page.pageInfo.endCursor ?? before.pageInfo.endCursor;
  return { nodes: [...before.nodes, ...page.nodes], pageInfo: { ...page.pageInfo, endCursor } };
}

/* Detects a stalled bulk action: a node that was killed reports nothing more. Pure. */

interface UnderWay {
  readonly status: EnumOf<'BulkActionStatus'>;
  /** Null while no node works on it. */
  readonly lastBatchAt: string | null;
  readonly freeAt: string | null;
}

export interface Standstill {
  /** The time of the last progress. */
  readonly lastBatchAt: string;
  /** When another node may take over. */
  readonly freeAt: string;
}

/** A batch takes a fraction of a second. */
const LONG_MS = 5_000;

/** The last progress of a stalled bulk action; undefined when it progresses or is not running. */
export function standstillOf({ status, lastBatchAt, freeAt }: UnderWay, now: number): Standstill | undefined {
  if ((status !== 'RUNNING' && status !== 'UNDOING') || lastBatchAt === null || freeAt === null) return undefined;
  return now - Date.parse(lastBatchAt) < LONG_MS ? undefined : { lastBatchAt, freeAt };
}

/* Why a bulk action cannot be undone now, as a message for the user. Pure. */

interface Undoable {
  readonly action: EnumOf<'BulkActionKind'>;
  readonly status: EnumOf<'BulkActionStatus'>;
  readonly doneCount: number;
  /** As returned by the API. */
  readonly canUndo: boolean;
}

/** Undefined when it can be undone. */
export function whyNoUndo({ action, status, doneCount, canUndo }: Undoable): string | undefined {
  if (canUndo) return undefined;
  if (action === 'RETRY')
    return 'A retry cannot be undone: attempts may have been made. Entries that still wait can be cancelled.';
  switch (status) {
    case 'PLANNED':
      return 'It has not been applied.';
    case 'RUNNING':
      return 'It is still being applied.';
    case 'UNDOING':
      return 'It is being undone.';
    case 'UNDONE':
      return 'It was undone.';
    default:
      if (doneCount === 0) return 'It changed no entry.';
      return action === 'CANCEL'
        ? 'The undo period is over and the passwords are destroyed. Retry the entries with new passwords.'
        : 'No entry is left to undo.';
  }
}
