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
