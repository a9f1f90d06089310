/** A sentence of the API taken apart, so that its instants can be shown as all others are. */
interface Piece {
  /** Where in the sentence it begins. */
  readonly start: number;
  readonly text: string;
  readonly isInstant: boolean;
}

const INSTANT = /(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)/;

/** A sentence in pieces: what stands between instants, and the instants, which are shown in the reader's zone. */
export function splitInstants(sentence: string): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (const [index, text] of sentence.split(INSTANT).entries()) {
    if (text !== '') pieces.push({ start, text, isInstant: index % 2 === 1 });
    start += text.length;
  }
  return pieces;
}
