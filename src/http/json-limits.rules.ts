/**
 * How much JSON a request may hold, counted byte by byte before it is parsed: a megabyte of brackets,
 * keys or items costs many times its size in everything that looks at it afterwards.
 */

/** The largest request that there is, `enqueueAccounts` of 1,000 items, has half of them. */
export const MOST_VALUES = 20_000;
/** Far above what any input of the API needs. */
export const DEEPEST_JSON = 64;

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * What is too much in a JSON text of UTF-8, in a sentence that names the limit, or undefined. What is
 * no JSON is left for the parser, which goes no further than this has understood it.
 */
export function jsonProblem(chunks: Iterable<Uint8Array>): string | undefined {
  let values = 1;
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  for (const chunk of chunks)
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at];
      if (isEscaped) isEscaped = false;
      else if (isInText) {
        if (byte === QUOTE) isInText = false;
        else if (byte === BACKSLASH) isEscaped = true;
      } else if (byte === QUOTE) isInText = true;
      else if (byte === COMMA) values += 1;
      else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) {
        values += 1;
        depth += 1;
        if (depth > DEEPEST_JSON)
          return `The request's JSON is nested more than ${DEEPEST_JSON} levels deep. Nothing that the API takes is.`;
      } else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) depth -= 1;
      if (values > MOST_VALUES) return `The request's JSON holds more than ${MOST_VALUES} values. Send less at a time.`;
    }
  return undefined;
}
