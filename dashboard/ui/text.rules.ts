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

/** The API's ids. Pure. */
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Check ids before sending them: the API refuses the whole query when one is invalid. */
export const isUuid = (text: string): boolean => UUID.test(text);
