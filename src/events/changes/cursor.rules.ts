/**
 * Positions in the change feed: each is that of a change; reading continues behind it. A cursor is a
 * position as text: the epoch of its database, then transaction, sequence and the key's index in its row,
 * each with a fixed number of digits, so that later cursors of one epoch also sort later as text; and last
 * the proof by which the database recognises its own change.
 */

export interface Position {
  readonly transactionId: bigint;
  readonly sequence: bigint;
  /** The index of the last key of that row that was sent; -1: none. */
  readonly index: number;
  /** 8 hexadecimal digits, computed from the random marks of that row and of concurrent ones. */
  readonly proof: string;
}

const EPOCH = /^[0-9a-f]{12}$/;
const PROOF = /^[0-9a-f]{8}$/;
const CURSOR = /^([0-9a-f]{12})([0-9a-f]{16})([0-9a-f]{16})([0-9a-f]{8})([0-9a-f]{8})$/;
/** The largest bigint of PostgreSQL. */
const LAST_NUMBER = 2n ** 63n - 1n;
/** Larger than the index of any key: the end of a row. */
export const LAST_INDEX = 0xffff_fffe;

/** Returns a negative number, zero or a positive one: `one` is before, at or behind `other`. */
export function comparePositions(one: Position, other: Position): number {
  if (one.transactionId !== other.transactionId) return one.transactionId < other.transactionId ? -1 : 1;
  if (one.sequence !== other.sequence) return one.sequence < other.sequence ? -1 : 1;
  return one.index - other.index;
}

const hex = (value: bigint | number, digits: number): string => value.toString(16).padStart(digits, '0');

/** Returns the position as text, opaque to callers. Throws RangeError for an invalid epoch or proof. */
export function encodeCursor(epoch: string, { transactionId, sequence, index, proof }: Position): string {
  if (!EPOCH.test(epoch)) throw new RangeError('An epoch has 12 hexadecimal digits');
  if (!PROOF.test(proof)) throw new RangeError('A proof has 8 hexadecimal digits');
  return epoch + hex(transactionId, 16) + hex(sequence, 16) + hex(index + 1, 8) + proof;
}

/** Returns the epoch and position of a cursor; undefined for a text that is not a cursor. */
export function decodeCursor(cursor: string): { readonly epoch: string; readonly position: Position } | undefined {
  const [, epoch, transactionId, sequence, index, proof] = CURSOR.exec(cursor) ?? [];
  if (epoch === undefined || transactionId === undefined || sequence === undefined || index === undefined) return;
  if (proof === undefined) return;
  const position = {
    transactionId: BigInt(`0x${transactionId}`),
    sequence: BigInt(`0x${sequence}`),
    index: Number.parseInt(index, 16) - 1,
    proof,
  };
  return position.transactionId > LAST_NUMBER || position.sequence > LAST_NUMBER ? undefined : { epoch, position };
}
