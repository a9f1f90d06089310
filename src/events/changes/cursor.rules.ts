/**
 * Places in the change feed: each is that of a change, behind which one goes on. A cursor is a place
 * written as text: the epoch of the database it is from, then transaction, sequence and the key's
 * place in its row, each with a fixed number of digits, so that later cursors of one epoch are greater
 * texts too; and at last the proof by which the database knows its own change again.
 */

export interface Position {
  readonly transactionId: bigint;
  readonly sequence: bigint;
  /** Of the keys of that row, the last one that was told; -1: none. */
  readonly index: number;
  /** 8 hexadecimal digits, made of random marks of that row and of those that were written beside it. */
  readonly proof: string;
}

const EPOCH = /^[0-9a-f]{12}$/;
const PROOF = /^[0-9a-f]{8}$/;
const CURSOR = /^([0-9a-f]{12})([0-9a-f]{16})([0-9a-f]{16})([0-9a-f]{8})([0-9a-f]{8})$/;
/** PostgreSQL's bigint ends there. */
const LAST_NUMBER = 2n ** 63n - 1n;
/** No row has so many keys. */
export const LAST_INDEX = 0xffff_fffe;

/** Negative, zero or positive, as `one` is before, at or behind `other`. */
export function comparePositions(one: Position, other: Position): number {
  if (one.transactionId !== other.transactionId) return one.transactionId < other.transactionId ? -1 : 1;
  if (one.sequence !== other.sequence) return one.sequence < other.sequence ? -1 : 1;
  return one.index - other.index;
}

const hex = (value: bigint | number, digits: number): string => value.toString(16).padStart(digits, '0');

/** The place as text; opaque to callers. Throws RangeError for an epoch or a proof that is none. */
export function encodeCursor(epoch: string, { transactionId, sequence, index, proof }: Position): string {
  if (!EPOCH.test(epoch)) throw new RangeError('An epoch has 12 hexadecimal digits');
  if (!PROOF.test(proof)) throw new RangeError('A proof has 8 hexadecimal digits');
  return epoch + hex(transactionId, 16) + hex(sequence, 16) + hex(index + 1, 8) + proof;
}

/** What a cursor says; undefined for a text that is none. */
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
