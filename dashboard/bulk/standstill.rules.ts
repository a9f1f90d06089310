/** Detects a stalled bulk action: a node that was killed reports nothing more. Pure. */
import type { EnumOf } from '../graphql/graphql.ts';

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
