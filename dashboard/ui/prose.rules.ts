/** Splits a sentence of the API at its instants, so that they can be shown like all others. */
interface Piece {
  /** The piece's offset in the sentence. */
  readonly start: number;
  readonly text: string;
  readonly isInstant: boolean;
}

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** Returns the pieces in order: the text between instants, and the instants. */
export function splitInstants(sentence: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const [index, text] of sentence.split(INSTANT).entries()) {
    if (text !== '') pieces.push({ start, text, isInstant: index % 2 === 1 });
    start += text.length;
  }
  return pieces;
}
