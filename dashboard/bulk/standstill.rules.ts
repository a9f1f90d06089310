/** Whether a bulk action that is under way goes on: a node that was killed says nothing any more. Pure. */
import type { EnumOf } from '../graphql/graphql.ts';

interface UnderWay {
  readonly status: EnumOf<'BulkActionStatus'>;
  /** Null while no node works at it. */
  readonly lastBatchAt: string | null;
  readonly freeAt: string | null;
}

export interface Standstill {
  /** Since when nothing has been done. */
  readonly lastBatchAt: string;
  /** From when on another node may go on. */
  readonly freeAt: string;
}

/** Batches take parts of a second. */
const LONG_MS = 5_000;

/** Since when nothing goes on; undefined while something does, and for one that is not under way. */
export function standstillOf({ status, lastBatchAt, freeAt }: UnderWay, now: number): Standstill | undefined {
  if ((status !== 'RUNNING' && status !== 'UNDOING') || lastBatchAt === null || freeAt === null) return undefined;
  return now - Date.parse(lastBatchAt) < LONG_MS ? undefined : { lastBatchAt, freeAt };
}
