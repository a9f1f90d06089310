/**
 * Places in the change feed. A cursor is a place written as text: the epoch of the database it is
 * from, then transaction, sequence and the key's place in its row, each with a fixed number of
 * digits, so that later cursors of one epoch are greater texts too.
 */

export interface Position {
  readonly transactionId: bigint;
  readonly sequence: bigint;
  /** Of the keys of that row, the last one that was told; -1: none. */
  readonly index: number;
}

const EPOCH = /^[0-9a-f]{12}$/;
const CURSOR = /^([0-9a-f]{12})([0-9a-f]{16})([0-9a-f]{16})([0-9a-f]{8})$/;
export const LAST_SEQUENCE = 2n ** 63n - 1n;
/** No row has so many keys. */
export const LAST_INDEX = 0xffff_fffe;

/** Behind everything of the transactions before this one, and before everything of it and later ones. */
export const beforeTransaction = (transactionId: bigint): Position => ({
  transactionId: transactionId - 1n,
  sequence: LAST_SEQUENCE,
  index: LAST_INDEX,
});

/** Negative, zero or positive, as `one` is before, at or behind `other`. */
export function comparePositions(one: Position, other: Position): number {
  if (one.transactionId !== other.transactionId) return one.transactionId < other.transactionId ? -1 : 1;
  if (one.sequence !== other.sequence) return one.sequence < other.sequence ? -1 : 1;
  return one.index - other.index;
}

const hex = (value: bigint | number, digits: number): string => value.toString(16).padStart(digits, '0');

/** The place as text; opaque to callers. Throws RangeError for an epoch that is none. */
export function encodeCursor(epoch: string, { transactionId, sequence, index }: Position): string {
  if (!EPOCH.test(epoch)) throw new RangeError('An epoch has 12 hexadecimal digits');
  return epoch + hex(transactionId, 16) + hex(sequence, 16) + hex(index + 1, 8);
}

/** What a cursor says; undefined for a text that is none. */
export function decodeCursor(cursor: string): { readonly epoch: string; readonly position: Position } | undefined {
  const [, epoch, transactionId, sequence, index] = CURSOR.exec(cursor) ?? [];
  if (epoch === undefined || transactionId === undefined || sequence === undefined || index === undefined) return;
  const position = {
    transactionId: BigInt(`0x${transactionId}`),
    sequence: BigInt(`0x${sequence}`),
    index: Number.parseInt(index, 16) - 1,
  };
  // PostgreSQL's bigint ends there.
  return position.transactionId > LAST_SEQUENCE || position.sequence > LAST_SEQUENCE ? undefined : { epoch, position };
}
